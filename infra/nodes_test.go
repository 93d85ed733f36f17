package infra

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestTheStageOfNodes: in that stage the shop's web tier has nodes and no
// service; twice makes nothing anew; a group that the player made goes too, and
// everything that has an end gets a later one.
func TestTheStageOfNodes(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	before := inventory(t, cfg)
	const id = round.ID("R31")
	_, stop := stage(t, cfg, id)
	m, spec, n, ctx := testMaker(t, cfg), testSpec(id), NamesOf(id), t.Context()
	spec.Stage = StageEKS
	silent := func(round.Progress) {}
	must(m.Provision(ctx, spec, silent))(t)
	c := newClients(cfg)
	must(c.ssm.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &n.Replicas, Value: aws.String("6"), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	}))(t)
	first := inventory(t, cfg)
	must(m.Provision(ctx, spec, silent))(t)
	sameInventory(t, first, inventory(t, cfg))
	stop()

	s := must(m.stack(ctx, spec))(t)
	if services := must(findServices(ctx, s))(t); !slices.Equal(services, []string{ServiceVisitors}) {
		t.Errorf("the services are %v", services)
	}
	if p := must(c.ssm.GetParameter(ctx, &ssm.GetParameterInput{Name: &n.Replicas}))(t).Parameter; aws.ToString(p.Value) != "6" {
		t.Errorf("a second provision wrote %s over the player's replicas", aws.ToString(p.Value))
	}
	group := must(c.eks.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &n.Cluster, NodegroupName: &n.Nodes}))(t).Nodegroup
	if sc := group.ScalingConfig; *sc.MinSize != 2 || *sc.MaxSize != 2 || *sc.DesiredSize != 2 || !slices.Equal(group.InstanceTypes, []string{"t3.small"}) {
		t.Errorf("the nodes are %v of %v", group.ScalingConfig, group.InstanceTypes)
	}
	must(c.eks.CreateNodegroup(ctx, &eks.CreateNodegroupInput{
		ClusterName: &n.Cluster, NodegroupName: aws.String("mine"), NodeRole: group.NodeRole, Subnets: group.Subnets,
		ScalingConfig: &types.NodegroupScalingConfig{MinSize: aws.Int32(1), MaxSize: aws.Int32(1), DesiredSize: aws.Int32(1)}, DiskSize: aws.Int32(20),
	}))(t)

	later := spec
	later.Expires = spec.Expires.Add(time.Hour)
	if err := m.Extend(ctx, later); err != nil {
		t.Fatal(err)
	}
	want := later.Expires.Format(time.RFC3339)
	cluster := must(c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &n.Cluster}))(t).Cluster
	if cluster.Tags[TagExpires] != want { // of node groups moto keeps the first; the gateway keeps the later
		t.Errorf("the cluster ends at %s, want %s", cluster.Tags[TagExpires], want)
	}

	gone := must(m.Destroy(ctx, later, silent))(t)
	if gone.Left != 0 {
		t.Errorf("left: %v", gone.What)
	}
	sameInventory(t, before, inventory(t, cfg))
}

// TestAStageHasOnlyItsSteps: a classic round makes no node and looks for none.
func TestAStageHasOnlyItsSteps(t *testing.T) {
	names := func(stage string) (all []string) {
		for _, st := range stepsOf(stage) {
			all = append(all, st.name)
			if slices.Contains(st.needs, "nodes") != (stage == StageEKS && st.name == "shop") {
				t.Errorf("stage %s: %s needs %v", stage, st.name, st.needs)
			}
		}
		return all
	}
	if slices.Contains(names(StageClassic), "nodes") || !slices.Contains(names(StageEKS), "nodes") {
		t.Errorf("classic has %v, eks has %v", names(StageClassic), names(StageEKS))
	}
}
