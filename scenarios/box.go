package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// boxReceipt names the instance that a fault is about. Mark, where there is
// one, is the comment of the command that breaks it: it is sent only once.
type boxReceipt struct {
	Instance string `json:"instance"`
	Mark     string `json:"mark,omitempty"`
}

// runningBox finds the round's box. Where a player has replaced it and left the
// old one, the younger counts.
func runningBox(ctx context.Context, api *ec2.Client, id round.ID) (types.Instance, error) {
	all, err := boxes(ctx, api, id, types.Filter{Name: aws.String("instance-state-name"), Values: []string{"running"}})
	if err != nil {
		return types.Instance{}, err
	}
	if len(all) == 0 {
		return types.Instance{}, round.Refuse("no-target", "No box of %s runs, so there is nothing to break.", id)
	}
	return newest(all), nil
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
	box, err := runningBox(ctx, ec2.NewFromConfig(cfg), t.Round)
	if err != nil {
		return round.Plan{}, err
	}
	raw, err := json.Marshal(boxReceipt{Instance: aws.ToString(box.InstanceId), Mark: mark})
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf(blast, t.Round)}, nil
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
