package policy

func document(action, resource, rest string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + action + `,"Resource":` + resource + rest + `}]}`
}

func peopleCases() []broken {
	const (
		role  = "aws_iam_role_policy.this#policy"
		queue = "aws_sqs_queue_policy.this#policy"
	)
	good := fixture{"aws_iam_role_policy.this": {"policy": document(`["s3:GetObject"]`, `"arn:aws:s3:::files/*"`, "")}}
	own := fixture{"aws_sqs_queue_policy.this": {"policy": document(`"sqs:SendMessage"`, `"*"`, `,"Principal":{"Service":"events.amazonaws.com"}`)}}
	trust := fixture{"aws_iam_role.this": tagged(v{
		"assume_role_policy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
		"inline_policy":      []any{v{"policy": document(`"s3:GetObject"`, `"arn:aws:s3:::files/*"`, "")}},
	})}
	// What a plan knows of a document that mentions an ARN of the stack.
	composed := fixture{
		"data.aws_iam_policy_document.this": {
			"json": later{}, "statement": []any{v{"actions": []any{"s3:GetObject"}, "resources": []any{later{}}}},
		},
		"aws_iam_role_policy.this": {"policy": later{}, "role": "data.aws_iam_policy_document.this"},
	}
	const statement = "data.aws_iam_policy_document.this#statement.0."
	user := fixture{"aws_iam_user.this": tagged(v{"permissions_boundary": "arn:aws:iam::123456789012:policy/boundary", "force_destroy": true})}
	attached := fixture{"aws_iam_role_policy_attachment.this": {"policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}}
	login := fixture{
		"aws_secretsmanager_secret.this": tagged(v{"name": "chaotic-r7/monitoring", "recovery_window_in_days": 0.0}),
		"output.monitoring_secret":       {"value": "chaotic-r7/monitoring"},
		"output.pages":                   {"value": v{"grafana": "https://192.0.2.1/grafana", "user": "player"}},
		"aws_ssm_parameter.this":         tagged(v{"type": "SecureString", "value": hidden("correct horse battery")}),
	}
	return []broken{
		{rule: "wildcard-actions", of: good, at: role, to: document(`"*"`, `"arn:aws:s3:::files/*"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: document(`["s3:GetObject","s3:*"]`, `"arn:aws:s3:::files/*"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: document(`"S3:*"`, `"arn:aws:s3:::files/*"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: document(`"SecretsManager:Get*"`, `"arn:aws:secretsmanager:us-east-1:123456789012:secret:a"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: document(`"s3:Put*"`, `"arn:aws:s3:::files/*"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: document(`"secretsmanager:Get*"`, `"arn:aws:secretsmanager:us-east-1:123456789012:secret:a"`, "")},
		{rule: "wildcard-actions", of: good, at: role, to: `{"Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"arn:aws:s3:::files/*"}}`},
		{rule: "wildcard-actions", of: own, at: queue, to: document(`"sqs:*"`, `"*"`, `,"Principal":{"Service":"events.amazonaws.com"}`)},
		{rule: "wildcard-actions", of: trust, at: "aws_iam_role.this#inline_policy.0.policy", to: document(`"s3:*"`, `"arn:aws:s3:::files/*"`, "")},
		{rule: "wildcard-actions", of: composed, at: statement + "actions.0", to: "s3:*"},
		{rule: "wildcard-actions", of: composed, at: statement + "actions.0", to: later{}},
		{rule: "wildcard-actions", of: composed, at: statement + "not_actions", to: []any{"iam:CreateUser"}},

		{rule: "wildcard-resources", of: good, at: role, to: document(`"ec2:StopInstances"`, `"*"`, "")},
		{rule: "wildcard-resources", of: good, at: role, to: document(`"secretsmanager:GetSecretValue"`, `["*"]`, "")},
		{rule: "wildcard-resources", of: good, at: role, to: document(`["s3:GetObject"]`, `"arn:aws:s3:::*"`, "")},
		{rule: "wildcard-resources", of: composed, at: statement + "resources.0", to: "*"},

		{rule: "unreadable-policy", of: good, at: role, to: later{}},
		{rule: "unreadable-policy", of: composed, at: "aws_iam_role_policy.this#role", to: nil},

		{rule: "managed-policy", of: attached, at: "aws_iam_role_policy_attachment.this#policy_arn", to: "arn:aws:iam::aws:policy/AdministratorAccess"},
		{rule: "managed-policy", of: attached, at: "aws_iam_role_policy_attachment.this#policy_arn", to: "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
		{rule: "managed-policy", of: trust, at: "aws_iam_role.this#managed_policy_arns", to: []any{"arn:aws:iam::aws:policy/PowerUserAccess"}},

		{rule: "open-policy", of: own, at: queue, to: document(`"sqs:SendMessage"`, `"*"`, `,"Principal":"*"`)},
		{rule: "open-policy", of: own, at: queue, to: document(`"sqs:SendMessage"`, `"*"`, `,"Principal":{"AWS":["*"]}`)},
		{rule: "open-policy", of: trust, at: "aws_iam_role.this#assume_role_policy", to: `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`},
		{rule: "open-policy", of: composed, at: statement + "principals", to: []any{v{"type": "*", "identifiers": []any{"*"}}}},

		{rule: "user-boundary", of: user, at: "aws_iam_user.this#permissions_boundary", to: nil},

		{rule: "plain-secret", of: login, at: "output.monitoring_secret#value", to: "correct horse"},
		{rule: "plain-secret", of: login, at: "output.monitoring_secret#value", to: later{}},
		{rule: "plain-secret", of: login, at: "output.pages#value.password", to: "battery"},
		{rule: "plain-secret", of: login, at: "output.pages#value.user", to: "it is: correct horse battery"},
		{rule: "plain-secret", of: login, at: "output.pages#value.grafana", to: "https://player:battery@192.0.2.1/grafana"},

		{rule: "secret-in-state", of: database(), at: "aws_db_instance.this#password", to: hidden("correct horse")},
		{rule: "secret-in-state", of: database(), at: "aws_db_instance.this#password", to: later{}},
	}
}
