package gateway

import (
	"context"
	"strings"
)

// subjects names what a call is about, as ARNs. It may ask moto where the
// request gives only a name or a filter.
type subjects func(ctx context.Context, u *upstream, r *request) ([]string, error)

// tables lists, per service, the calls whose resources are known. A call that
// is in none of them is judged on "*" without tags.
var tables = map[string]map[string]subjects{
	"ec2":                  ec2Subjects,
	"ecs":                  ecsSubjects,
	"rds":                  rdsSubjects,
	"ssm":                  ssmSubjects,
	"iam":                  iamSubjects,
	"elasticloadbalancing": elbSubjects,
	"secretsmanager":       secretSubjects,
	"sqs":                  sqsSubjects,
	"eks":                  eksSubjects,

	"application-autoscaling": scalingSubjects,
	"budgets":                 budgetSubjects,
	"cloudfront":              cloudfrontSubjects,
	"cloudtrail":              cloudtrailSubjects,
	"cloudwatch":              alarmSubjects,
	"cognito-idp":             cognitoSubjects,
	"ecr":                     ecrSubjects,
	"events":                  eventsSubjects,
	"route53":                 route53Subjects,
	"sns":                     snsSubjects,
	"wafv2":                   wafSubjects,
	"s3":                      s3Subjects,
	"logs":                    logsSubjects,
	"sts":                     {"AssumeRole": exactly("RoleArn")},
}

// checks is everything that the call needs permission for.
func (g *Gateway) checks(ctx context.Context, r *request) ([]check, error) {
	var out []check
	if find := tables[r.service][r.action]; find != nil {
		arns, err := find(ctx, g.moto, r)
		if err != nil {
			return nil, err
		}
		for _, arn := range arns {
			out = append(out, check{action: r.right(), resource: arn, fresh: strings.HasSuffix(arn, "/*")})
		}
	}
	if len(out) == 0 {
		out = []check{{action: r.right(), resource: "*"}}
	}
	more, err := g.besides(ctx, r, out)
	if err != nil {
		return nil, err
	}
	return append(append(out, r.sideChecks()...), more...), nil
}

// sideChecks are the permissions that a call needs beside its own: to tag
// what it makes, and to hand a role to a service.
func (r *request) sideChecks() []check {
	var out []check
	switch r.service {
	case "ec2":
		for _, spec := range items(r.params["TagSpecification"]) {
			kind := text(dig(spec, "ResourceType"))
			out = append(out, check{
				action: "ec2:CreateTags", resource: r.arn("ec2", kind+"/*"), fresh: true,
				extra: map[string]string{"ec2:CreateAction": r.action},
			})
		}
	case "ecs":
		for _, c := range items(r.params["containerDefinitions"]) {
			for _, s := range items(dig(c, "secrets")) {
				out = append(out, check{action: "secretsmanager:GetSecretValue", resource: secretARN(text(dig(s, "valueFrom")))})
			}
		}
		for _, role := range []string{
			r.str("taskRoleArn"), r.str("executionRoleArn"),
			r.str("overrides", "taskRoleArn"), r.str("overrides", "executionRoleArn"),
		} {
			if role != "" {
				out = append(out, check{
					action: "iam:PassRole", resource: role, fresh: true,
					extra: map[string]string{"iam:PassedToService": "ecs-tasks.amazonaws.com"},
				})
			}
		}
	case "eks":
		for _, role := range []string{r.str("nodeRole"), r.str("roleArn")} {
			if role != "" {
				out = append(out, check{
					action: "iam:PassRole", resource: role, fresh: true,
					extra: map[string]string{"iam:PassedToService": "eks.amazonaws.com"},
				})
			}
		}
	}
	return out
}

// secretARN is the secret of a container's arn:...:secret:NAME-xxxxxx:key:stage:version.
// On AWS the task's role must be allowed to read it when the task starts; here
// the processes read with rights of their own, so whoever writes the definition
// must be allowed to.
func secretARN(from string) string {
	parts := strings.SplitN(from, ":", 8)
	return strings.Join(parts[:min(len(parts), 7)], ":")
}

// named is one resource per value of a parameter, below a fixed kind:
// instance/i-1.
func named(kind string, path ...string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		var out []string
		for _, id := range r.list(path...) {
			out = append(out, r.arn(r.service, kind+id))
		}
		return out, nil
	}
}

// exactly takes ARNs as the caller gives them.
func exactly(path ...string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) { return r.list(path...), nil }
}

// all is what several of them name together.
func all(parts ...subjects) subjects {
	return func(ctx context.Context, u *upstream, r *request) ([]string, error) {
		var out []string
		for _, p := range parts {
			more, err := p(ctx, u, r)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		return out, nil
	}
}

// fixed is a resource that every such call is about: what it makes.
func fixed(kinds ...string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		var out []string
		for _, kind := range kinds {
			out = append(out, r.arn(r.service, kind))
		}
		return out, nil
	}
}
