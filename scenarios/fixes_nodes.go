package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// What the moves about nodes choose.
const (
	roomyMaximum  = 4
	biggerType    = "t3.xlarge"
	manyReplicas  = 6
	biggerNodesOf = "bigger" // ends the name of the second group
)

// raiseMaximum lets the node group grow, and waits until the cluster autoscaler
// has made use of it.
func raiseMaximum(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := eks.NewFromConfig(cfg), infra.NamesOf(id)
	if err := resizeNodes(ctx, api, names, &types.NodegroupScalingConfig{MaxSize: aws.Int32(roomyMaximum)}); err != nil {
		return err
	}
	return untilNodes(ctx, api, names, names.Nodes, func(g types.Nodegroup) bool {
		return g.Status == types.NodegroupStatusActive && aws.ToInt32(g.ScalingConfig.DesiredSize) > infra.NodesAtMost
	})
}

// builtNodes brings the node group back to its size, and waits until it carries
// all pods that are still wanted.
func builtNodes(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := eks.NewFromConfig(cfg), infra.NamesOf(id)
	err := resizeNodes(ctx, api, names, &types.NodegroupScalingConfig{
		MinSize: aws.Int32(infra.NodesAtLeast), MaxSize: aws.Int32(infra.NodesAtMost), DesiredSize: aws.Int32(infra.NodesAtLeast),
	})
	if err != nil {
		return err
	}
	return untilPods(ctx, cfg, id, nonePending)
}

func nonePending(wanted, pending int) bool { return wanted > 0 && pending == 0 }

// resizeNodes changes the group's sizes, and waits until AWS has done it.
func resizeNodes(ctx context.Context, api *eks.Client, names infra.Names, sizes *types.NodegroupScalingConfig) error {
	_, err := api.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{
		ClusterName: &names.Cluster, NodegroupName: &names.Nodes, ScalingConfig: sizes,
	})
	if err != nil {
		return fmt.Errorf("change the size of the node group: %w", err)
	}
	return untilNodes(ctx, api, names, names.Nodes, func(g types.Nodegroup) bool { return g.Status == types.NodegroupStatusActive })
}

// biggerNodes adds a second group, in the place of the first and with its role,
// and waits until its node is there.
func biggerNodes(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := eks.NewFromConfig(cfg), infra.NamesOf(id)
	first, err := api.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &names.Cluster, NodegroupName: &names.Nodes})
	if err != nil {
		return fmt.Errorf("look at the node group: %w", err)
	}
	name := names.Prefix + "-" + biggerNodesOf
	_, err = api.CreateNodegroup(ctx, &eks.CreateNodegroupInput{
		ClusterName: &names.Cluster, NodegroupName: &name, NodeRole: first.Nodegroup.NodeRole, Subnets: first.Nodegroup.Subnets,
		InstanceTypes: []string{biggerType},
		ScalingConfig: &types.NodegroupScalingConfig{MinSize: aws.Int32(1), MaxSize: aws.Int32(1), DesiredSize: aws.Int32(1)},
	})
	if err != nil {
		return fmt.Errorf("make a second node group: %w", err)
	}
	return untilNodes(ctx, api, names, name, func(g types.Nodegroup) bool { return g.Status == types.NodegroupStatusActive })
}

// oneNodeGroup takes the second group away, and waits until it is gone and the
// first carries all pods.
func oneNodeGroup(ctx context.Context, cfg aws.Config, id round.ID) error {
	api, names := eks.NewFromConfig(cfg), infra.NamesOf(id)
	name := names.Prefix + "-" + biggerNodesOf
	_, err := api.DeleteNodegroup(ctx, &eks.DeleteNodegroupInput{ClusterName: &names.Cluster, NodegroupName: &name})
	if err != nil && !coded(err, "ResourceNotFoundException") {
		return fmt.Errorf("take the second node group away: %w", err)
	}
	err = untilNodes(ctx, api, names, name, func(types.Nodegroup) bool { return false })
	if !coded(err, "ResourceNotFoundException") {
		return err
	}
	return untilPods(ctx, cfg, id, nonePending)
}

// untilNodes looks at a node group every second until ok.
func untilNodes(ctx context.Context, api *eks.Client, names infra.Names, group string, ok func(types.Nodegroup) bool) error {
	return every(ctx, "the node group "+group, func() (bool, error) {
		out, err := api.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &names.Cluster, NodegroupName: &group})
		if err != nil {
			return false, fmt.Errorf("look at the node group %s: %w", group, err)
		}
		return ok(*out.Nodegroup), nil
	})
}

// scalePods asks for more pods, and waits until more of them wait for a node.
func scalePods(ctx context.Context, cfg aws.Config, id round.ID) error {
	if err := wantPods(ctx, cfg, id, manyReplicas); err != nil {
		return err
	}
	return untilPods(ctx, cfg, id, func(wanted, pending int) bool { return wanted >= manyReplicas && pending > 2 })
}

// builtPods asks for as many pods as the stack was built with, and waits until
// none is too many.
func builtPods(ctx context.Context, cfg aws.Config, id round.ID) error {
	if err := wantPods(ctx, cfg, id, infra.PodsAtLeast); err != nil {
		return err
	}
	return untilPods(ctx, cfg, id, nonePending)
}

func wantPods(ctx context.Context, cfg aws.Config, id round.ID, n int) error {
	names := infra.NamesOf(id)
	_, err := ssm.NewFromConfig(cfg).PutParameter(ctx, &ssm.PutParameterInput{
		Name: &names.Replicas, Value: aws.String(strconv.Itoa(n)), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	})
	if err != nil {
		return fmt.Errorf("ask for %d pods: %w", n, err)
	}
	return nil
}

// untilPods asks the shop's own status every second until ok.
func untilPods(ctx context.Context, cfg aws.Config, id round.ID, ok func(wanted, pending int) bool) error {
	names := infra.NamesOf(id)
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &names.Shop})
	if err != nil {
		return fmt.Errorf("find the shop: %w", err)
	}
	url := aws.ToString(out.Parameter.Value) + "/status"
	return every(ctx, "the shop's pods", func() (bool, error) {
		wanted, pending, err := podsAt(ctx, url)
		return err == nil && ok(wanted, pending), nil // a busy shop may not answer
	})
}

func podsAt(ctx context.Context, url string) (wanted, pending int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the status: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the status: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, 0, errors.New("ask for the status: " + resp.Status)
	}
	var st struct {
		Pods struct{ Wanted, Pending int }
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&st); err != nil {
		return 0, 0, fmt.Errorf("read the status: %w", err)
	}
	return st.Pods.Wanted, st.Pods.Pending, nil
}

// every looks once a second until ok or an error.
func every(ctx context.Context, what string, ok func() (bool, error)) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		yes, err := ok()
		if err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
}
