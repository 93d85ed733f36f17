package infra

// removedAs says, of every type of resource that infra/terraform makes and that
// stands for itself, as which kind of thing a destroy finds and removes it, also
// without Terraform's state. A type that is neither here nor in goesWith would
// outlive a round whose state was lost; a test compares both with the files.
func removedAs() map[string]string {
	return map[string]string{
		"aws_appautoscaling_policy":            "scaling policies",
		"aws_appautoscaling_target":            "scalable targets",
		"aws_budgets_budget":                   "budgets",
		"aws_cloudfront_distribution":          "distributions",
		"aws_cloudfront_origin_access_control": "origin access controls",
		"aws_cloudtrail":                       "trails",
		"aws_cloudwatch_event_rule":            "event rules",
		"aws_cloudwatch_log_group":             "log groups",
		"aws_cloudwatch_metric_alarm":          "billing alarms",
		"aws_cognito_user_pool":                "user pools",
		"aws_db_instance":                      "databases",
		"aws_db_parameter_group":               "database parameter groups",
		"aws_db_subnet_group":                  "database subnet groups",
		"aws_ecr_repository":                   "repositories",
		"aws_ecs_cluster":                      "clusters",
		"aws_ecs_service":                      "services",
		"aws_ecs_task_definition":              "task definitions",
		"aws_eip":                              "addresses",
		"aws_flow_log":                         "flow logs",
		"aws_iam_instance_profile":             "instance profiles",
		"aws_iam_role":                         "roles",
		"aws_instance":                         "instances",
		"aws_internet_gateway":                 "internet gateways",
		"aws_key_pair":                         "key pairs",
		"aws_launch_template":                  "launch templates",
		"aws_lb":                               "load balancers",
		"aws_lb_target_group":                  "target groups",
		"aws_network_interface":                "network interfaces",
		"aws_route53_zone":                     "zones",
		"aws_route_table":                      "route tables",
		"aws_s3_bucket":                        "buckets",
		"aws_secretsmanager_secret":            "secrets",
		"aws_security_group":                   "security groups",
		"aws_sns_topic":                        "topics",
		"aws_sqs_queue":                        "queues",
		"aws_ssm_parameter":                    "parameters",
		"aws_subnet":                           "subnets",
		"aws_vpc":                              "networks",
		"aws_vpc_endpoint":                     "network endpoints",
		"aws_wafv2_web_acl":                    "firewalls",
	}
}

// goesWith says of the other types with which of removedAs they go, as AWS has
// it or as the removal of that one does it.
func goesWith() map[string]string {
	return map[string]string{
		"aws_cloudwatch_event_target":                        "aws_cloudwatch_event_rule",
		"aws_cognito_user":                                   "aws_cognito_user_pool",
		"aws_cognito_user_pool_client":                       "aws_cognito_user_pool",
		"aws_eip_association":                                "aws_eip",
		"aws_iam_role_policy":                                "aws_iam_role",
		"aws_iam_role_policy_attachment":                     "aws_iam_role",
		"aws_lb_listener":                                    "aws_lb",
		"aws_lb_target_group_attachment":                     "aws_lb_target_group",
		"aws_route":                                          "aws_route_table",
		"aws_route53_record":                                 "aws_route53_zone",
		"aws_route_table_association":                        "aws_route_table",
		"aws_s3_bucket_notification":                         "aws_s3_bucket",
		"aws_s3_bucket_ownership_controls":                   "aws_s3_bucket",
		"aws_s3_bucket_policy":                               "aws_s3_bucket",
		"aws_s3_bucket_public_access_block":                  "aws_s3_bucket",
		"aws_s3_bucket_server_side_encryption_configuration": "aws_s3_bucket",
		"aws_s3_object":                                      "aws_s3_bucket",
		"aws_sns_topic_policy":                               "aws_sns_topic",
		"aws_sns_topic_subscription":                         "aws_sns_topic",
		"aws_sqs_queue_policy":                               "aws_sqs_queue",
		"aws_vpc_security_group_egress_rule":                 "aws_security_group",
		"aws_vpc_security_group_ingress_rule":                "aws_security_group",
	}
}
