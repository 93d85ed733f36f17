package gateway

import (
	"context"
	"net/url"
	"strings"
)

// tagging is what a call needs beside its own right when it tags what it makes.
// EC2 has a way of its own, ec2:CreateAction.
var tagging = map[string]string{
	"ecs:CreateCluster":                              "ecs:TagResource",
	"ecs:CreateService":                              "ecs:TagResource",
	"ecs:RegisterTaskDefinition":                     "ecs:TagResource",
	"eks:CreateNodegroup":                            "eks:TagResource",
	"rds:CreateDBInstance":                           "rds:AddTagsToResource",
	"rds:CreateDBParameterGroup":                     "rds:AddTagsToResource",
	"rds:CreateDBSubnetGroup":                        "rds:AddTagsToResource",
	"elasticloadbalancing:CreateLoadBalancer":        "elasticloadbalancing:AddTags",
	"elasticloadbalancing:CreateListener":            "elasticloadbalancing:AddTags",
	"elasticloadbalancing:CreateTargetGroup":         "elasticloadbalancing:AddTags",
	"secretsmanager:CreateSecret":                    "secretsmanager:TagResource",
	"sqs:CreateQueue":                                "sqs:TagQueue",
	"ssm:PutParameter":                               "ssm:AddTagsToResource",
	"logs:CreateLogGroup":                            "logs:TagResource",
	"iam:CreateUser":                                 "iam:TagUser",
	"iam:CreateRole":                                 "iam:TagRole",
	"iam:CreatePolicy":                               "iam:TagPolicy",
	"iam:CreateInstanceProfile":                      "iam:TagInstanceProfile",
	"application-autoscaling:RegisterScalableTarget": "application-autoscaling:TagResource",
}

// besides are the permissions that a call needs beside those that its own words
// name: for what AWS fills in, and for what a service does in the caller's name.
func (g *Gateway) besides(ctx context.Context, r *request, own []check) ([]check, error) {
	var out []check
	if action := tagging[r.name()]; action != "" {
		if _, keys := r.requestTags(); len(keys) > 0 {
			for _, c := range own {
				if c.resource != r.arn("rds", defaultOptions) { // which is there already
					out = append(out, check{action: action, resource: c.resource, fresh: true})
				}
			}
		}
	}
	switch r.name() {
	case "ec2:RunInstances", "ec2:AssociateIamInstanceProfile":
		roles, err := g.profileRoles(ctx, r)
		if err != nil {
			return nil, err
		}
		for _, role := range roles {
			out = append(out, passing(role, "ec2.amazonaws.com"))
		}
		encrypted := r.encrypted
		for _, b := range items(r.params["BlockDeviceMapping"]) {
			encrypted = encrypted || text(dig(b, "Ebs", "Encrypted")) == "true"
		}
		if encrypted {
			out = append(out, r.keys("ec2", "kms:CreateGrant")...)
		}
	case "ec2:CreateFlowLogs":
		if role := r.str("DeliverLogsPermissionArn"); role != "" {
			out = append(out, passing(role, "vpc-flow-logs.amazonaws.com"))
		}
	case "ecs:RunTask", "ecs:CreateService", "ecs:UpdateService":
		if name := r.str("taskDefinition"); name != "" {
			d, err := g.moto.taskDefinition(ctx, name)
			if err != nil {
				return out, nil // there is none, which the call itself will say
			}
			for _, role := range []string{d.Role, d.Execution} {
				if role != "" {
					out = append(out, passing(role, "ecs-tasks.amazonaws.com"))
				}
			}
		}
	case "eks:CreateNodegroup":
		if role := r.str("nodeRole"); role != "" {
			out = append(out, check{action: "iam:GetRole", resource: role}, check{action: "iam:ListAttachedRolePolicies", resource: role})
		}
	case "elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:SetSecurityGroups":
		out = append(out, check{action: "ec2:GetSecurityGroupsForVpc", resource: r.arn("ec2", "vpc/vpc-of-the-balancer"), fresh: true})
	case "rds:CreateDBInstance":
		if r.str("StorageEncrypted") == "true" {
			out = append(out, r.keys("rds", "kms:DescribeKey", "kms:CreateGrant")...)
		}
		if r.str("ManageMasterUserPassword") == "true" {
			secret := r.arn("secretsmanager", "secret:rds!db-00000000-0000-0000-0000-000000000000-??????")
			out = append(out, check{action: "secretsmanager:CreateSecret", resource: secret, fresh: true},
				check{action: "secretsmanager:TagResource", resource: secret, fresh: true})
			out = append(out, r.keys("secretsmanager", "kms:DescribeKey")...)
		}
	}
	return out, nil
}

// passing is the permission to hand a role to a service.
func passing(role, service string) check {
	return check{action: "iam:PassRole", resource: role, fresh: true, extra: map[string]string{"iam:PassedToService": service}}
}

// keys are the permissions to use a key by way of a service. Which key it is,
// AWS's own or the account's default, no policy can know.
func (r *request) keys(service string, actions ...string) (out []check) {
	for _, action := range actions {
		extra := map[string]string{"kms:ViaService": service + "." + r.region + ".amazonaws.com"}
		if action == "kms:CreateGrant" {
			extra["kms:GrantIsForAWSResource"] = "true"
		}
		out = append(out, check{action: action, resource: r.arn("kms", "key/00000000-0000-0000-0000-000000000000"), fresh: true, extra: extra})
	}
	return out
}

// defaultOptions are those of a database for which nobody names an option group,
// of the version that our stacks have.
const defaultOptions = "og:default:postgres-16"

// options is the option group of a database that is made or changed: AWS asks
// for it also where the call does not name one.
func options(_ context.Context, _ *upstream, r *request) ([]string, error) {
	if name := r.str("OptionGroupName"); name != "" {
		return []string{r.arn("rds", "og:"+name)}, nil
	}
	return []string{r.arn("rds", defaultOptions)}, nil
}

// profileRoles are the roles of the instance profile that a call names.
func (g *Gateway) profileRoles(ctx context.Context, r *request) (roles []string, err error) {
	name := r.str("IamInstanceProfile", "Name")
	if name == "" {
		name = last(r.str("IamInstanceProfile", "Arn"), "/")
	}
	if name == "" {
		return nil, nil
	}
	var got struct {
		Roles []string `xml:"GetInstanceProfileResult>InstanceProfile>Roles>member>Arn"`
	}
	if err := g.moto.query(ctx, "iam", "GetInstanceProfile", url.Values{"InstanceProfileName": {name}}, &got); err != nil {
		return nil, badRequest("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
	}
	return got.Roles, nil
}

// newRules are the rules that a call makes: their own right is asked for where
// they are tagged.
func newRules(_ context.Context, _ *upstream, r *request) ([]string, error) {
	for _, spec := range items(r.params["TagSpecification"]) {
		if text(dig(spec, "ResourceType")) == "security-group-rule" {
			return []string{r.arn("ec2", "security-group-rule/*")}, nil
		}
	}
	return nil, nil
}

// changedRules are the rules that a call names.
func changedRules(_ context.Context, _ *upstream, r *request) ([]string, error) {
	var out []string
	for _, rule := range items(r.params["SecurityGroupRule"]) {
		if id := text(dig(rule, "SecurityGroupRuleId")); strings.HasPrefix(id, "sgr-") {
			out = append(out, r.arn("ec2", "security-group-rule/"+id))
		}
	}
	return out, nil
}
