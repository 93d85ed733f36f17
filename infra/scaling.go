package infra

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// The scaling of the service api: as many tasks as keep the requests of each
// near the target. A calm shop's two have 15 a second each; four carry the rush
// of a campaign.
const (
	TasksAtLeast      = 2
	TasksAtMost       = 6
	RequestsPerTarget = 17 // a second; AWS is told so many a minute
)

const scalingMetric = types.MetricTypeALBRequestCountPerTarget

// scalingStep lets the number of the shop's tasks follow its traffic.
func scalingStep() step {
	return step{
		name:  "scaling",
		stage: StageClassic,
		needs: []string{"tasks", "balancer"},
		parts: 2,
		make:  makeScaling,
		kinds: []kind{
			{"scaling policies", findScalingPolicies, func(ctx context.Context, s *stack, id string) error {
				_, err := s.scaling.DeleteScalingPolicy(ctx, &scaling.DeleteScalingPolicyInput{
					PolicyName: &id, ResourceId: aws.String(s.names.scaled()), ScalableDimension: types.ScalableDimensionECSServiceDesiredCount,
					ServiceNamespace: types.ServiceNamespaceEcs,
				})
				return err
			}},
			{"scalable targets", findScalableTargets, func(ctx context.Context, s *stack, id string) error {
				_, err := s.scaling.DeregisterScalableTarget(ctx, &scaling.DeregisterScalableTargetInput{
					ResourceId: &id, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ServiceNamespace: types.ServiceNamespaceEcs,
				})
				return err
			}},
			{"scaling alarms", findScalingAlarms, dropScalingAlarm},
		},
	}
}

// scaled is the service api as Application Auto Scaling names it.
func (n Names) scaled() string { return "service/" + n.Cluster + "/" + ServiceAPI }

// makeScaling says both anew each time: AWS changes what is there.
func makeScaling(ctx context.Context, s *stack) error {
	label, err := scalingLabel(ctx, s)
	if err != nil {
		return err
	}
	tags := map[string]string{}
	for _, t := range s.names.Tags(RoleTasks, s.names.Family(ServiceAPI), s.spec.Expires) {
		tags[t.Key] = t.Value
	}
	have, err := findScalableTargets(ctx, s)
	if err != nil {
		return fmt.Errorf("look for the scaling of the service: %w", err)
	}
	if len(have) > 0 {
		tags = nil // AWS takes tags for a new one only
	}
	id := aws.String(s.names.scaled())
	pace := readLayout().Scaling
	if _, err := s.scaling.RegisterScalableTarget(ctx, &scaling.RegisterScalableTargetInput{
		ResourceId: id, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ServiceNamespace: types.ServiceNamespaceEcs,
		MinCapacity: aws.Int32(TasksAtLeast), MaxCapacity: aws.Int32(TasksAtMost), Tags: tags,
	}); err != nil {
		return fmt.Errorf("let the service scale: %w", err)
	}
	if _, err := s.scaling.PutScalingPolicy(ctx, &scaling.PutScalingPolicyInput{
		PolicyName: aws.String(s.names.Family(ServiceAPI)), PolicyType: types.PolicyTypeTargetTrackingScaling,
		ResourceId: id, ScalableDimension: types.ScalableDimensionECSServiceDesiredCount, ServiceNamespace: types.ServiceNamespaceEcs,
		TargetTrackingScalingPolicyConfiguration: &types.TargetTrackingScalingPolicyConfiguration{
			TargetValue:      aws.Float64(RequestsPerTarget * 60),
			ScaleOutCooldown: aws.Int32(pace.ScaleOut), ScaleInCooldown: aws.Int32(pace.ScaleIn),
			PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: scalingMetric, ResourceLabel: &label},
		},
	}); err != nil {
		return fmt.Errorf("say how the service scales: %w", err)
	}
	return nil
}

// scalingLabel names the balancer and its targets as the metric does: the ends
// of their ARNs.
func scalingLabel(ctx context.Context, s *stack) (string, error) {
	out, err := s.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{s.names.Balancer}})
	if err != nil {
		return "", fmt.Errorf("look for the balancer whose traffic scales the service: %w", err)
	}
	if len(out.LoadBalancers) != 1 {
		return "", fmt.Errorf("look for the balancer whose traffic scales the service: there are %d", len(out.LoadBalancers))
	}
	_, balancer, _ := strings.Cut(aws.ToString(out.LoadBalancers[0].LoadBalancerArn), ":loadbalancer/")
	_, group, _ := strings.Cut(s.targetGroup, ":targetgroup/")
	return balancer + "/targetgroup/" + group, nil
}

func findScalingPolicies(ctx context.Context, s *stack) (names []string, err error) {
	pages := scaling.NewDescribeScalingPoliciesPaginator(s.scaling, &scaling.DescribeScalingPoliciesInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceId: aws.String(s.names.scaled()),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range out.ScalingPolicies {
			names = append(names, aws.ToString(p.PolicyName))
		}
	}
	return names, nil
}

func findScalableTargets(ctx context.Context, s *stack) (ids []string, err error) {
	pages := scaling.NewDescribeScalableTargetsPaginator(s.scaling, &scaling.DescribeScalableTargetsInput{
		ServiceNamespace: types.ServiceNamespaceEcs, ResourceIds: []string{s.names.scaled()},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, t := range out.ScalableTargets {
			ids = append(ids, aws.ToString(t.ResourceId))
		}
	}
	return ids, nil
}
