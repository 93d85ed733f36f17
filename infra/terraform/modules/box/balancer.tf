resource "aws_lb" "this" {
  name                       = var.names.box_balancer
  load_balancer_type         = "application"
  internal                   = true
  subnets                    = [for role in var.layout.balancers.subnets : var.subnets[role]]
  security_groups            = [var.groups["box-balancer"]]
  drop_invalid_header_fields = true
  enable_deletion_protection = false

  tags = {
    role = "box-balancer"
    Name = var.names.box_balancer
  }
}

resource "aws_lb_target_group" "this" {
  name                 = var.names.box_target_group
  vpc_id               = var.vpc
  target_type          = "instance"
  protocol             = "HTTP"
  port                 = var.layout.ports.app
  deregistration_delay = var.layout.balancers.deregistration_delay

  health_check {
    path                = var.layout.balancers.health.path
    interval            = var.layout.balancers.health.interval
    timeout             = var.layout.balancers.health.timeout
    healthy_threshold   = var.layout.balancers.health.healthy
    unhealthy_threshold = var.layout.balancers.health.unhealthy
  }

  tags = {
    role = "box-balancer"
    Name = var.names.box_target_group
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTP"
  port              = var.layout.ports.app

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }

  tags = {
    role = "box-balancer"
    Name = var.names.box_balancer
  }
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = aws_instance.this.id
  port             = var.layout.ports.app
}
