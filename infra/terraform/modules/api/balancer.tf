resource "aws_lb" "this" {
  name                       = var.names.balancer
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = [for role in var.layout.balancers.subnets : var.subnets[role]]
  security_groups            = [var.groups["balancer"]]
  drop_invalid_header_fields = true
  enable_deletion_protection = false

  access_logs {
    bucket  = var.logs
    prefix  = "balancer"
    enabled = true
  }

  tags = {
    role = "balancer"
    Name = var.names.balancer
  }
}

resource "aws_lb_target_group" "this" {
  name        = var.names.target_group
  vpc_id      = var.vpc
  target_type = "ip"
  protocol    = "HTTP"
  port        = var.layout.ports.app
  # With AWS's five minutes, every roll would take as long.
  deregistration_delay = var.layout.balancers.deregistration_delay

  health_check {
    path                = var.layout.balancers.health.path
    interval            = var.layout.balancers.health.interval
    timeout             = var.layout.balancers.health.timeout
    healthy_threshold   = var.layout.balancers.health.healthy
    unhealthy_threshold = var.layout.balancers.health.unhealthy
  }

  tags = {
    role = "balancer"
    Name = var.names.target_group
  }
}

# Plain HTTP: a certificate needs a domain, which a round has not. Nobody but
# CloudFront and the visitors gets here.
resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = var.layout.ports.balancer

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  tags = {
    role = "balancer"
    Name = var.names.balancer
  }
}

# The name of an internet-facing balancer leads to its public addresses, also
# from inside; and a rule that names a group knows only private ones. So the
# visitors ask for the balancer by a name of the network's own, which leads to
# its two private addresses. They stay as they are at a load like theirs.
data "aws_network_interface" "balancer" {
  for_each = toset(var.layout.balancers.subnets)

  filter {
    name   = "description"
    values = ["ELB ${aws_lb.this.arn_suffix}"]
  }

  filter {
    name   = "subnet-id"
    values = [var.subnets[each.key]]
  }
}

resource "aws_route53_zone" "inside" {
  name          = "${var.names.prefix}.internal"
  force_destroy = true

  vpc {
    vpc_id = var.vpc
  }

  tags = {
    role = "network"
    Name = "${var.names.prefix}.internal"
  }
}

resource "aws_route53_record" "balancer" {
  zone_id = aws_route53_zone.inside.zone_id
  name    = "shop.${var.names.prefix}.internal"
  type    = "A"
  ttl     = 10
  records = [for role in var.layout.balancers.subnets : data.aws_network_interface.balancer[role].private_ip]
}
