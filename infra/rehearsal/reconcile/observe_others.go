package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/infra"
)

func (l look) seeBalancers(ctx context.Context, seen *Seen) (err error) {
	if seen.Balancer, seen.Targets, err = l.balancer(ctx, l.names.Balancer, l.names.TargetGroup); err != nil {
		return err
	}
	seen.BoxBalancer, seen.BoxTargets, err = l.balancer(ctx, l.names.BoxBalancer, l.names.BoxTargetGroup)
	return err
}

// balancer reads one balancer and the targets of its group.
func (l look) balancer(ctx context.Context, name, group string) (*Balancer, []string, error) {
	out, err := l.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{name}})
	if err != nil && !gone(err) {
		return nil, nil, fmt.Errorf("describe the balancer %s: %w", name, err)
	}
	if err != nil || len(out.LoadBalancers) == 0 {
		delete(l.known.groups, group)
		return nil, nil, nil
	}
	lb := out.LoadBalancers[0]
	b := &Balancer{ARN: aws.ToString(lb.LoadBalancerArn), Host: aws.ToString(lb.DNSName), Groups: lb.SecurityGroups}
	if b.TargetGroup, err = l.findTargetGroup(ctx, group); err != nil {
		return nil, nil, err
	}
	var targets []string
	if b.TargetGroup != "" {
		health, err := l.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &b.TargetGroup})
		switch {
		case gone(err):
			b.TargetGroup = ""
			delete(l.known.groups, group)
		case err != nil:
			return nil, nil, fmt.Errorf("describe the targets of %s: %w", group, err)
		default:
			for _, t := range health.TargetHealthDescriptions {
				targets = append(targets, aws.ToString(t.Target.Id))
			}
		}
	}
	return b, targets, nil
}

// findTargetGroup gives the ARN of a target group; empty: there is none.
func (l look) findTargetGroup(ctx context.Context, name string) (string, error) {
	if arn := l.known.groups[name]; arn != "" {
		return arn, nil
	}
	out, err := l.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{name}})
	if err != nil && !gone(err) {
		return "", fmt.Errorf("describe the target group %s: %w", name, err)
	}
	if err == nil && len(out.TargetGroups) > 0 {
		l.known.groups[name] = aws.ToString(out.TargetGroups[0].TargetGroupArn)
	}
	return l.known.groups[name], nil
}

func (l look) seeSecrets(ctx context.Context, seen *Seen) error {
	var login infra.DatabaseSecret
	found, err := l.secret(ctx, l.names.DatabaseSecret, &login)
	if err != nil {
		return err
	}
	seen.Login = nil
	if found {
		seen.Login = &login
	}
	var operator infra.DatabaseSecret
	if found, err = l.secret(ctx, l.names.OperatorSecret, &operator); err != nil {
		return err
	}
	seen.Operator = nil
	if found {
		seen.Operator = &operator
	}
	var hook infra.WebhookSecret
	if found, err = l.secret(ctx, l.names.WebhookSecret, &hook); err != nil {
		return err
	}
	seen.Webhook = nil
	if found {
		seen.Webhook = &hook
	}
	return nil
}

func (c clients) secret(ctx context.Context, id string, into any) (found bool, err error) {
	out, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a secret: %w", err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), into); err != nil {
		return false, errors.New("read a secret: it is not the JSON that it should be")
	}
	return true, nil
}
