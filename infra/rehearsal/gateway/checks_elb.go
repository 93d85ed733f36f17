package gateway

import (
	"context"
)

var elbSubjects = map[string]subjects{
	"ModifyTargetGroup":            exactly("TargetGroupArn"),
	"ModifyTargetGroupAttributes":  exactly("TargetGroupArn"),
	"DeleteTargetGroup":            exactly("TargetGroupArn"),
	"RegisterTargets":              exactly("TargetGroupArn"),
	"DeregisterTargets":            exactly("TargetGroupArn"),
	"ModifyLoadBalancerAttributes": exactly("LoadBalancerArn"),
	"DeleteLoadBalancer":           exactly("LoadBalancerArn"),
	"SetSecurityGroups":            exactly("LoadBalancerArn"),
	"SetSubnets":                   exactly("LoadBalancerArn"),
	"CreateListener":               exactly("LoadBalancerArn"),
	"ModifyListener":               exactly("ListenerArn"),
	"DeleteListener":               exactly("ListenerArn"),
	"CreateRule":                   exactly("ListenerArn"),
	"ModifyRule":                   exactly("RuleArn"),
	"DeleteRule":                   exactly("RuleArn"),
	"AddTags":                      exactly("ResourceArns"),
	"RemoveTags":                   exactly("ResourceArns"),
	"CreateTargetGroup": func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return []string{r.arn("elasticloadbalancing", "targetgroup/"+r.str("Name")+"/*")}, nil
	},
	"CreateLoadBalancer": func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return []string{r.arn("elasticloadbalancing", "loadbalancer/app/"+r.str("Name")+"/*")}, nil
	},
}
