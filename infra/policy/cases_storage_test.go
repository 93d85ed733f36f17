package policy

func bucket() fixture {
	return fixture{
		"aws_s3_bucket.this": tagged(v{"id": "chaotic-r7-files", "bucket": "chaotic-r7-files", "force_destroy": true}),
		"aws_s3_bucket_public_access_block.this": {
			"bucket": "chaotic-r7-files", "block_public_acls": true, "block_public_policy": true, "ignore_public_acls": true, "restrict_public_buckets": true,
		},
		"aws_s3_bucket_server_side_encryption_configuration.this": {
			"bucket": "chaotic-r7-files", "rule": []any{v{"apply_server_side_encryption_by_default": []any{v{"sse_algorithm": "AES256"}}}},
		},
		"aws_s3_bucket_acl.this": {"bucket": "chaotic-r7-files", "acl": "private"},
	}
}

// host is an instance that says everything itself.
func host() fixture {
	return fixture{"aws_instance.this": tagged(v{
		"instance_type":     "t3.micro",
		"metadata_options":  []any{v{"http_tokens": "required", "http_endpoint": "enabled"}},
		"root_block_device": []any{v{"encrypted": true, "tags": tags()}},
		"ebs_block_device":  []any{v{"encrypted": true, "tags": tags()}},
	})}
}

func tags() v { return v{"project": "chaotic-good", "round": "R7", "expires": "2026-11-23T19:35:00Z"} }

// template is an instance that leaves all to its template.
func template() fixture {
	return fixture{
		"aws_launch_template.this": tagged(v{
			"id": "lt-12345678", "instance_type": "t3.micro",
			"metadata_options":      []any{v{"http_tokens": "required"}},
			"block_device_mappings": []any{v{"device_name": "/dev/xvda", "ebs": []any{v{"encrypted": "true", "delete_on_termination": "true"}}}},
			"tag_specifications": []any{
				v{"resource_type": "instance", "tags": tags()}, v{"resource_type": "volume", "tags": tags()},
			},
		}),
		"aws_instance.this": tagged(v{"launch_template": []any{v{"id": "lt-12345678"}}}),
	}
}

func storageCases() []broken {
	const (
		instance = "aws_instance.this#"
		tmpl     = "aws_launch_template.this#"
		block    = "aws_s3_bucket_public_access_block.this"
		sse      = "aws_s3_bucket_server_side_encryption_configuration.this"
	)
	volume := fixture{"aws_ebs_volume.this": tagged(v{"size": 1.0, "type": "gp3", "encrypted": true})}
	queue := fixture{"aws_sqs_queue.this": tagged(v{"sqs_managed_sse_enabled": true})}
	return []broken{
		{rule: "unencrypted-storage", of: database(), at: "aws_db_instance.this#storage_encrypted", to: false},
		{rule: "unencrypted-storage", of: database(), at: "aws_db_instance.this#storage_encrypted", to: nil},
		{rule: "unencrypted-storage", of: volume, at: "aws_ebs_volume.this#encrypted", to: false},
		{rule: "unencrypted-storage", of: volume, at: "aws_ebs_volume.this#encrypted", to: later{}},

		{rule: "unencrypted-disk", of: host(), at: instance + "root_block_device.0.encrypted", to: false},
		{rule: "unencrypted-disk", of: host(), at: instance + "ebs_block_device.0.encrypted", to: nil},
		{rule: "unencrypted-disk", of: host(), at: instance + "root_block_device", to: nil},
		{rule: "unencrypted-disk", of: template(), at: tmpl + "block_device_mappings.0.ebs.0.encrypted", to: "false"},
		{rule: "unencrypted-disk", of: template(), at: tmpl + "block_device_mappings", to: nil},

		{rule: "unencrypted-queue", of: queue, at: "aws_sqs_queue.this#sqs_managed_sse_enabled", to: false},
		{rule: "unencrypted-bucket", of: bucket(), at: sse, names: "aws_s3_bucket.this"},
		{rule: "unencrypted-bucket", of: bucket(), at: sse + "#rule.0.apply_server_side_encryption_by_default.0.sse_algorithm", to: later{}},

		{rule: "public-bucket", of: bucket(), at: block, names: "aws_s3_bucket.this"},
		{rule: "public-bucket", of: bucket(), at: block + "#block_public_policy", to: false},
		{rule: "public-bucket", of: bucket(), at: block + "#restrict_public_buckets", to: nil},
		{rule: "public-bucket", of: bucket(), at: block + "#ignore_public_acls", to: later{}},
		{rule: "public-bucket", of: bucket(), at: "aws_s3_bucket_acl.this#acl", to: "public-read"},

		{rule: "imdsv1", of: host(), at: instance + "metadata_options.0.http_tokens", to: "optional"},
		{rule: "imdsv1", of: host(), at: instance + "metadata_options.0.http_tokens", to: nil},
		{rule: "imdsv1", of: host(), at: instance + "metadata_options", to: nil},
		{rule: "imdsv1", of: template(), at: tmpl + "metadata_options.0.http_tokens", to: "optional"},
		{rule: "imdsv1", of: template(), at: tmpl + "metadata_options", to: nil},

		{rule: "missing-tags", of: queue, at: "aws_sqs_queue.this#tags_all.round", to: nil},
		{rule: "missing-tags", of: queue, at: "aws_sqs_queue.this#tags_all.expires", to: ""},
		{rule: "missing-tags", of: queue, at: "aws_sqs_queue.this#tags_all.project", to: nil},
		{rule: "missing-tags", of: queue, at: "aws_sqs_queue.this#tags_all", to: later{}},
		{rule: "untagged-copies", of: host(), at: instance + "root_block_device.0.tags", to: nil},
		{rule: "untagged-copies", of: template(), at: tmpl + "tag_specifications.1.resource_type", to: "network-interface"},
		{rule: "untagged-copies", of: template(), at: tmpl + "tag_specifications.0.tags.round", to: nil},
		{rule: "untagged-copies", of: service(), at: "aws_ecs_service.this#propagate_tags", to: nil},
	}
}
