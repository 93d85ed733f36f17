package gateway

import (
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// ceiling is the boundary's own document.
func ceiling(t *testing.T) rights {
	t.Helper()
	d, err := parsePolicy([]byte(policies(t, "R7", []string{infra.BoundaryPolicy})[0]))
	must(t, err)
	all, err := parsePolicy([]byte(everything))
	must(t, err)
	return rights{policies: []document{all}, boundary: &d}
}

// TestTheBoundaryHoldsAllThatPlayersGet: each right that a player's policies give
// is within the boundary, in a call of which just that is true what the right asks
// for. A right that is given to players and not written there would be nothing.
func TestTheBoundaryHoldsAllThatPlayersGet(t *testing.T) {
	n, within := 0, ceiling(t)
	for _, text := range policies(t, "R7", infra.PlayerPolicies()) {
		d, err := parsePolicy([]byte(text))
		must(t, err)
		for _, s := range d.Statement {
			if s.Effect != "Allow" {
				continue
			}
			f := facts{"aws:requestedregion": {region}}
			tags := map[string]string{}
			for _, keys := range s.Condition {
				for key, values := range keys {
					if tag, ok := strings.CutPrefix(key, "aws:ResourceTag/"); ok {
						tags[tag] = values[0]
						continue
					}
					f.set(key, values[0])
				}
			}
			for _, action := range s.Action {
				for _, resource := range s.Resource {
					n++
					v, by, doubts := within.judge(question{action: action, resource: resource, facts: f.withTags(tags)})
					if v != allowed || len(doubts) > 0 {
						t.Errorf("%s: %s on %s is %v by the %s, in doubt %q", s.Sid, action, resource, v, by, doubts)
					}
				}
			}
		}
	}
	t.Logf("%d rights", n)
}

// TestTheBoundaryKeepsPlayersFromTheRest, even those whose policies give all.
func TestTheBoundaryKeepsPlayersFromTheRest(t *testing.T) {
	const ec2ARN = "arn:aws:ec2:" + region + ":" + account + ":"
	here := facts{"aws:requestedregion": {region}}
	round := func(more string) facts { return here.withTags(map[string]string{"round": "R7", "role": more}) }
	starting := func(kind string) facts {
		return facts{"aws:requestedregion": {region}, "aws:requesttag/round": {"R7"}, "ec2:instancetype": {kind}}
	}
	tagging := func(action string) facts {
		return facts{"aws:requestedregion": {region}, "aws:requesttag/round": {"R7"}, "ec2:createaction": {action}}
	}
	for name, c := range map[string]struct {
		action, resource string
		facts            facts
		want             verdict
	}{
		"an own box":                     {"ec2:StopInstances", ec2ARN + "instance/i-1", round("box"), allowed},
		"somebody else's box":            {"ec2:StopInstances", ec2ARN + "instance/i-1", here, unmentioned},
		"the monitoring host":            {"ec2:StopInstances", ec2ARN + "instance/i-1", round("monitoring"), denied},
		"a shell on the monitoring host": {"ssm:StartSession", ec2ARN + "instance/i-1", round("monitoring"), denied},
		"the visitors' task":             {"ecs:StopTask", "arn:aws:ecs:" + region + ":" + account + ":task/chaotic-r7/1", round("visitors"), denied},
		"a small box":                    {"ec2:RunInstances", ec2ARN + "instance/*", starting("t3.micro"), allowed},
		"a large one":                    {"ec2:RunInstances", ec2ARN + "instance/*", starting("m5.24xlarge"), unmentioned},
		"a tag on what is being made":    {"ec2:CreateTags", ec2ARN + "subnet/*", tagging("CreateSubnet"), allowed},
		"a tag on what is there":         {"ec2:CreateTags", ec2ARN + "subnet/subnet-1", tagging(""), unmentioned},
		"a user":                         {"iam:CreateUser", "arn:aws:iam::" + account + ":user/chaotic-good/R7/x", here, unmentioned},
		"its own boundary":               {"iam:DeleteUserPermissionsBoundary", "arn:aws:iam::" + account + ":user/chaotic-good/R7/x", here, unmentioned},
		"the bot's role":                 {"iam:PassRole", "arn:aws:iam::" + account + ":role/chaotic-good-bot", here, unmentioned},
		"another role's rights":          {"sts:AssumeRole", "arn:aws:iam::" + account + ":role/chaotic-good/R7/x", here, unmentioned},
		"the webhook's secret":           {"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:" + region + ":" + account + ":secret:chaotic-r7/webhook-abcdef", here, unmentioned},
		"a bucket":                       {"s3:GetObject", "arn:aws:s3:::chaotic-r7-site/x", here, unmentioned},
		"the organisation":               {"organizations:LeaveOrganization", "*", here, unmentioned},
		"a look elsewhere":               {"ec2:DescribeVpcs", "*", facts{"aws:requestedregion": {"eu-west-1"}}, denied},
	} {
		t.Run(name, func(t *testing.T) {
			v, by, doubts := ceiling(t).judge(question{action: c.action, resource: c.resource, facts: c.facts})
			if v != c.want || by != byBoundary || len(doubts) > 0 {
				t.Errorf("%v by the %s, in doubt %q, want %v", v, by, doubts, c.want)
			}
		})
	}
}
