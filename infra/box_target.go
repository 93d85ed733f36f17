package infra

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// boxTargetStep puts the box behind its balancer. It leaves nothing to remove:
// a target goes with its group.
func boxTargetStep() step {
	return step{
		name:  "box target",
		needs: []string{"hosts", "balancer"},
		parts: 1,
		make:  makeBoxTarget,
	}
}

// makeBoxTarget registers the box unless a living one is registered already:
// whoever replaced the box has chosen the one that serves.
func makeBoxTarget(ctx context.Context, s *stack) error {
	boxes, err := s.boxes(ctx)
	if err != nil {
		return err
	}
	have, err := s.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.boxTargetGroup})
	if err != nil {
		return fmt.Errorf("look at the box's target group: %w", err)
	}
	for _, t := range have.TargetHealthDescriptions {
		registered := t.Target != nil && slices.ContainsFunc(boxes, func(i types.Instance) bool {
			return aws.ToString(i.InstanceId) == aws.ToString(t.Target.Id)
		})
		// AWS goes on listing a target while it drains.
		if registered && (t.TargetHealth == nil || t.TargetHealth.State != elbtypes.TargetHealthStateEnumDraining) {
			return nil
		}
	}
	var box string
	if err := s.until(ctx, s.cfg.Pace.Ready, "the box to run", func(ctx context.Context) (bool, error) {
		boxes, err := s.boxes(ctx)
		box = newestRunning(boxes)
		return box != "", err // AWS takes no target that does not run
	}); err != nil {
		return err
	}
	_, err = s.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: &s.boxTargetGroup, Targets: []elbtypes.TargetDescription{{Id: &box, Port: aws.Int32(PortApp)}},
	})
	if err != nil {
		return fmt.Errorf("put the box behind its balancer: %w", err)
	}
	return nil
}

func (s *stack) boxes(ctx context.Context) (all []types.Instance, err error) {
	out, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{
		Filters: append(s.mine(), filter("tag:"+TagRole, RoleBox), living()),
	})
	if err != nil {
		return nil, fmt.Errorf("look for the box: %w", err)
	}
	for _, r := range out.Reservations {
		all = append(all, r.Instances...)
	}
	return all, nil
}

// newestRunning is the id of the running instance that was started last.
func newestRunning(all []types.Instance) string {
	var newest types.Instance
	for _, i := range all {
		if i.State != nil && i.State.Name == types.InstanceStateNameRunning &&
			(newest.InstanceId == nil || aws.ToTime(i.LaunchTime).After(aws.ToTime(newest.LaunchTime))) {
			newest = i
		}
	}
	return aws.ToString(newest.InstanceId)
}
