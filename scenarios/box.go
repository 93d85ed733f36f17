package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// boxReceipt names the instance that a fault is about. Mark, where there is
// one, is the comment of the command that breaks it: it is sent only once.
type boxReceipt struct {
	Instance string `json:"instance"`
	Mark     string `json:"mark,omitempty"`
}

// servingBox finds the box that the shop depends on: it runs, and the balancer
// in front of it sends it requests. Others, which a player may have started or
// left behind, would be missed by nobody; and where two serve, neither would.
func servingBox(ctx context.Context, cfg aws.Config, id round.ID) (types.Instance, error) {
	serving, err := serves(ctx, cfg, id)
	if err != nil {
		return types.Instance{}, err
	}
	all, err := boxes(ctx, ec2.NewFromConfig(cfg), id, types.Filter{Name: aws.String("instance-state-name"), Values: []string{"running"}})
	if err != nil {
		return types.Instance{}, err
	}
	all = slices.DeleteFunc(all, func(i types.Instance) bool { return !slices.Contains(serving, aws.ToString(i.InstanceId)) })
	switch len(all) {
	case 0:
		return types.Instance{}, round.Refuse("no-target", "No box of %s serves behind its balancer, so there is nothing to break.", id)
	case 1:
		return all[0], nil
	}
	return types.Instance{}, round.Refuse("no-effect",
		"%d boxes of %s serve behind the balancer, so nobody would miss one. The player has to take the others out of its target group first.", len(all), id)
}

// serves lists the instances to which the box's balancer sends requests.
func serves(ctx context.Context, cfg aws.Config, id round.ID) (instances []string, err error) {
	api := elb.NewFromConfig(cfg)
	groups, err := api.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{infra.NamesOf(id).BoxTargetGroup}})
	if coded(err, "TargetGroupNotFound") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the target group of the box of %s: %w", id, err)
	}
	for _, g := range groups.TargetGroups {
		out, err := api.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn})
		if err != nil {
			return nil, fmt.Errorf("ask which box of %s serves: %w", id, err)
		}
		for _, t := range out.TargetHealthDescriptions {
			if t.Target != nil && t.TargetHealth != nil && t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
				instances = append(instances, aws.ToString(t.Target.Id))
			}
		}
	}
	return instances, nil
}

// replaced reports whether another box serves: then a player has replaced this
// one, and to bring it back would not undo the fault but their repair.
func replaced(ctx context.Context, cfg aws.Config, id round.ID, instance string) (bool, error) {
	serving, err := serves(ctx, cfg, id)
	return slices.ContainsFunc(serving, func(i string) bool { return i != instance }), err
}

// anyBox finds the round's box in whatever state, for whoever repairs it.
func anyBox(ctx context.Context, api *ec2.Client, id round.ID) (types.Instance, error) {
	all, err := boxes(ctx, api, id, types.Filter{
		Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"},
	})
	if err != nil {
		return types.Instance{}, err
	}
	if len(all) == 0 {
		return types.Instance{}, fmt.Errorf("find the box of %s: there is none", id)
	}
	return newest(all), nil
}

// boxes are the instances with the round's tags: the tags are the leash.
func boxes(ctx context.Context, api *ec2.Client, id round.ID, more ...types.Filter) (all []types.Instance, err error) {
	pages := ec2.NewDescribeInstancesPaginator(api, &ec2.DescribeInstancesInput{Filters: append([]types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: []string{infra.RoleBox}},
	}, more...)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("find the box of %s: %w", id, err)
		}
		for _, r := range page.Reservations {
			all = append(all, r.Instances...)
		}
	}
	return all, nil
}

func newest(all []types.Instance) types.Instance {
	found := all[0]
	for _, i := range all[1:] {
		if aws.ToTime(i.LaunchTime).After(aws.ToTime(found.LaunchTime)) {
			found = i
		}
	}
	return found
}

// leashed finds the receipt's instance if it still carries the round's tags,
// and none if it is gone.
func leashed(ctx context.Context, api *ec2.Client, id round.ID, instance string) (*types.Instance, error) {
	all, err := boxes(ctx, api, id, types.Filter{Name: aws.String("instance-id"), Values: []string{instance}})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if s := stateOf(all[0]); s == types.InstanceStateNameTerminated || s == types.InstanceStateNameShuttingDown {
		return nil, nil
	}
	return &all[0], nil
}

func stateOf(i types.Instance) types.InstanceStateName {
	if i.State == nil {
		return ""
	}
	return i.State.Name
}

// boot starts an instance that is stopped, or is about to be, and leaves one
// that runs as it is. It waits while the instance stops, for AWS starts none
// that still does.
func boot(ctx context.Context, api *ec2.Client, id round.ID, instance string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		i, err := leashed(ctx, api, id, instance)
		if err != nil || i == nil {
			return err
		}
		switch stateOf(*i) {
		case types.InstanceStateNameStopped:
			if _, err := api.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{instance}}); err != nil {
				return fmt.Errorf("start %s: %w", instance, err)
			}
			return nil
		case types.InstanceStateNameStopping:
		default:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s has stopped: %w", instance, ctx.Err())
		case <-tick.C:
		}
	}
}

func planBox(ctx context.Context, cfg aws.Config, t round.Target, blast, mark string) (round.Plan, error) {
	box, err := servingBox(ctx, cfg, t.Round)
	if err != nil {
		return round.Plan{}, err
	}
	raw, err := json.Marshal(boxReceipt{Instance: aws.ToString(box.InstanceId), Mark: mark})
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf(blast, t.Round), Targets: []string{aws.ToString(box.InstanceId)}}, nil
}

func readBox(raw json.RawMessage) (r boxReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Instance == "" {
		return r, errors.New("read the receipt: it names no instance")
	}
	return r, nil
}
