package scenarios

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// boxTime is how long an instance may take to stop or to run.
const boxTime = 10 * time.Minute

func startBox(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	box, err := anyBox(ctx, api, id)
	if err != nil {
		return err
	}
	if _, err := api.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{aws.ToString(box.InstanceId)}}); err != nil {
		return fmt.Errorf("start the box: %w", err)
	}
	return nil
}

func rebootBox(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	box, err := anyBox(ctx, api, id)
	if err != nil {
		return err
	}
	if _, err := api.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{aws.ToString(box.InstanceId)}}); err != nil {
		return fmt.Errorf("reboot the box: %w", err)
	}
	return nil
}

// stopStartBox moves the box to other hardware. A system that hangs does not
// shut down by itself, so it is not asked to.
func stopStartBox(ctx context.Context, cfg aws.Config, id round.ID) error {
	api := ec2.NewFromConfig(cfg)
	box, err := anyBox(ctx, api, id)
	if err != nil {
		return err
	}
	one := []string{aws.ToString(box.InstanceId)}
	if _, err := api.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: one, Force: aws.Bool(true)}); err != nil {
		return fmt.Errorf("stop the box: %w", err)
	}
	wait := ec2.NewInstanceStoppedWaiter(api, func(o *ec2.InstanceStoppedWaiterOptions) { o.MinDelay = time.Second })
	if err := wait.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: one}, boxTime); err != nil {
		return fmt.Errorf("wait until the box has stopped: %w", err)
	}
	if _, err := api.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: one}); err != nil {
		return fmt.Errorf("start the box: %w", err)
	}
	return nil
}

// replaceBox starts another box as the stack's launch template says, puts it
// behind the box's balancer in the place of the old one, and ends the old one.
func replaceBox(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, balancers, names := ec2.NewFromConfig(cfg), elb.NewFromConfig(cfg), infra.NamesOf(id)
	old, err := anyBox(ctx, api, id)
	if err != nil {
		return err
	}
	groups, err := balancers.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{names.BoxTargetGroup}})
	if err != nil {
		return fmt.Errorf("find the box's target group: %w", err)
	}
	if len(groups.TargetGroups) != 1 {
		return fmt.Errorf("find the box's target group: there are %d", len(groups.TargetGroups))
	}
	group := groups.TargetGroups[0].TargetGroupArn
	made, err := api.RunInstances(ctx, &ec2.RunInstancesInput{
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: &names.Box, Version: aws.String("$Default")},
		SubnetId:       old.SubnetId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
	})
	if err != nil {
		return fmt.Errorf("start another box: %w", err)
	}
	if len(made.Instances) != 1 {
		return fmt.Errorf("start another box: there are %d", len(made.Instances))
	}
	box := made.Instances[0].InstanceId
	wait := ec2.NewInstanceRunningWaiter(api, func(o *ec2.InstanceRunningWaiterOptions) { o.MinDelay = time.Second })
	if err := wait.Wait(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{*box}}, boxTime); err != nil {
		return fmt.Errorf("wait until the other box runs: %w", err)
	}
	_, err = balancers.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: group, Targets: []elbtypes.TargetDescription{{Id: box}}})
	if err != nil {
		return fmt.Errorf("put the other box behind the balancer: %w", err)
	}
	_, err = balancers.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: group, Targets: []elbtypes.TargetDescription{{Id: old.InstanceId}}})
	if err != nil {
		return fmt.Errorf("take the old box from the balancer: %w", err)
	}
	if _, err := api.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{aws.ToString(old.InstanceId)}}); err != nil {
		return fmt.Errorf("end the old box: %w", err)
	}
	return nil
}
