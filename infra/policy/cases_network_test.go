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
