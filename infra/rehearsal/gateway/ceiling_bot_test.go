package gateway

import (
	"os"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// botRights are those of the bot's role: what it may do, and what none of that
// may widen.
func botRights(t *testing.T) rights {
	t.Helper()
	limit, err := os.ReadFile("../../../deploy/bot-policy.json")
	must(t, err)
	text := strings.NewReplacer("${account}", account, "${region}", region).Replace(string(limit))
	have := rights{}
	for _, text := range append(policies(t, "R7", infra.BotPolicies()), text) {
		d, err := parsePolicy([]byte(text))
		must(t, err)
		have.policies = append(have.policies, d)
	}
	return have
}

// TestTheBotMayWhatItsCallsBringWithThem: AWS asks for more than a call's own
// name says. Each line is what the Service Authorization Reference and the
// services' guides ask for in a call of the stack's making, or of its later life.
func TestTheBotMayWhatItsCallsBringWithThem(t *testing.T) {
	in := func(service, what string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + what
	}
	ours := map[string]string{infra.TagProject: infra.Project, infra.TagRound: "R7"}
	via := func(service string) facts {
		return facts{"kms:viaservice": {service + "." + region + ".amazonaws.com"}, "kms:grantisforawsresource": {"true"}}
	}
	service := func(name string) facts { return facts{"iam:awsservicename": {name}} }
	asked := facts{"aws:requesttag/project": {infra.Project}}
	class := facts{"rds:databaseclass": {infra.DatabaseClass}}
	role := "arn:aws:iam::" + account + ":role/chaotic-good/R7/chaotic-r7-"
	linked := "arn:aws:iam::" + account + ":role/aws-service-role/"
	for _, c := range []struct {
		action, resource string
		facts            facts
		tags             map[string]string
	}{
		// a database: its options are the engine's, its storage and its password encrypted
		{"rds:CreateDBInstance", in("rds", "db:chaotic-r7-database"), class, nil},
		{"rds:CreateDBInstance", in("rds", "pg:chaotic-r7-database"), nil, nil}, // which know no class
		{"rds:CreateDBInstance", in("rds", "subgrp:chaotic-r7-database"), nil, nil},
		{"rds:CreateDBInstance", in("rds", "og:default:postgres-16"), nil, nil},
		{"rds:ModifyDBInstance", in("rds", "og:default:postgres-16"), nil, nil},
		{"kms:DescribeKey", in("kms", "key/1"), via("rds"), nil},
		{"kms:CreateGrant", in("kms", "key/1"), via("rds"), nil},
		{"kms:DescribeKey", in("kms", "key/1"), via("secretsmanager"), nil},
		{"kms:Decrypt", in("kms", "key/1"), via("secretsmanager"), nil},
		{"secretsmanager:CreateSecret", in("secretsmanager", "secret:rds!db-1-abcdef"), nil, nil},
		{"secretsmanager:TagResource", in("secretsmanager", "secret:rds!db-1-abcdef"), nil, nil},
		{"iam:CreateServiceLinkedRole", linked + "rds.amazonaws.com/AWSServiceRoleForRDS", service("rds.amazonaws.com"), nil},
		// hosts with encrypted volumes and a role
		{"kms:GenerateDataKeyWithoutPlaintext", in("kms", "key/1"), via("ec2"), nil},
		{"kms:CreateGrant", in("kms", "key/1"), via("ec2"), nil},
		{"iam:PassRole", role + "box", facts{"iam:passedtoservice": {"ec2.amazonaws.com"}}, nil},
		{"ec2:CreateLaunchTemplateVersion", in("ec2", "launch-template/lt-1"), nil, ours},
		{"ec2:ModifyLaunchTemplate", in("ec2", "launch-template/lt-1"), nil, ours},
		{"ec2:DetachNetworkInterface", in("ec2", "instance/i-1"), nil, nil},
		{"ec2:AssociateAddress", in("ec2", "network-interface/eni-1"), nil, ours},
		// rules, which Terraform tags when it makes them
		{"ec2:AuthorizeSecurityGroupIngress", in("ec2", "security-group/sg-1"), nil, ours},
		{"ec2:AuthorizeSecurityGroupIngress", in("ec2", "security-group-rule/*"), nil, nil},
		{"ec2:AuthorizeSecurityGroupEgress", in("ec2", "security-group-rule/*"), nil, nil},
		{"ec2:ModifySecurityGroupRules", in("ec2", "security-group-rule/sgr-1"), nil, nil},
		{"ec2:CreateTags", in("ec2", "security-group-rule/*"), facts{"ec2:createaction": {"AuthorizeSecurityGroupIngress"}}, nil},
		// a balancer and the scaling of what is behind it
		{"ec2:GetSecurityGroupsForVpc", in("ec2", "vpc/vpc-1"), nil, nil},
		{"elasticloadbalancing:AddTags", in("elasticloadbalancing", "listener/app/chaotic-r7-shop/1/2"), nil, nil},
		{"iam:CreateServiceLinkedRole", linked + "elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing", service("elasticloadbalancing.amazonaws.com"), nil},
		{"application-autoscaling:TagResource", in("application-autoscaling", "scalable-target/1"), nil, nil},
		{"application-autoscaling:ListTagsForResource", in("application-autoscaling", "scalable-target/1"), nil, nil},
		// a round's later end, on what only Terraform makes
		{"iam:TagInstanceProfile", "arn:aws:iam::" + account + ":instance-profile/chaotic-good/R7/chaotic-r7-box", nil, nil},
		{"ssm:AddTagsToResource", in("ssm", "parameter/chaotic-good/R7/shop"), nil, nil},
		{"logs:TagResource", in("logs", "log-group:/chaotic-good/R7/flow"), nil, nil},
		{"logs:TagResource", in("logs", "log-group:/aws/rds/instance/chaotic-r7-database/postgresql"), nil, nil},
		{"ecr:TagResource", in("ecr", "repository/chaotic-r7-shop"), nil, nil},
		{"s3:GetBucketTagging", "arn:aws:s3:::chaotic-r7-site-" + account, nil, nil},
		{"s3:PutBucketTagging", "arn:aws:s3:::chaotic-r7-site-" + account, nil, nil},
		{"cloudfront:TagResource", "arn:aws:cloudfront::" + account + ":distribution/E1", nil, ours},
		{"wafv2:TagResource", "arn:aws:wafv2:us-east-1:" + account + ":global/webacl/chaotic-r7/1", nil, nil},
		{"route53:ChangeTagsForResource", "arn:aws:route53:::hostedzone/Z1", nil, nil},
		{"cognito-idp:TagResource", in("cognito-idp", "userpool/1"), nil, ours},
		{"events:TagResource", in("events", "rule/chaotic-r7-audit"), nil, nil},
		{"cloudtrail:AddTags", in("cloudtrail", "trail/chaotic-r7-trail"), nil, nil},
		{"sns:TagResource", "arn:aws:sns:us-east-1:" + account + ":chaotic-r7-money", nil, nil},
		{"cloudwatch:TagResource", "arn:aws:cloudwatch:us-east-1:" + account + ":alarm:chaotic-r7-billing", nil, nil},
		{"budgets:TagResource", "arn:aws:budgets::" + account + ":budget/chaotic-r7", nil, nil},
		{"iam:CreateServiceLinkedRole", linked + "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService", service("ecs.application-autoscaling.amazonaws.com"), nil},
		{"iam:CreateServiceLinkedRole", linked + "ecs.amazonaws.com/AWSServiceRoleForECS", service("ecs.amazonaws.com"), nil},
		{"iam:PassRole", role + "tasks", facts{"iam:passedtoservice": {"ecs-tasks.amazonaws.com"}}, nil},
		// flow logs
		{"iam:PassRole", role + "flow", facts{"iam:passedtoservice": {"vpc-flow-logs.amazonaws.com"}}, nil},
		{"logs:CreateLogDelivery", "*", nil, nil},
		{"logs:DeleteLogDelivery", "*", nil, nil},
		// Kubernetes
		{"eks:CreateCluster", "*", asked, nil},
		{"iam:GetRole", role + "nodes", nil, nil},
		{"iam:ListAttachedRolePolicies", role + "nodes", nil, nil},
		{"iam:CreateServiceLinkedRole", linked + "eks-nodegroup.amazonaws.com/AWSServiceRoleForAmazonEKSNodegroup", service("eks-nodegroup.amazonaws.com"), nil},
		// a firewall, and zones
		{"wafv2:CreateWebACL", "arn:aws:wafv2:us-east-1:" + account + ":global/managedruleset/AWSManagedRulesCommonRuleSet", nil, nil},
		{"route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/Z1", nil, nil},
	} {
		f := facts{"aws:requestedregion": {region}}.withTags(c.tags)
		for k, v := range c.facts {
			f[k] = v
		}
		if v, _, doubts := botRights(t).judge(question{action: c.action, resource: c.resource, facts: f}); v != allowed || len(doubts) > 0 {
			t.Errorf("%s on %s is %v, in doubt %q", c.action, c.resource, v, doubts)
		}
	}
	for _, c := range []struct {
		action, resource string
		facts            facts
	}{
		{"kms:Decrypt", in("kms", "key/1"), nil}, // by itself, with no service between
		{"kms:CreateGrant", in("kms", "key/1"), facts{"kms:viaservice": {"rds." + region + ".amazonaws.com"}}},
		{"kms:ScheduleKeyDeletion", in("kms", "key/1"), via("rds")},
		{"eks:CreateCluster", "*", nil},
		{"rds:CreateDBInstance", in("rds", "db:chaotic-r7-database"), facts{"rds:databaseclass": {"db.m5.24xlarge"}}},
		{"rds:DeleteOptionGroup", in("rds", "og:default:postgres-16"), nil},
		{"iam:CreateServiceLinkedRole", linked + "lambda.amazonaws.com/x", service("lambda.amazonaws.com")},
	} {
		f := facts{"aws:requestedregion": {region}}
		for k, v := range c.facts {
			f[k] = v
		}
		if v, _, _ := botRights(t).judge(question{action: c.action, resource: c.resource, facts: f}); v == allowed {
			t.Errorf("%s on %s with %v is allowed", c.action, c.resource, c.facts)
		}
	}
}
