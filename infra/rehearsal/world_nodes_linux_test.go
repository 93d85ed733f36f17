package rehearsal

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// nodes is a world whose round is of the stage eks.
type nodes struct {
	*stage
	eks *eks.Client
}

// TestWorldOfNodes: what is done to nodes at AWS happens to pods here. One world
// for all; each part leaves two pods on two nodes.
func TestWorldOfNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole world")
	}
	ctx := t.Context()
	s := raise(t, ctx)
	s.spec.Stage = infra.StageEKS
	s.provision(ctx)
	anyone := gateway.Key{ID: "AKIANODENODENODENODE", Secret: "test", ARN: "arn:aws:iam::" + Account + ":root"}
	s.gate.Trust(anyone)
	n := nodes{s, eks.NewFromConfig(config(s.Endpoint, anyone.ID, anyone.Secret))}
	for _, part := range []struct {
		name string
		play func(context.Context, nodes)
	}{
		{"pods serve", testPods},
		{"a killed process", testPodKilled},
		{"more pods than the nodes may carry", testPodsPending},
		{"a second node group", testSecondGroup},
		{"fewer nodes", testFewerNodes},
	} {
		t.Run(part.name, func(t *testing.T) {
			mine := *s
			mine.t = t
			part.play(ctx, nodes{&mine, n.eks})
		})
	}
	t.Run("destroy", func(t *testing.T) {
		mine := *s
		mine.t = t
		testDestroy(t, ctx, &mine)
	})
}

// told is the shop's own status.
type told struct {
	Nodes []struct {
		Group, Type  string
		Nodes, Ready int
	}
	Pods    struct{ Wanted, Running, Pending int }
	Pending []struct{ Events []string }
}

func (n nodes) status(ctx context.Context) (st told) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.out.Shop+"/status", nil)
	if err != nil {
		n.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return st
	}
	defer resp.Body.Close()
	_ = json.NewDecoder(resp.Body).Decode(&st) // what is not told yet is zero
	return st
}

// carry waits until so many pods are behind the balancer and so many wait.
func (n nodes) carry(ctx context.Context, running, pending int) {
	n.t.Helper()
	n.until(strconv.Itoa(running)+" pods serve and "+strconv.Itoa(pending)+" wait", func() bool {
		st := n.status(ctx)
		return st.Pods.Running == running && st.Pods.Pending == pending && len(n.healthy(ctx)) == running
	})
	n.until("Prometheus knows them", func() bool {
		return n.sum(ctx, `up{job="shop"}`) == float64(running) && n.sum(ctx, "max(pods_pending)") == float64(pending)
	})
}

func (n nodes) want(ctx context.Context, pods int) {
	n.t.Helper()
	must(n.ssm.PutParameter(ctx, &ssm.PutParameterInput{
		Name: &n.n.Replicas, Value: aws.String(strconv.Itoa(pods)), Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
	}))(n.t)
}

// resize changes the group's sizes when no other update is under way.
func (n nodes) resize(ctx context.Context, sizes types.NodegroupScalingConfig) {
	n.t.Helper()
	n.until("the group takes an update", func() bool { return n.group(ctx).Status == types.NodegroupStatusActive })
	must(n.eks.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{ClusterName: &n.n.Cluster, NodegroupName: &n.n.Nodes, ScalingConfig: &sizes}))(n.t)
}

func (n nodes) group(ctx context.Context) *types.Nodegroup {
	n.t.Helper()
	return must(n.eks.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &n.n.Cluster, NodegroupName: &n.n.Nodes}))(n.t).Nodegroup
}

func sizes(least, most, desired int32) types.NodegroupScalingConfig {
	return types.NodegroupScalingConfig{MinSize: &least, MaxSize: &most, DesiredSize: &desired}
}

// testPods: the shop has pods and no service, and says so.
func testPods(ctx context.Context, n nodes) {
	n.carry(ctx, 2, 0)
	if st := n.status(ctx); len(st.Nodes) != 1 || st.Nodes[0].Group != n.n.Nodes || st.Nodes[0].Type != infra.NodeType || st.Nodes[0].Ready != 2 {
		n.t.Errorf("the shop tells of %+v", st)
	}
	if s := must(n.ecs.ListServices(ctx, &ecs.ListServicesInput{Cluster: &n.n.Cluster}))(n.t).ServiceArns; len(s) != 1 || !strings.HasSuffix(s[0], infra.ServiceVisitors) {
		n.t.Errorf("the services are %v", s)
	}
	if got := n.products(ctx); got != 200 {
		n.t.Errorf("the shop answers %d", got)
	}
	if failed := n.failed(ctx); failed != 0 {
		n.t.Errorf("%v visits failed while the stack was made", failed)
	}
}

// testPodKilled: the pod stays, and its container is started again.
func testPodKilled(ctx context.Context, n nodes) {
	addresses := n.healthy(ctx)
	for _, p := range n.Group.List() {
		if strings.HasPrefix(p.Name, "r1/api-") {
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
				n.t.Fatal(err)
			}
			n.until("another process has its name", func() bool { return n.again(p.Name, p.PID) })
			break
		}
	}
	n.carry(ctx, 2, 0)
	if now := n.healthy(ctx); !slices.Equal(slices.Sorted(slices.Values(addresses)), slices.Sorted(slices.Values(now))) {
		n.t.Errorf("the pods' addresses were %v and are %v", addresses, now)
	}
}

// testPodsPending: pods wait while the group is at its maximum. Once it is
// raised the autoscaler sees to it, and a calm stack can be made small again.
func testPodsPending(ctx context.Context, n nodes) {
	began := time.Now()
	n.want(ctx, 4)
	n.carry(ctx, 2, 2)
	if words := n.status(ctx).Pending[0].Events; len(words) != 2 || words[0] != "0/2 nodes are available: 2 Insufficient cpu." {
		n.t.Errorf("a pod that waits is told %q", words)
	}
	if lines := n.said(began, "max node group size reached"); len(lines) != 2 || !strings.HasPrefix(lines[0], "kubernetes: ") {
		n.t.Errorf("the log says %q", lines)
	}
	n.resize(ctx, types.NodegroupScalingConfig{MaxSize: aws.Int32(4)})
	n.carry(ctx, 4, 0)
	if s := n.group(ctx).ScalingConfig; *s.DesiredSize != 4 || *s.MaxSize != 4 || *s.MinSize != 2 {
		n.t.Errorf("the group's sizes are %d to %d, and %d desired", *s.MinSize, *s.MaxSize, *s.DesiredSize)
	}
	n.want(ctx, 2)
	n.carry(ctx, 2, 0)
	n.resize(ctx, sizes(2, 2, 2))
	n.until("two nodes are left", func() bool { st := n.status(ctx); return len(st.Nodes) == 1 && st.Nodes[0].Nodes == 2 })
	n.carry(ctx, 2, 0)
}

// testSecondGroup: another type carries more, and what it carried waits when it
// is gone.
func testSecondGroup(ctx context.Context, n nodes) {
	n.want(ctx, 4)
	n.carry(ctx, 2, 2)
	first, name, one := n.group(ctx), aws.String("mine"), sizes(1, 1, 1)
	must(n.eks.CreateNodegroup(ctx, &eks.CreateNodegroupInput{
		ClusterName: &n.n.Cluster, NodegroupName: name, NodeRole: first.NodeRole, Subnets: first.Subnets, InstanceTypes: []string{"t3.xlarge"}, ScalingConfig: &one,
	}))(n.t)
	n.carry(ctx, 4, 0)
	must(n.eks.DeleteNodegroup(ctx, &eks.DeleteNodegroupInput{ClusterName: &n.n.Cluster, NodegroupName: name}))(n.t)
	n.carry(ctx, 2, 2)
	n.want(ctx, 2)
	n.carry(ctx, 2, 0)
}

// testFewerNodes: a pod goes with its node, and waits for another.
func testFewerNodes(ctx context.Context, n nodes) {
	n.resize(ctx, sizes(1, 1, 1))
	n.carry(ctx, 1, 1)
	n.resize(ctx, sizes(2, 2, 2))
	n.carry(ctx, 2, 0)
}

// again reports whether another process has that name.
func (n nodes) again(name string, pid int) bool {
	for _, p := range n.Group.List() {
		if p.Name == name && p.PID != pid {
			return true
		}
	}
	return false
}
