# One host that watches the round: Prometheus, Alertmanager, Grafana,
# Elasticsearch, Kibana and Filebeat behind one login and TLS.
#
# How each finds its sources:
#   tasks      a script asks ECS every ten seconds and writes file_sd targets;
#              so one-off tasks of the visitors are found too
#   box        Prometheus asks EC2 by the tags round and role: the inventory's
#              own metrics and node_exporter's
#   database   postgres_exporter here, as the operator
#   logs       Filebeat: tasks, box, network and database from CloudWatch's log
#              groups, the balancer's from S3, of whose files a queue tells
#
# From outside: the bot and the two people come by HTTPS to the host's own
# address, from the addresses in `access` alone. The host makes its login and its
# certificate when it first starts and writes both into a secret, which the bot
# reads: it trusts that certificate and no other.
locals {
  tags = {
    role = "monitoring"
    Name = var.names.monitoring
  }
  configuration = fileset(var.configuration, "**")
  sums          = { for f in local.configuration : f => filesha256("${var.configuration}/${f}") }
  base          = "https://${aws_eip.this.public_ip}"
}

data "aws_ssm_parameter" "image" {
  name = var.layout.hosts.image
}

resource "aws_s3_object" "configuration" {
  for_each = local.configuration

  bucket      = var.files
  key         = "monitoring/${each.key}"
  source      = "${var.configuration}/${each.key}"
  source_hash = local.sums[each.key]

  tags = local.tags
}

# Filled by the host itself.
resource "aws_secretsmanager_secret" "login" {
  name                    = var.names.monitoring_secret
  description             = "The login of the monitoring's pages, and their certificate."
  recovery_window_in_days = 0

  tags = {
    role = "monitoring"
    Name = var.names.monitoring_secret
  }
}

resource "aws_iam_role" "this" {
  name               = var.names.monitoring_role
  path               = var.names.path
  assume_role_policy = var.documents["hosts-trust"]

  tags = local.tags
}

resource "aws_iam_role_policy" "this" {
  name   = aws_iam_role.this.name
  role   = aws_iam_role.this.name
  policy = var.documents["monitoring"]
}

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

# Its address is known before the host is, so that its certificate can name it,
# and is there when the host starts: another one in the middle would cut off what
# it is fetching.
resource "aws_eip" "this" {
  domain = "vpc"

  tags = local.tags
}

resource "aws_network_interface" "this" {
  subnet_id       = var.subnet
  security_groups = [var.group]
  description     = "The monitoring host of ${var.names.round}"

  tags = local.tags
}

resource "aws_eip_association" "this" {
  allocation_id        = aws_eip.this.id
  network_interface_id = aws_network_interface.this.id
}

resource "aws_instance" "this" {
  ami                  = data.aws_ssm_parameter.image.insecure_value
  instance_type        = var.type
  iam_instance_profile = aws_iam_instance_profile.this.name

  network_interface {
    device_index         = 0
    network_interface_id = aws_network_interface.this.id
  }

  user_data_replace_on_change = true
  user_data = templatefile("${path.module}/host.sh.tftpl", {
    round         = var.names.round
    region        = var.region
    cluster       = var.names.cluster
    prefix        = var.names.prefix
    port_app      = var.layout.ports.app
    address       = aws_eip.this.public_ip
    alerts        = var.alerts
    files         = var.files
    database_host = var.database_host
    database_port = var.layout.ports.postgres
    database_name = var.names.database_name
    operator      = var.operator
    webhook       = var.names.webhook_secret
    login         = aws_secretsmanager_secret.login.name
    logs_queue    = aws_sqs_queue.logs.url
    log_groups    = var.names.path
    log_database  = "/aws/rds/instance/${var.names.database}/"
    sums          = local.sums
    configuration = substr(sha256(jsonencode(local.sums)), 0, 12)
  })

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One more than usual: what runs in a container asks for the host's rights.
    http_put_response_hop_limit = 2
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 30
    encrypted   = true
    tags        = merge(var.tags, local.tags)
  }

  tags = local.tags

  lifecycle {
    ignore_changes = [ami] # AWS publishes a newer one every week
  }

  depends_on = [aws_s3_object.configuration, aws_iam_role_policy.this, aws_eip_association.this]
}

output "prometheus" {
  description = "URL of Prometheus."
  value       = "${local.base}/prometheus"

  depends_on = [aws_instance.this]
}

output "alertmanager" {
  description = "URL of Alertmanager."
  value       = "${local.base}/alertmanager"

  depends_on = [aws_instance.this]
}

output "pages" {
  description = "URLs of the people's pages: Grafana's dashboard, Kibana's search, the list of runbooks."
  value = {
    graphs   = "${local.base}/grafana/d/shop"
    logs     = "${local.base}/kibana/app/discover"
    runbooks = "${local.base}/runbooks/"
  }
}
