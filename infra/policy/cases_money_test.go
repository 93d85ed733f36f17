package policy

func service() fixture {
	return fixture{
		"aws_ecs_task_definition.this": tagged(v{"arn": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1", "cpu": "256", "memory": "512"}),
		"aws_ecs_service.this": tagged(v{
			"launch_type": "FARGATE", "desired_count": 2.0, "propagate_tags": "SERVICE",
			"task_definition": "arn:aws:ecs:us-east-1:123456789012:task-definition/api:1",
		}),
		"aws_appautoscaling_target.this": tagged(v{"min_capacity": 2.0, "max_capacity": 6.0}),
	}
}

func moneyCases() []broken {
	const (
		budget = "aws_budgets_budget.this"
		alarm  = "aws_cloudwatch_metric_alarm.billing"
		tasks  = "aws_ecs_service.this"
	)
	nodes := fixture{"aws_eks_node_group.this": tagged(v{"scaling_config": []any{v{"desired_size": 2.0, "max_size": 4.0}}, "instance_types": []any{"t3.small"}})}
	missing := func(rule, at string, to any) broken {
		kind := map[string]string{"missing-budget": "aws_budgets_budget", "missing-billing-alarm": "aws_cloudwatch_metric_alarm"}[rule]
		return broken{rule: rule, at: at, to: to, names: kind}
	}
	return []broken{
		missing("missing-budget", budget, nil),
		missing("missing-budget", budget+"#limit_amount", "201"),
		missing("missing-budget", budget+"#limit_amount", later{}),
		missing("missing-budget", budget+"#budget_type", "USAGE"),
		missing("missing-budget", budget+"#notification.0.subscriber_sns_topic_arns", []any{}),
		missing("missing-billing-alarm", alarm, nil),
		missing("missing-billing-alarm", alarm+"#metric_name", "CPUUtilization"),
		missing("missing-billing-alarm", alarm+"#threshold", 100000.0),
		missing("missing-billing-alarm", alarm+"#actions_enabled", false),
		missing("missing-billing-alarm", alarm+"#alarm_actions", nil),

		{rule: "cost-ceiling", of: host(), at: "aws_instance.this#instance_type", to: "m6i.4xlarge"},
		{rule: "unknown-price", of: host(), at: "aws_instance.this#instance_type", to: "p5.48xlarge"},
		{rule: "unknown-price", of: host(), at: "aws_instance.this#instance_type", to: later{}},
		{rule: "unknown-price", of: database(), at: "aws_db_instance.this#instance_class", to: "db.x2iedn.32xlarge"},

		{rule: "too-many", of: service(), at: "aws_appautoscaling_target.this#max_capacity", to: 20.0},
		{rule: "too-many", of: service(), at: "aws_appautoscaling_target.this#max_capacity", to: later{}},
		{rule: "too-many", of: service(), at: tasks + "#desired_count", to: 9.0},
		{rule: "too-many", of: nodes, at: "aws_eks_node_group.this#scaling_config.0.max_size", to: 5.0},
	}
}
