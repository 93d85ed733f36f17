# Off by default: SSH goes through Session Manager, and no port 22 is open. With
# it, the two people reach one small host, and from there the box.
locals {
  bastion = var.bastion ? toset(["bastion"]) : toset([])
}

resource "aws_security_group" "bastion" {
  for_each = local.bastion

  vpc_id      = var.vpc
  name        = "${var.names.prefix}-bastion"
  description = "The bastion of ${var.names.round}"

  tags = {
    role = "bastion"
    Name = "${var.names.prefix}-bastion"
  }

  lifecycle {
    precondition {
      condition     = length(var.access) > 0
      error_message = "A bastion that nobody reaches is of no use: access is empty."
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "bastion" {
  for_each = var.bastion ? toset(var.access) : toset([])

  security_group_id = aws_security_group.bastion["bastion"].id
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "bastion" {
  for_each = local.bastion

  security_group_id            = aws_security_group.bastion[each.key].id
  referenced_security_group_id = var.groups["box"]
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
}

resource "aws_vpc_security_group_ingress_rule" "box" {
  for_each = local.bastion

  security_group_id            = var.groups["box"]
  referenced_security_group_id = aws_security_group.bastion[each.key].id
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 22
}

resource "aws_instance" "bastion" {
  for_each = local.bastion

  ami                    = data.aws_ssm_parameter.image.insecure_value
  instance_type          = var.layout.hosts.type
  subnet_id              = var.subnets[var.layout.hosts.subnet]
  vpc_security_group_ids = [aws_security_group.bastion[each.key].id]
  key_name               = aws_key_pair.this.key_name

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  root_block_device {
    encrypted = true
    tags      = merge(var.tags, { role = "bastion", Name = "${var.names.prefix}-bastion" })
  }

  tags = {
    role = "bastion"
    Name = "${var.names.prefix}-bastion"
  }

  lifecycle {
    ignore_changes = [ami]
  }
}
