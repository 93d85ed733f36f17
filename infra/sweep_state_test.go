package infra

import (
	"slices"
	"strings"
	"testing"
)

// foundBy says, for every type that a destroy removes by itself, by what of it:
// as its finder asks AWS, so this asks the state.
func foundBy(n Names) map[string]func(value) bool {
	owned := func(attribute string) func(value) bool {
		return func(r value) bool { return n.Owns(r.at(attribute).String()) }
	}
	begins := func(attribute, prefix string) func(value) bool {
		return func(r value) bool { return strings.HasPrefix(r.at(attribute).String(), prefix) }
	}
	is := func(attribute, want string) func(value) bool {
		return func(r value) bool { return r.at(attribute).String() == want }
	}
	tagged := func(r value) bool {
		tags := r.at("tags_all").tags()
		return tags[TagProject] == Project && tags[TagRound] == string(n.Round)
	}
	return map[string]func(value) bool{
		"aws_appautoscaling_policy":            is("resource_id", n.scaled()),
		"aws_appautoscaling_target":            is("resource_id", n.scaled()),
		"aws_budgets_budget":                   is("name", n.Prefix),
		"aws_cloudfront_distribution":          tagged,
		"aws_cloudfront_origin_access_control": is("name", n.accessControl()),
		"aws_cloudtrail":                       is("name", n.Trail),
		"aws_cloudwatch_event_rule":            is("name", n.Queue),
		"aws_cloudwatch_log_group": func(r value) bool {
			name := r.at("name").String()
			return strings.HasPrefix(name, n.Path) || n.servedLogs(name)
		},
		"aws_cloudwatch_metric_alarm": is("alarm_name", n.billingAlarm()),
		"aws_cognito_user_pool":       is("name", n.Prefix),
		"aws_db_instance":             owned("identifier"),
		"aws_db_parameter_group":      owned("name"),
		"aws_db_subnet_group":         owned("name"),
		"aws_ecr_repository":          is("name", n.Repository),
		"aws_ecs_cluster":             is("name", n.Cluster),
		"aws_ecs_service":             func(r value) bool { return strings.HasSuffix(r.at("cluster").String(), n.Cluster) },
		"aws_ecs_task_definition":     begins("family", n.Prefix+"-"),
		"aws_eip":                     tagged,
		"aws_flow_log":                tagged,
		"aws_iam_instance_profile":    is("path", n.Path),
		"aws_iam_role":                is("path", n.Path),
		"aws_instance":                tagged,
		"aws_internet_gateway":        tagged,
		"aws_key_pair":                tagged,
		"aws_launch_template":         begins("name", n.Prefix+"-"),
		"aws_lb":                      owned("name"),
		"aws_lb_target_group":         owned("name"),
		"aws_network_interface":       tagged,
		"aws_route53_zone":            func(r value) bool { return r.at("name").String()+"." == n.zone() },
		"aws_route_table":             tagged,
		"aws_s3_bucket":               func(r value) bool { return slices.Contains(n.buckets("123456789012"), r.at("bucket").String()) },
		"aws_secretsmanager_secret":   owned("name"),
		"aws_security_group":          tagged,
		"aws_sns_topic":               is("name", n.moneyTopic()),
		"aws_sqs_queue":               begins("name", n.Prefix+"-"),
		"aws_ssm_parameter":           begins("name", n.Parameters),
		"aws_subnet":                  tagged,
		"aws_vpc":                     tagged,
		"aws_vpc_endpoint":            tagged,
		"aws_wafv2_web_acl":           is("name", n.Prefix),
	}
}

// mustBeSwept: what Terraform made bears what its finder goes by.
func mustBeSwept(t *testing.T, all state, n Names) {
	t.Helper()
	found := foundBy(n)
	things := 0
	for kind := range removedAs() {
		ours := found[kind]
		if ours == nil {
			t.Errorf("%s: nothing is said about how it is found", kind)
			continue
		}
		if len(all[kind]) == 0 {
			t.Errorf("the stack has no %s", kind)
		}
		for _, r := range all[kind] {
			if things++; !ours(r) {
				t.Errorf("a destroy would not find the %s %s", kind, r.at("id"))
			}
		}
	}
	t.Logf("%d things of %d types would be found", things, len(found))
}
