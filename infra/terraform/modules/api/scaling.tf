# As many tasks as keep the requests of each near the target.
resource "aws_appautoscaling_target" "api" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.this["api"].name}"
  min_capacity       = var.layout.scaling.at_least
  max_capacity       = var.layout.scaling.at_most

  tags = {
    role = "tasks"
    Name = "${var.names.prefix}-api"
  }
}

resource "aws_appautoscaling_policy" "api" {
  name               = "${var.names.prefix}-api"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.api.service_namespace
  scalable_dimension = aws_appautoscaling_target.api.scalable_dimension
  resource_id        = aws_appautoscaling_target.api.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = var.layout.scaling.requests_per_target * 60 # AWS counts by the minute
    scale_out_cooldown = var.layout.scaling.scale_out
    scale_in_cooldown  = var.layout.scaling.scale_in

    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.this.arn_suffix}/${aws_lb_target_group.this.arn_suffix}"
    }
  }
}
