package policy

// endCases are what /destroy could not remove.
func endCases() []broken {
	named := func(address string, arguments v) fixture { return fixture{address: tagged(arguments)} }
	balancer := named("aws_lb.this", v{"internal": true, "enable_deletion_protection": false})
	pool := named("aws_cognito_user_pool.this", v{"deletion_protection": "INACTIVE"})
	secret := named("aws_secretsmanager_secret.this", v{"name": "a", "recovery_window_in_days": 0.0})
	repository := named("aws_ecr_repository.this", v{"force_delete": true})
	zone := named("aws_route53_zone.this", v{"force_destroy": true})
	log := named("aws_cloudwatch_log_group.this", v{"skip_destroy": false})
	site := named("aws_cloudfront_distribution.this", v{"retain_on_delete": false})
	user := named("aws_iam_user.this", v{"permissions_boundary": "arn:aws:iam::123456789012:policy/b", "force_destroy": true})
	kept := named("aws_db_instance.this", database()["aws_db_instance.this"])
	return []broken{
		{rule: "deletion-protection", of: database(), at: "aws_db_instance.this#deletion_protection", to: true},
		{rule: "deletion-protection", of: balancer, at: "aws_lb.this#enable_deletion_protection", to: true},
		{rule: "deletion-protection", of: balancer, at: "aws_lb.this#enable_deletion_protection", to: later{}},
		{rule: "deletion-protection", of: pool, at: "aws_cognito_user_pool.this#deletion_protection", to: "ACTIVE"},
		{rule: "deletion-protection", of: host(), at: "aws_instance.this#disable_api_termination", to: true},
		{rule: "deletion-protection", of: template(), at: "aws_launch_template.this#disable_api_stop", to: true},

		{rule: "not-emptied", of: bucket(), at: "aws_s3_bucket.this#force_destroy", to: false},
		{rule: "not-emptied", of: bucket(), at: "aws_s3_bucket.this#object_lock_enabled", to: true},
		{rule: "not-emptied", of: repository, at: "aws_ecr_repository.this#force_delete", to: nil},
		{rule: "not-emptied", of: zone, at: "aws_route53_zone.this#force_destroy", to: nil},
		{rule: "not-emptied", of: user, at: "aws_iam_user.this#force_destroy", to: later{}},

		{rule: "kept-copies", of: database(), at: "aws_db_instance.this#skip_final_snapshot", to: nil},
		{rule: "kept-copies", of: database(), at: "aws_db_instance.this#skip_final_snapshot", to: later{}},
		{rule: "kept-copies", of: kept, at: "aws_db_instance.this#delete_automated_backups", to: false},
		{rule: "kept-copies", of: secret, at: "aws_secretsmanager_secret.this#recovery_window_in_days", to: nil},
		{rule: "kept-copies", of: secret, at: "aws_secretsmanager_secret.this#recovery_window_in_days", to: 7.0},
		{rule: "kept-copies", of: host(), at: "aws_instance.this#root_block_device.0.delete_on_termination", to: false},
		{rule: "kept-copies", of: template(), at: "aws_launch_template.this#block_device_mappings.0.ebs.0.delete_on_termination", to: nil},

		{rule: "not-deleted", of: log, at: "aws_cloudwatch_log_group.this#skip_destroy", to: true},
		{rule: "not-deleted", of: site, at: "aws_cloudfront_distribution.this#retain_on_delete", to: true},
	}
}
