package policy

func database() fixture {
	return fixture{"aws_db_instance.this": {
		"engine": "postgres", "instance_class": "db.t4g.micro", "allocated_storage": 20.0,
		"publicly_accessible": false, "storage_encrypted": true, "skip_final_snapshot": true, "manage_master_user_password": true,
	}}
}

// cloudfront is a group rule that lets in CloudFront's own list.
func cloudfront() fixture {
	return fixture{
		"data.aws_ec2_managed_prefix_list.cloudfront": {"id": "pl-3b927c52", "name": "com.amazonaws.global.cloudfront.origin-facing"},
		"aws_vpc_security_group_ingress_rule.this": {
			"prefix_list_id": "pl-3b927c52", "ip_protocol": "tcp", "from_port": 80.0, "to_port": 80.0,
		},
	}
}

// ingress is one rule of a group in each of the three ways to write it.
func ingress(port float64, ranges ...any) fixture {
	return fixture{
		"aws_security_group_rule.this": {
			"type": "ingress", "protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ranges,
		},
		"aws_vpc_security_group_ingress_rule.this": {
			"ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": ranges[0],
		},
		"aws_security_group.this": tagged(v{
			"ingress": []any{v{"protocol": "tcp", "from_port": port, "to_port": port, "cidr_blocks": ranges}},
		}),
	}
}

func tagged(more v) v {
	more["tags_all"] = v{"project": "chaotic-good", "round": "R7", "expires": "2026-11-23T19:35:00Z"}
	return more
}

func networkCases() []broken {
	narrow := ingress(443, "192.0.2.0/24")
	ssh := ingress(22, "192.0.2.0/24")
	wide := fixture{"aws_vpc_security_group_ingress_rule.this": {
		"ip_protocol": "tcp", "from_port": 5433.0, "to_port": 5440.0, "cidr_ipv4": "192.0.2.0/24",
	}}
	six := fixture{"aws_vpc_security_group_ingress_rule.this": {
		"ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0, "cidr_ipv6": "2001:db8::/48",
	}}
	return []broken{
		{rule: "public-database", of: database(), at: "aws_db_instance.this#publicly_accessible", to: true},
		{rule: "public-database", of: database(), at: "aws_db_instance.this#publicly_accessible", to: later{}},

		{rule: "open-group", of: narrow, at: "aws_security_group_rule.this#cidr_blocks.0", to: "0.0.0.0/0"},
		{rule: "open-group", of: narrow, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv4", to: "0.0.0.0/0"},
		{rule: "open-group", of: narrow, at: "aws_security_group.this#ingress.0.cidr_blocks.0", to: "0.0.0.0/0"},
		{rule: "open-group", of: narrow, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv4", to: "128.0.0.0/1"},
		{rule: "open-group", of: narrow, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv4", to: "anywhere"},
		{rule: "open-group", of: narrow, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv4", to: later{}},
		{rule: "open-group", of: narrow, at: "aws_security_group_rule.this#ipv6_cidr_blocks", to: []any{"::/0"}},
		{rule: "open-group", of: six, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv6", to: "::/0"},
		{rule: "open-group", of: ssh, at: "aws_vpc_security_group_ingress_rule.this#cidr_ipv4", to: "0.0.0.0/0"},

		{rule: "database-port", of: wide, at: "aws_vpc_security_group_ingress_rule.this#from_port", to: 5432.0},
		{rule: "database-port", of: wide, at: "aws_vpc_security_group_ingress_rule.this#from_port", to: 0.0},
		{rule: "database-port", of: wide, at: "aws_vpc_security_group_ingress_rule.this#ip_protocol", to: "-1"},
		{rule: "database-port", of: wide, at: "aws_vpc_security_group_ingress_rule.this#to_port", to: later{}},

		{rule: "open-list", of: cloudfront(), at: "aws_vpc_security_group_ingress_rule.this#prefix_list_id", to: "pl-12345678"},
		{rule: "open-list", of: cloudfront(), at: "aws_vpc_security_group_ingress_rule.this#to_port", to: 443.0},
		{rule: "open-list", of: cloudfront(), at: "data.aws_ec2_managed_prefix_list.cloudfront#name", to: "everybody", names: "aws_vpc_security_group_ingress_rule.this"},
	}
}

func passing() map[string]fixture {
	return map[string]fixture{
		"a group lets in another": {"aws_vpc_security_group_ingress_rule.this": {
			"ip_protocol": "tcp", "from_port": 5432.0, "to_port": 5432.0, "referenced_security_group_id": later{},
		}},
		"everything may go out": {"aws_security_group_rule.this": {
			"type": "egress", "protocol": "-1", "from_port": 0.0, "to_port": 0.0, "cidr_blocks": []any{"0.0.0.0/0"},
		}},
		"CloudFront's list is known later": {
			"data.aws_ec2_managed_prefix_list.cloudfront": {"id": later{}, "name": "com.amazonaws.global.cloudfront.origin-facing"},
			"aws_vpc_security_group_ingress_rule.this":    {"prefix_list_id": later{}, "description": "data.aws_ec2_managed_prefix_list.cloudfront", "ip_protocol": "tcp", "from_port": 443.0, "to_port": 443.0},
		},
		"defaults that are good": {
			"aws_db_instance.this": {
				"engine": "postgres", "instance_class": "db.t4g.micro", "allocated_storage": 20.0, "storage_encrypted": true, "skip_final_snapshot": true,
			},
			"aws_sqs_queue.this":                  tagged(v{"name": "queue"}),
			"aws_lb.this":                         tagged(v{"name": "balancer", "internal": true}),
			"aws_cloudwatch_log_group.this":       tagged(v{"name": "log"}),
			"aws_cloudfront_distribution.this":    tagged(v{"comment": "shop"}),
			"aws_iam_role_policy_attachment.this": {"policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"},
		},
		"a topic that is made with the stack": {
			"aws_budgets_budget.this": {
				"budget_type": "COST", "limit_amount": "10", "notification": []any{v{"subscriber_sns_topic_arns": later{}}},
			},
			"aws_cloudwatch_metric_alarm.billing": {
				"namespace": "AWS/Billing", "metric_name": "EstimatedCharges", "comparison_operator": "GreaterThanThreshold",
				"threshold": 10.0, "alarm_actions": []any{later{}},
			},
		},
		"a boundary that is made with the stack": {"aws_iam_user.this": tagged(v{"permissions_boundary": later{}, "force_destroy": true})},
		"a bucket whose name is known later": {
			"aws_s3_bucket.this": tagged(v{"bucket": later{}, "force_destroy": true}),
			"aws_s3_bucket_public_access_block.this": {
				"bucket": later{}, "note": "aws_s3_bucket.this", "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
			},
			"aws_s3_bucket_server_side_encryption_configuration.this": {
				"bucket": later{}, "note": "aws_s3_bucket.this", "rule": []any{v{"apply_server_side_encryption_by_default": []any{v{"sse_algorithm": "AES256"}}}},
			},
		},
		"outputs that only sound secret": {
			"aws_secretsmanager_secret.this": tagged(v{"name": "chaotic-r7/monitoring", "recovery_window_in_days": 0.0}),
			"output.monitoring_secret":       {"value": "chaotic-r7/monitoring"},
			"output.shop":                    {"value": later{}},
			"output.token_lifetime":          {"value": "1h"},
		},
		"documents that say enough": {
			"aws_iam_role_policy.reads": {"policy": `{"Statement":{"Effect":"Allow","Action":["ec2:Describe*","ecr:GetAuthorizationToken"],"Resource":"*"}}`},
			"aws_iam_role_policy.held":  {"policy": `{"Statement":[{"Effect":"Allow","Action":"ec2:StopInstances","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/round":"R7"}}}]}`},
			"aws_s3_bucket_policy.this": {"policy": `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`},
			"data.aws_iam_policy_document.this": {
				"json": later{}, "statement": []any{v{"actions": []any{"sqs:SendMessage"}, "resources": []any{later{}}}},
			},
			"aws_sqs_queue_policy.this": {"policy": later{}, "queue_url": "data.aws_iam_policy_document.this"},
		},
	}
}
