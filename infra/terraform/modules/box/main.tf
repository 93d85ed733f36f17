# The legacy inventory: one instance, its launch template for whoever replaces
# it, and the balancer at which the shop's tasks, and they alone, find it.
locals {
  tags = {
    role = "box"
    Name = var.names.box
  }

  # The same program as the shop's image holds, in another role: no engine for
  # containers has to run on the box. Both are made by the Go toolchain on the
  # bot's side, so the box needs no download from elsewhere.
  programs = toset(["inventory", "node_exporter"])
}

data "aws_ssm_parameter" "image" {
  name = var.layout.hosts.image
}

resource "aws_s3_object" "programs" {
  for_each = local.programs

  bucket      = var.files
  key         = "box/${each.key}"
  source      = "${var.programs}/${each.key}"
  source_hash = filesha256("${var.programs}/${each.key}")

  tags = local.tags
}

resource "aws_key_pair" "this" {
  key_name   = var.names.box
  public_key = trimspace(var.public_key)

  tags = local.tags
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "${var.names.path}box"
  retention_in_days = 7

  tags = {
    role = "box"
    Name = "${var.names.path}box"
  }
}

resource "aws_iam_role" "this" {
  name               = var.names.box_role
  path               = var.names.path
  assume_role_policy = var.documents["hosts-trust"]

  tags = local.tags
}

resource "aws_iam_role_policy" "this" {
  name   = aws_iam_role.this.name
  role   = aws_iam_role.this.name
  policy = var.documents["box"]
}

# What SSM's agent needs to be commanded and to open sessions.
resource "aws_iam_role_policy_attachment" "ssm" {
  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "this" {
  name = aws_iam_role.this.name
  path = var.names.path
  role = aws_iam_role.this.name

  tags = local.tags
}

resource "aws_launch_template" "this" {
  name                   = var.names.box
  image_id               = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.layout.hosts.type
  key_name               = aws_key_pair.this.key_name
  vpc_security_group_ids = [var.groups["box"]]
  update_default_version = true

  user_data = base64encode(templatefile("${path.module}/box.sh.tftpl", {
    name       = var.names.box
    files      = var.files
    log_group  = aws_cloudwatch_log_group.this.name
    log_device = var.layout.hosts.log_device
    port_app   = var.layout.ports.app
    port_node  = var.layout.ports.node
    sums       = { for p in local.programs : p => filesha256("${var.programs}/${p}") }
  }))

  iam_instance_profile {
    name = aws_iam_instance_profile.this.name
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  # So small that a log can fill it, and apart from the box's own disk.
  block_device_mappings {
    device_name = var.layout.hosts.log_device

    ebs {
      volume_size           = var.layout.hosts.log_volume
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # By its tags a replacement is known for the round's.
  dynamic "tag_specifications" {
    for_each = ["instance", "network-interface", "volume"]
    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, local.tags)
    }
  }

  tags = local.tags

  lifecycle {
    ignore_changes = [image_id] # AWS publishes a newer one every week
  }

  depends_on = [aws_s3_object.programs]
}

resource "aws_instance" "this" {
  subnet_id = var.subnets[var.layout.hosts.subnet]

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Default"
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.ssm]

  lifecycle {
    # All of it comes from the template, and an expiry that moved is no reason
    # for another box.
    ignore_changes = [launch_template, user_data]
  }
}
