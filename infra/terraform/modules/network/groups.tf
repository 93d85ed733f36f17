resource "aws_security_group" "this" {
  for_each = toset(var.layout.groups)

  vpc_id      = aws_vpc.this.id
  name        = "${var.names.prefix}-${each.key}"
  description = "The ${each.key} of ${var.names.round}"

  tags = {
    role = each.key
    Name = "${var.names.prefix}-${each.key}"
  }
}

# As AWS itself does for a new group, which Terraform takes away.
resource "aws_vpc_security_group_egress_rule" "all" {
  for_each = aws_security_group.this

  security_group_id = each.value.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

# Who may call whom. The rules carry no description, as layout.go says.
resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = { for r in var.layout.ingresses : "${r.to}-${r.port}-from-${r.from}" => r }

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = var.layout.ports[each.value.port]
  to_port                      = var.layout.ports[each.value.port]
}

# What follows has no counterpart in a rehearsal: it is how the stack meets what
# only AWS has. The list counts as 55 rules of the 60 that a group may have.
data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  security_group_id = aws_security_group.this["balancer"].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  ip_protocol       = "tcp"
  from_port         = var.layout.ports.balancer
  to_port           = var.layout.ports.balancer
}

# postgres_exporter runs on the monitoring host.
resource "aws_vpc_security_group_ingress_rule" "exporter" {
  security_group_id            = aws_security_group.this["database"].id
  referenced_security_group_id = aws_security_group.this["monitoring"].id
  ip_protocol                  = "tcp"
  from_port                    = var.layout.ports.postgres
  to_port                      = var.layout.ports.postgres
}

resource "aws_vpc_security_group_ingress_rule" "pages" {
  for_each = toset(var.access)

  security_group_id = aws_security_group.this["monitoring"].id
  cidr_ipv4         = each.key
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
