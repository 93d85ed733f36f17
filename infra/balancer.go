package infra

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// HealthPath is what a balancer asks its targets: tasks and box alike.
const HealthPath = "/healthz"

// front is one load balancer with its listener and the group of its targets.
type front struct {
	name    string
	role    string // of its security group, and its tag
	scheme  types.LoadBalancerSchemeEnum
	port    int32 // of its listener
	group   string
	targets types.TargetTypeEnum
}

// fronts are the balancers of a stack. The shop finds the inventory at that of
// the box, so that the box can be replaced and nobody has to be told.
func (n Names) fronts() (shop, box front) {
	return front{
			name: n.Balancer, role: RoleBalancer, scheme: types.LoadBalancerSchemeEnumInternetFacing, port: PortBalancer,
			group: n.TargetGroup, targets: types.TargetTypeEnumIp,
		}, front{
			name: n.BoxBalancer, role: RoleBoxBalancer, scheme: types.LoadBalancerSchemeEnumInternal, port: PortApp,
			group: n.BoxTargetGroup, targets: types.TargetTypeEnumInstance,
		}
}

// balancerStep is the load balancers and the groups of their targets.
func balancerStep() step {
	return step{
		name:  "balancer",
		needs: []string{"network", "security groups", "buckets"},
		parts: 6,
		make:  makeBalancers,
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

func (s *stack) balancerTags(role, name string) (tags []types.Tag) {
	for _, t := range s.names.Tags(role, name, s.spec.Expires) {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return tags
}

func makeBalancers(ctx context.Context, s *stack) error {
	shop, box := s.names.fronts()
	var err error
	if s.targetGroup, s.balancerHost, err = makeFront(ctx, s, shop); err != nil {
		return err
	}
	s.boxTargetGroup, s.inventoryHost, err = makeFront(ctx, s, box)
	return err
}

// makeFront returns the ARN of the target group and the balancer's DNS name.
func makeFront(ctx context.Context, s *stack, f front) (group, host string, err error) {
	if group, err = makeTargetGroup(ctx, s, f); err != nil {
		return "", "", err
	}
	balancer, err := s.balancer(ctx, f)
	if err != nil {
		return "", "", err
	}
	arn := aws.ToString(balancer.LoadBalancerArn)
	have, err := s.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &arn})
	if err != nil {
		return "", "", fmt.Errorf("look for the listener of %s: %w", f.name, err)
	}
	if len(have.Listeners) == 0 {
		_, err := s.elb.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: &arn, Protocol: types.ProtocolEnumHttp, Port: &f.port,
			DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}},
			Tags:           s.balancerTags(f.role, f.name),
		})
		if err != nil && !hasCode(err, "DuplicateListener") {
			return "", "", fmt.Errorf("create the listener of %s: %w", f.name, err)
		}
	}
	return group, aws.ToString(balancer.DNSName), nil
}

// balancer looks before it makes: not every implementation refuses a second
// load balancer of the same name.
func (s *stack) balancer(ctx context.Context, f front) (types.LoadBalancer, error) {
	have, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{f.name}})
	if err == nil && len(have.LoadBalancers) > 0 {
		return have.LoadBalancers[0], nil
	}
	if ignoreGone(err) != nil {
		return types.LoadBalancer{}, fmt.Errorf("look for the load balancer %s: %w", f.name, err)
	}
	made, err := s.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: &f.name, Type: types.LoadBalancerTypeEnumApplication, Scheme: f.scheme,
		Subnets:        []string{s.subnets[SubnetPublicA], s.subnets[SubnetPublicB]},
		SecurityGroups: []string{s.groups[f.role]}, Tags: s.balancerTags(f.role, f.name),
	})
	if err != nil {
		return types.LoadBalancer{}, fmt.Errorf("create the load balancer %s: %w", f.name, err)
	}
	if len(made.LoadBalancers) == 0 {
		return types.LoadBalancer{}, fmt.Errorf("create the load balancer: AWS made %s and does not name it", f.name)
	}
	return made.LoadBalancers[0], nil
}

func makeTargetGroup(ctx context.Context, s *stack, f front) (string, error) {
	var group string
	l := readLayout().Balancers
	check := l.Health
	made, err := s.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: &f.group, VpcId: &s.vpc, TargetType: f.targets,
		Protocol: types.ProtocolEnumHttp, Port: aws.Int32(PortApp),
		HealthCheckPath: &check.Path, HealthCheckIntervalSeconds: &check.Interval, HealthCheckTimeoutSeconds: &check.Timeout,
		HealthyThresholdCount: &check.Healthy, UnhealthyThresholdCount: &check.Unhealthy, Tags: s.balancerTags(f.role, f.group),
	})
	switch {
	case err == nil && len(made.TargetGroups) > 0:
		group = aws.ToString(made.TargetGroups[0].TargetGroupArn)
	case hasCode(err, "DuplicateTargetGroupName"):
		out, err := s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{f.group}})
		if err != nil {
			return "", fmt.Errorf("look at the target group %s: %w", f.group, err)
		}
		for _, g := range out.TargetGroups {
			group = aws.ToString(g.TargetGroupArn)
		}
	default:
		return "", fmt.Errorf("create the target group %s: %w", f.group, err)
	}
	// With AWS's five minutes, every roll or replacement would take as long.
	_, err = s.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group,
		Attributes:     []types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String(strconv.Itoa(l.Delay))}},
	})
	if err != nil {
		return "", fmt.Errorf("set the delay of the target group %s: %w", f.group, err)
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
