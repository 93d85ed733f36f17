package gateway

import (
	"encoding/json"
	"strconv"
	"strings"
)

// hidden is CloudTrail's word for what it does not show.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// recorded is the request's parameters as they may be shown: in CloudTrail's
// shape where the timeline reads it, and without anything secret.
func recorded(r *request) map[string]any {
	out, _ := redact(r.params).(map[string]any)
	if out == nil {
		return nil
	}
	switch r.service {
	case "ec2":
		return ec2Shape(out)
	case "ssm":
		if _, ok := out["Parameters"]; ok {
			out["Parameters"] = hidden // a command's text may hold anything
		}
		if r.action == "PutParameter" {
			out["Value"] = hidden
		}
	case "sqs":
		delete(out, "MessageBody")
		delete(out, "Entries")
	}
	return lower(out)
}

// answered is what AWS answered to a call that changed something, without what
// is secret; nil where it did not answer in JSON, as EC2 and IAM do not.
func answered(r *request, resp *response) map[string]any {
	if r.readOnly() {
		return nil
	}
	var out map[string]any
	if json.Unmarshal(resp.body, &out) != nil {
		return nil
	}
	out, _ = redact(out).(map[string]any)
	return lower(out)
}

// secretWords are parts of the names of parameters whose values are dropped.
var secretWords = []string{
	"password", "secretstring", "secretbinary", "secretaccesskey", "privatekey", "sessiontoken", "authtoken",
	"tokencode", "authenticationcode", "userdata", "authparameters", "plaintext",
}

// redact copies a tree without what is secret. An ECS container's environment
// is hidden whole, as CloudTrail does.
func redact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			switch name := strings.ToLower(k); {
			case secretName(name):
			case name == "environment":
				out[k] = hidden
			default:
				out[k] = redact(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = redact(e)
		}
		return out
	}
	return v
}

func secretName(name string) bool {
	for _, w := range secretWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// ec2Names are EC2's names in CloudTrail that differ from those on the wire in
// more than the first letter.
var ec2Names = map[string]string{
	"InstanceId": "instancesSet", "IpPermissions": "ipPermissions", "Groups": "groups", "IpRanges": "ipRanges",
	"Ipv6Ranges": "ipv6Ranges", "PrefixListIds": "prefixListIds", "UserIdGroupPairs": "groups",
	"Filter": "filterSet", "SecurityGroupRuleId": "securityGroupRuleIds", "ResourceId": "resourcesSet", "Tag": "tagSet",
	"SecurityGroupId": "groupSet",
}

// ec2Shape writes lists as {"items": [...]}, as CloudTrail does for EC2, and a
// list of ids as a list of things with an id.
func ec2Shape(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		list, isList := v.([]any)
		name := small(k)
		if other, ok := ec2Names[k]; ok && isList {
			name = other
		}
		switch {
		case isList:
			set := make([]any, len(list))
			for i, e := range list {
				if m, ok := e.(map[string]any); ok {
					set[i] = ec2Shape(m)
				} else {
					set[i] = map[string]any{small(k): e}
				}
			}
			v = map[string]any{"items": set}
		case name == "fromPort" || name == "toPort":
			if n, err := strconv.Atoi(text(v)); err == nil {
				v = n // a form knows texts only
			}
		default:
			if m, ok := v.(map[string]any); ok {
				v = ec2Shape(m)
			}
		}
		out[name] = v
	}
	return out
}

// lower makes the first letter of each name small, as CloudTrail does.
func lower(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for k, v := range in {
		out[small(k)] = lowerValue(v)
	}
	return out
}

func lowerValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return lower(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = lowerValue(e)
		}
		return out
	}
	return v
}

func small(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
