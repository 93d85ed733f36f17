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

func (l look) seeBalancer(ctx context.Context, seen *Seen) error {
	out, err := l.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{l.names.Balancer}})
	if err != nil && !gone(err) {
		return fmt.Errorf("describe the balancer: %w", err)
	}
	if err != nil || len(out.LoadBalancers) == 0 {
		seen.Balancer, seen.Targets, l.known.targetGroup = nil, nil, ""
		return nil
	}
	lb := out.LoadBalancers[0]
	b := &Balancer{ARN: aws.ToString(lb.LoadBalancerArn), Host: aws.ToString(lb.DNSName), Groups: lb.SecurityGroups}
	if b.TargetGroup, err = l.findTargetGroup(ctx); err != nil {
		return err
	}
	var targets []string
	if b.TargetGroup != "" {
		health, err := l.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &b.TargetGroup})
		switch {
		case gone(err):
			b.TargetGroup, l.known.targetGroup = "", ""
		case err != nil:
			return fmt.Errorf("describe the targets: %w", err)
		default:
			for _, t := range health.TargetHealthDescriptions {
				targets = append(targets, aws.ToString(t.Target.Id))
			}
		}
	}
	seen.Balancer, seen.Targets = b, targets
	return nil
}

// findTargetGroup gives the ARN of the stack's target group; empty: none.
func (l look) findTargetGroup(ctx context.Context) (string, error) {
	if l.known.targetGroup != "" {
		return l.known.targetGroup, nil
	}
	out, err := l.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{l.names.TargetGroup}})
	if err != nil && !gone(err) {
		return "", fmt.Errorf("describe the target group: %w", err)
	}
	if err == nil && len(out.TargetGroups) > 0 {
		l.known.targetGroup = aws.ToString(out.TargetGroups[0].TargetGroupArn)
	}
	return l.known.targetGroup, nil
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
