package cost

// free are the types that cost nothing by the hour: nothing at all, or only by
// use. A hosted zone is free when it is deleted within twelve hours, a second
// trail costs 2 USD for every 100,000 calls, a GB of logs 0.50 USD when written:
// cents in a round.
func free() map[string]bool {
	all := map[string]bool{}
	for _, kind := range []string{
		"aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_route", "aws_route_table", "aws_route_table_association",
		"aws_network_interface", "aws_network_acl", "aws_flow_log", "aws_eip_association",
		"aws_security_group", "aws_security_group_rule", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule",
		"aws_key_pair", "aws_launch_template", "aws_volume_attachment",

		"aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_instance_profile", "aws_iam_policy",
		"aws_iam_user", "aws_iam_user_policy", "aws_iam_group", "aws_iam_openid_connect_provider",

		"aws_lb_listener", "aws_lb_listener_rule", "aws_lb_target_group", "aws_lb_target_group_attachment",
		"aws_ecs_cluster", "aws_ecs_task_definition", "aws_ecs_cluster_capacity_providers", "aws_ecr_repository", "aws_ecr_lifecycle_policy",
		"aws_appautoscaling_target", "aws_appautoscaling_policy",
		"aws_eks_access_entry", "aws_eks_access_policy_association", "aws_eks_addon",

		"aws_db_subnet_group", "aws_db_parameter_group",

		"aws_s3_bucket", "aws_s3_bucket_ownership_controls", "aws_s3_bucket_policy", "aws_s3_bucket_public_access_block", "aws_s3_bucket_acl",
		"aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_versioning", "aws_s3_bucket_lifecycle_configuration",
		"aws_s3_bucket_notification", "aws_s3_object",
		"aws_cloudfront_distribution", "aws_cloudfront_origin_access_control", "aws_cloudfront_function",
		"aws_route53_zone", "aws_route53_record",
		"aws_cognito_user_pool", "aws_cognito_user_pool_client", "aws_cognito_user", "aws_cognito_user_pool_domain",

		"aws_sqs_queue", "aws_sqs_queue_policy", "aws_sns_topic", "aws_sns_topic_policy", "aws_sns_topic_subscription",
		"aws_cloudtrail", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target", "aws_cloudwatch_log_group", "aws_cloudwatch_log_resource_policy",
		"aws_budgets_budget", "aws_ssm_parameter", "aws_ssm_document",
	} {
		all[kind] = true
	}
	return all
}
