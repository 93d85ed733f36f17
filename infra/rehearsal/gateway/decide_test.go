package gateway

import (
	"fmt"
	"testing"
)

// TestDecide walks through what AWS's own documentation says of evaluation.
func TestDecide(t *testing.T) {
	const (
		instance = "arn:aws:ec2:us-east-1:123456789012:instance/i-1"
		user     = "arn:aws:iam::123456789012:user/chaotic-good/R7/ana"
	)
	base := facts{"aws:requestedregion": {"us-east-1"}, "aws:principalarn": {user}, "aws:username": {"ana"}, "aws:securetransport": {"true"}}
	tagged := base.withTags(map[string]string{"round": "R7"})
	allow := func(rest string) string { return `{"Statement":{"Effect":"Allow",` + rest + `}}` }
	deny := func(rest string) string { return `{"Statement":{"Effect":"Deny",` + rest + `}}` }
	allowAll := allow(`"Action":"*","Resource":"*"`)
	on := func(condition string) string { return `"Action":"*","Resource":"*","Condition":{` + condition + `}` }

	for _, tt := range []struct {
		name     string
		policies []string
		action   string
		resource string
		facts    facts
		want     verdict
		doubt    bool
	}{
		{name: "nothing is allowed by nobody", want: unmentioned},
		{name: "allow", policies: []string{allowAll}, want: allowed},
		{name: "a deny wins over an allow before it", policies: []string{allowAll, deny(`"Action":"ec2:*","Resource":"*"`)}, want: denied},
		{name: "a deny wins over an allow after it", policies: []string{deny(`"Action":"ec2:*","Resource":"*"`), allowAll}, want: denied},
		{name: "actions are matched without regard to case", policies: []string{allow(`"Action":"EC2:stopinstances","Resource":"*"`)}, want: allowed},
		{name: "a question mark is one character", policies: []string{allow(`"Action":"ec2:?topInstances","Resource":"*"`)}, want: allowed},
		{name: "a prefix alone is not enough", policies: []string{allow(`"Action":"ec2:Stop","Resource":"*"`)}, want: unmentioned},
		{name: "one of several actions", policies: []string{allow(`"Action":["s3:*","ec2:Stop*"],"Resource":"*"`)}, want: allowed},
		{name: "all but iam", policies: []string{allow(`"NotAction":"iam:*","Resource":"*"`)}, want: allowed},
		{name: "all but ec2", policies: []string{allow(`"NotAction":["ec2:*"],"Resource":"*"`)}, want: unmentioned},
		{name: "the very resource", policies: []string{allow(`"Action":"ec2:*","Resource":"` + instance + `"`)}, want: allowed},
		{name: "another resource", policies: []string{allow(`"Action":"ec2:*","Resource":"arn:aws:ec2:us-east-1:123456789012:instance/i-2"`)}, want: unmentioned},
		{name: "resources have case", policies: []string{allow(`"Action":"ec2:*","Resource":"arn:aws:ec2:us-east-1:123456789012:Instance/*"`)}, want: unmentioned},
		{name: "a pattern of resources", policies: []string{allow(`"Action":"ec2:*","Resource":"arn:aws:ec2:*:*:instance/*"`)}, want: allowed},
		{name: "all resources but this", policies: []string{allow(`"Action":"ec2:*","NotResource":"` + instance + `"`)}, want: unmentioned},
		{name: "a deny of another resource does not apply", policies: []string{allowAll, deny(`"Action":"*","Resource":"arn:aws:ec2:*:*:instance/i-2"`)}, want: allowed},
		{name: "an action without a resource needs the star", policies: []string{allow(`"Action":"*","Resource":"arn:aws:ec2:*:*:*"`)}, resource: "*", want: unmentioned},
		{name: "a variable", policies: []string{allow(`"Action":"*","Resource":"arn:aws:iam::123456789012:user/chaotic-good/*/${aws:username}"`)}, resource: user, want: allowed},
		{name: "a variable without a value matches nothing", policies: []string{allow(`"Action":"*","Resource":"*${aws:PrincipalTag/team}"`)}, want: unmentioned},

		{name: "the tag fits", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":"R7"}`))}, facts: tagged, want: allowed},
		{name: "the tag in EC2's spelling", policies: []string{allow(on(`"StringEquals":{"ec2:ResourceTag/Round":"R7"}`))}, facts: tagged, want: allowed},
		{name: "the tag differs", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":"R8"}`))}, facts: tagged, want: unmentioned},
		{name: "no tag at all", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":"R7"}`))}, want: unmentioned},
		{name: "a deny unless the tag fits, without a tag", policies: []string{allowAll, deny(on(`"StringNotEquals":{"aws:ResourceTag/round":"R7"}`))}, want: denied},
		{name: "a deny unless the tag fits, and it fits", policies: []string{allowAll, deny(on(`"StringNotEquals":{"aws:ResourceTag/round":"R7"}`))}, facts: tagged, want: allowed},
		{name: "if there is a tag it must fit, and there is none", policies: []string{allow(on(`"StringEqualsIfExists":{"aws:ResourceTag/round":"R7"}`))}, want: allowed},
		{name: "if there is a tag it must fit, and it does not", policies: []string{allow(on(`"StringEqualsIfExists":{"aws:ResourceTag/round":"R8"}`))}, facts: tagged, want: unmentioned},
		{name: "one of several values", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":["R8","R7"]}`))}, facts: tagged, want: allowed},
		{name: "none of several values", policies: []string{allow(on(`"StringNotEquals":{"aws:ResourceTag/round":["R8","R7"]}`))}, facts: tagged, want: unmentioned},
		{name: "like", policies: []string{allow(on(`"StringLike":{"aws:ResourceTag/round":"R*"}`))}, facts: tagged, want: allowed},
		{name: "equals knows no wildcard", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":"R*"}`))}, facts: tagged, want: unmentioned},
		{name: "both keys must fit", policies: []string{allow(on(`"StringEquals":{"aws:ResourceTag/round":"R7","aws:RequestedRegion":"eu-west-1"}`))}, facts: tagged, want: unmentioned},
		{name: "another region is denied", policies: []string{allowAll, deny(on(`"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}`))}, want: denied},
		{name: "the caller's ARN", policies: []string{allow(on(`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/chaotic-good/R7/*"}`))}, want: allowed},
		{name: "a wildcard does not reach over a colon of an ARN", policies: []string{allow(on(`"ArnLike":{"aws:PrincipalArn":"arn:*:user/chaotic-good/R7/ana"}`))}, want: unmentioned},
		{name: "not that ARN", policies: []string{allow(on(`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/chaotic-good/*"}`))}, want: unmentioned},
		{name: "a long-lived key has no MFA", policies: []string{allow(on(`"Bool":{"aws:MultiFactorAuthPresent":"true"}`))}, want: unmentioned},
		{name: "denied without MFA, if the key says so", policies: []string{allowAll, deny(on(`"BoolIfExists":{"aws:MultiFactorAuthPresent":false}`))}, want: denied},
		{name: "AWS's trap: Bool false does not fit an absent key", policies: []string{allowAll, deny(on(`"Bool":{"aws:MultiFactorAuthPresent":"false"}`))}, want: allowed},
		{name: "null", policies: []string{allow(on(`"Null":{"aws:ResourceTag/round":"true"}`))}, want: allowed},
		{name: "not null", policies: []string{allow(on(`"Null":{"aws:ResourceTag/round":"false"}`))}, want: unmentioned},
		{name: "only these tag keys", policies: []string{allow(on(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`))}, facts: facts{"aws:tagkeys": {"a", "c"}}, want: unmentioned},
		{name: "no tag keys are among any", policies: []string{allow(on(`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`))}, want: allowed},
		{name: "any of these tag keys", policies: []string{deny(on(`"ForAnyValue:StringEquals":{"aws:TagKeys":["round"]}`))}, facts: facts{"aws:tagkeys": {"x", "round"}}, want: denied},
		{name: "before its end", policies: []string{allow(on(`"DateLessThan":{"aws:CurrentTime":"2026-01-02T00:00:00Z"}`))}, facts: facts{"aws:currenttime": {"2026-01-01T23:59:59Z"}}, want: allowed},
		{name: "after its end", policies: []string{allow(on(`"DateLessThan":{"aws:CurrentTime":"2026-01-02T00:00:00Z"}`))}, facts: facts{"aws:currenttime": {"2026-01-02T00:00:00Z"}}, want: unmentioned},
		{name: "from loopback", policies: []string{allow(on(`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.1"]}`))}, facts: facts{"aws:sourceip": {"127.0.0.1"}}, want: allowed},

		{name: "an unknown operator grants nothing", policies: []string{allow(on(`"BinaryEquals":{"aws:username":"x"}`))}, want: unmentioned, doubt: true},
		{name: "an unknown operator denies", policies: []string{allowAll, deny(on(`"BinaryEquals":{"aws:username":"x"}`))}, want: denied, doubt: true},
		{name: "an unknown key grants nothing", policies: []string{allow(on(`"StringNotEquals":{"ec2:Vpc":"x"}`))}, want: unmentioned, doubt: true},
		{name: "an unknown key denies", policies: []string{allowAll, deny(on(`"StringEquals":{"ec2:Vpc":"x"}`))}, want: denied, doubt: true},
		{name: "an unknown key beside a known one that does not fit", policies: []string{allowAll, deny(on(`"StringEquals":{"ec2:Vpc":"x","aws:RequestedRegion":"eu-west-1"}`))}, want: allowed, doubt: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var docs []document
			for _, p := range tt.policies {
				d, err := parsePolicy([]byte(p))
				must(t, err)
				docs = append(docs, d)
			}
			q := question{action: "ec2:StopInstances", resource: instance, facts: base}
			if tt.resource != "" {
				q.resource = tt.resource
			}
			if tt.facts != nil {
				q.facts = tt.facts
			}
			got, doubts := decide(docs, q)
			if got != tt.want || (len(doubts) > 0) != tt.doubt {
				t.Errorf("decide = %v with doubts %q, want %v (doubts: %v)", got, doubts, tt.want, tt.doubt)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"*", "", true}, {"a*", "a", true}, {"a*c", "abbc", true}, {"a*c", "abcb", false},
		{"a?c", "abc", true}, {"a?c", "ac", false}, {"**b*", "xbx", true}, {"*a*b*c", "xaybzc", true},
		{"ab", "abc", false}, {"é?", "éé", true},
	} {
		if got := glob(literal(tt.pattern), tt.text); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.text, got)
		}
	}
	value := func(key string) (string, bool) { return map[string]string{"name": "a*b"}[key], key == "name" }
	for text, want := range map[string]bool{"x/a*b/y": true, "x/aXb/y": false} {
		p, ok := expand("x/${name}/*", value)
		if !ok || glob(p, text) != want {
			t.Errorf("a wildcard in a variable's value must mean itself: %q", text)
		}
	}
}

func (v verdict) String() string {
	return map[verdict]string{unmentioned: "unmentioned", allowed: "allowed", denied: "denied"}[v] + fmt.Sprintf("(%d)", int(v))
}
