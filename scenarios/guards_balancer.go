package scenarios

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// dropRoute takes the shop away from the visitors: its tasks from their target
// group, or the group from its balancer.
func dropRoute(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := elb.NewFromConfig(cfg), infra.NamesOf(id)
	group, targets, err := targetsOf(ctx, api, names.TargetGroup)
	if err != nil {
		return err
	}
	if len(targets) > 0 {
		_, err = api.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: targets})
		if !Denied(err) {
			return doing(err, "deregister the tasks")
		}
	}
	out, err := api.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: aws.String(balancerOf(ctx, api, names.Balancer))})
	if err != nil {
		return fmt.Errorf("find the listener: %w", err)
	}
	if len(out.Listeners) == 0 {
		return errors.New("find the listener: there is none")
	}
	_, err = api.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: out.Listeners[0].ListenerArn})
	return doing(err, "delete the listener")
}

// registerBox puts the box behind its balancer, or takes it away: requests for
// stock figures then fail in another way.
func registerBox(in bool) func(context.Context, aws.Config, round.ID) error {
	return func(ctx context.Context, cfg aws.Config, id round.ID) error {
		api := elb.NewFromConfig(cfg)
		group, targets, err := targetsOf(ctx, api, infra.NamesOf(id).BoxTargetGroup)
		if err != nil {
			return err
		}
		if !in {
			if len(targets) == 0 {
				return errors.New("deregister the box: it is not behind its balancer")
			}
			_, err = api.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: targets})
			return doing(err, "deregister the box")
		}
		box, err := anyBox(ctx, ec2.NewFromConfig(cfg), id)
		if err != nil {
			return err
		}
		_, err = api.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: box.InstanceId}}})
		return doing(err, "register the box")
	}
}

func targetsOf(ctx context.Context, api *elb.Client, name string) (group string, targets []elbtypes.TargetDescription, err error) {
	out, err := api.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{name}})
	if err != nil {
		return "", nil, fmt.Errorf("find the target group %s: %w", name, err)
	}
	if len(out.TargetGroups) != 1 {
		return "", nil, fmt.Errorf("find the target group %s: there are %d", name, len(out.TargetGroups))
	}
	group = aws.ToString(out.TargetGroups[0].TargetGroupArn)
	health, err := api.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return "", nil, fmt.Errorf("list the targets of %s: %w", name, err)
	}
	for _, h := range health.TargetHealthDescriptions {
		if h.Target != nil && (h.TargetHealth == nil || h.TargetHealth.State != elbtypes.TargetHealthStateEnumDraining) {
			targets = append(targets, *h.Target)
		}
	}
	return group, targets, nil
}

// balancerOf gives the balancer's ARN; a wrong one is found out by the next call.
func balancerOf(ctx context.Context, api *elb.Client, name string) string {
	out, err := api.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{name}})
	if err != nil || len(out.LoadBalancers) == 0 {
		return name
	}
	return aws.ToString(out.LoadBalancers[0].LoadBalancerArn)
}
