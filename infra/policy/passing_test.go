package policy

// passing is what a rule might wrongly refuse.
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
		"an address that a parameter keeps, too": {
			"aws_ssm_parameter.this": tagged(v{"type": "String", "value": hidden("https://example.org")}),
			"output.shop":            {"value": "https://example.org"},
		},
		"disks that are read back from a template": template().with(fixture{"aws_instance.this": tagged(v{
			"launch_template": []any{v{"id": "lt-12345678"}}, "root_block_device": []any{v{"encrypted": true, "tags": v{}, "delete_on_termination": true}},
		})}),
		"a topic's policy as AWS spells it": {"aws_sns_topic.this": tagged(v{
			"policy": `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:123456789012:t","Condition":{"StringEquals":{"AWS:SourceOwner":"123456789012"}}}]}`,
		})},
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
