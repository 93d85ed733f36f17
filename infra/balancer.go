package infra

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// HealthPath is what the balancer asks a task.
const HealthPath = "/healthz"

// balancerStep is the load balancer and the group of its targets.
func balancerStep() step {
	return step{
		name:  "balancer",
		needs: []string{"network", "security groups"},
		parts: 3,
		make:  makeBalancer,
		kinds: []kind{
			{"load balancers", findBalancers, func(ctx context.Context, s *stack, id string) error {
				_, err := s.elb.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &id})
				return err
			}},
			{"target groups", findTargetGroups, func(ctx context.Context, s *stack, id string) error {
				_, err := s.elb.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &id})
				return err
			}},
		},
	}
}

func (s *stack) balancerTags(name string) (tags []types.Tag) {
	for _, t := range s.names.Tags(RoleBalancer, name, s.spec.Expires) {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return tags
}

func makeBalancer(ctx context.Context, s *stack) error {
	group, err := makeTargetGroup(ctx, s)
	if err != nil {
		return err
	}
	balancer, err := s.balancer(ctx)
	if err != nil {
		return err
	}
	arn := aws.ToString(balancer.LoadBalancerArn)
	have, err := s.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
	if err != nil {
		return fmt.Errorf("look for the listener: %w", err)
	}
	if len(have.Listeners) == 0 {
		_, err := s.elb.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: &arn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(PortBalancer),
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}},
			Tags:           s.balancerTags(s.names.Balancer),
		})
		if err != nil && !hasCode(err, "DuplicateListener") {
			return fmt.Errorf("create the listener: %w", err)
		}
	}
	s.targetGroup, s.balancerHost = group, aws.ToString(balancer.DNSName)
	return nil
}

// balancer looks before it makes: not every implementation refuses a second
// load balancer of the same name.
func (s *stack) balancer(ctx context.Context) (types.LoadBalancer, error) {
	have, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{s.names.Balancer}})
	if err == nil && len(have.LoadBalancers) > 0 {
		return have.LoadBalancers[0], nil
	}
	if ignoreGone(err) != nil {
		return types.LoadBalancer{}, fmt.Errorf("look for the load balancer: %w", err)
	}
	made, err := s.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: &s.names.Balancer, Type: types.LoadBalancerTypeEnumApplication, Scheme: types.LoadBalancerSchemeEnumInternetFacing,
		Subnets:        []string{s.subnets[SubnetPublicA], s.subnets[SubnetPublicB]},
		SecurityGroups: []string{s.groups[RoleBalancer]}, Tags: s.balancerTags(s.names.Balancer),
	})
	if err != nil {
		return types.LoadBalancer{}, fmt.Errorf("create the load balancer: %w", err)
	}
	if len(made.LoadBalancers) == 0 {
		return types.LoadBalancer{}, fmt.Errorf("create the load balancer: AWS made %s and does not name it", s.names.Balancer)
	}
	return made.LoadBalancers[0], nil
}

func makeTargetGroup(ctx context.Context, s *stack) (string, error) {
	name := s.names.TargetGroup
	var group string
	made, err := s.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: &name, VpcId: &s.vpc, TargetType: types.TargetTypeEnumIp,
		Protocol: types.ProtocolEnumHttp, Port: aws.Int32(PortApp),
		HealthCheckPath: aws.String(HealthPath), HealthCheckIntervalSeconds: aws.Int32(10), HealthCheckTimeoutSeconds: aws.Int32(5),
		HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2), Tags: s.balancerTags(name),
	})
	switch {
	case err == nil && len(made.TargetGroups) > 0:
		group = aws.ToString(made.TargetGroups[0].TargetGroupArn)
	case hasCode(err, "DuplicateTargetGroupName"):
		out, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{name}})
		if err != nil {
			return "", fmt.Errorf("look at the target group: %w", err)
		}
		for _, g := range out.TargetGroups {
			group = aws.ToString(g.TargetGroupArn)
		}
	default:
		return "", fmt.Errorf("create the target group: %w", err)
	}
	// With AWS's five minutes, every roll of the service would take as long.
	_, err = s.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group,
		Attributes:     []types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("10")}},
	})
	if err != nil {
		return "", fmt.Errorf("set the target group's delay: %w", err)
	}
	return group, nil
}

func findBalancers(ctx context.Context, s *stack) (ids []string, err error) {
	pages := elb.NewDescribeLoadBalancersPaginator(s.elb, &elb.DescribeLoadBalancersInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range out.LoadBalancers {
			if s.names.Owns(aws.ToString(b.LoadBalancerName)) || slices.Contains(s.networks, aws.ToString(b.VpcId)) {
				ids = append(ids, aws.ToString(b.LoadBalancerArn))
			}
		}
	}
	return ids, nil
}

func findTargetGroups(ctx context.Context, s *stack) (ids []string, err error) {
	pages := elb.NewDescribeTargetGroupsPaginator(s.elb, &elb.DescribeTargetGroupsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, g := range out.TargetGroups {
			if s.names.Owns(aws.ToString(g.TargetGroupName)) || slices.Contains(s.networks, aws.ToString(g.VpcId)) {
				ids = append(ids, aws.ToString(g.TargetGroupArn))
			}
		}
	}
	return ids, nil
}
