package gateway

import (
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/infra"
)

// nodesOf makes a round's cluster with its nodes, and returns a subnet.
func (w *world) nodesOf(n infra.Names) (subnet string) {
	w.Helper()
	net := ec2.NewFromConfig(w.root())
	vpc, err := net.CreateVpc(w.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	must(w, err)
	made, err := net.CreateSubnet(w.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.9.1.0/24")})
	must(w, err)
	subnet = *made.Subnet.SubnetId
	c := eks.NewFromConfig(w.root())
	role := "arn:aws:iam::" + account + ":role" + n.Path + n.NodesRole
	_, err = c.CreateCluster(w.Context(), &eks.CreateClusterInput{Name: &n.Cluster, RoleArn: &role, ResourcesVpcConfig: &types.VpcConfigRequest{SubnetIds: []string{subnet}}})
	must(w, err)
	_, err = c.CreateNodegroup(w.Context(), &eks.CreateNodegroupInput{ClusterName: &n.Cluster, NodegroupName: &n.Nodes, NodeRole: &role, Subnets: []string{subnet},
		InstanceTypes: []string{infra.NodeType}, ScalingConfig: sizes(2, 2, 2), Tags: map[string]string{"expires": "now"}})
	must(w, err)
	return subnet
}

func sizes(least, most, desired int32) *types.NodegroupScalingConfig {
	return &types.NodegroupScalingConfig{MinSize: &least, MaxSize: &most, DesiredSize: &desired}
}

// AWS: sizes fit each other, and a group takes one update at a time, which is
// under way for a while and can be asked for.
func TestUpdateNodegroupConfig(t *testing.T) {
	w, n, ctx := newWorld(t), infra.NamesOf("R71"), t.Context()
	w.nodesOf(n)
	c := eks.NewFromConfig(w.player("R71"))
	update := func(s *types.NodegroupScalingConfig) (*eks.UpdateNodegroupConfigOutput, error) {
		return c.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{ClusterName: &n.Cluster, NodegroupName: &n.Nodes, ScalingConfig: s})
	}
	for name, tt := range map[string]struct {
		sizes *types.NodegroupScalingConfig
		say   string
	}{
		"more than the maximum": {&types.NodegroupScalingConfig{DesiredSize: aws.Int32(3)}, "desired capacity 3 can't be greater than max size 2"},
		"a high minimum":        {&types.NodegroupScalingConfig{MinSize: aws.Int32(4), MaxSize: aws.Int32(5)}, "Minimum capacity 4 can't be greater than desired size 2"},
		"a low maximum":         {&types.NodegroupScalingConfig{MaxSize: aws.Int32(1)}, "Minimum capacity 2 can't be greater than maximum capacity 1"},
		"no node at all":        {sizes(0, 0, 0), "maxSize must be at least 1."},
	} {
		_, err := update(tt.sizes)
		if say := wantCode(t, err, "InvalidParameterException"); say != tt.say {
			t.Errorf("%s: AWS says %q, want %q", name, say, tt.say)
		}
	}
	got, err := update(&types.NodegroupScalingConfig{MaxSize: aws.Int32(4)})
	must(t, err)
	if u := got.Update; u.Status != types.UpdateStatusInProgress || len(u.Params) != 1 || u.Params[0].Type != types.UpdateParamTypeMaxSize || *u.Params[0].Value != "4" {
		t.Errorf("the update is %+v", u)
	}
	_, err = update(&types.NodegroupScalingConfig{MaxSize: aws.Int32(5)})
	wantCode(t, err, "ResourceInUseException")
	see := func() *types.Nodegroup {
		t.Helper()
		got, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &n.Cluster, NodegroupName: &n.Nodes})
		must(t, err)
		return got.Nodegroup
	}
	if g := see(); g.Status != types.NodegroupStatusUpdating || *g.ScalingConfig.MaxSize != 4 || *g.ScalingConfig.DesiredSize != 2 || g.RemoteAccess != nil || *g.DiskSize != 20 || *g.Version != kubernetesVersion {
		t.Errorf("the group is %s %+v, remote access %v", g.Status, g.ScalingConfig, g.RemoteAccess)
	}
	w.clock.shift(3 * time.Second)
	ask := &eks.DescribeUpdateInput{Name: &n.Cluster, NodegroupName: &n.Nodes, UpdateId: got.Update.Id}
	asked, err := c.DescribeUpdate(ctx, ask)
	must(t, err)
	listed, err := c.ListUpdates(ctx, &eks.ListUpdatesInput{Name: &n.Cluster, NodegroupName: &n.Nodes})
	must(t, err)
	if g := see(); g.Status != types.NodegroupStatusActive || asked.Update.Status != types.UpdateStatusSuccessful || len(listed.UpdateIds) != 1 {
		t.Errorf("later the group is %s, the update %s, of %v", g.Status, asked.Update.Status, listed.UpdateIds)
	}
	_, err = c.DescribeUpdate(ctx, &eks.DescribeUpdateInput{Name: &n.Cluster, UpdateId: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException")
	_, err = c.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: aws.String("chaotic-r71x")})
	wantCode(t, err, "AccessDeniedException")
	_, err = eks.NewFromConfig(w.root()).ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: aws.String("none")})
	wantCode(t, err, "ResourceNotFoundException")
}

// nodeCount is a truth that knows nodes.
type nodeCount struct {
	Truth
	ready *atomic.Int32
}

func (n nodeCount) NodesReady(string, string) (int, bool) { return int(n.ready.Load()), true }

// AWS: types and subnets exist, the node's role is handed over by whoever may,
// and a group is being made until its nodes are ready.
func TestCreateNodegroup(t *testing.T) {
	w, n, ctx := newWorld(t), infra.NamesOf("R72"), t.Context()
	subnet := w.nodesOf(n)
	var ready atomic.Int32
	w.gateway.SetTruth(nodeCount{ready: &ready})
	c := eks.NewFromConfig(w.player("R72"))
	role := "arn:aws:iam::" + account + ":role" + n.Path
	create := func(role, subnet, kind string) error {
		_, err := c.CreateNodegroup(ctx, &eks.CreateNodegroupInput{ClusterName: &n.Cluster, NodegroupName: aws.String("bigger"), NodeRole: &role,
			Subnets: []string{subnet}, InstanceTypes: []string{kind}, ScalingConfig: sizes(1, 1, 1)})
		return err
	}
	wantCode(t, create(role+n.TasksRole+"x", subnet, "t3.xlarge"), "AccessDeniedException")
	wantCode(t, create(role+n.ClusterRole, subnet, "t3.xlarge"), "AccessDeniedException")
	wantCode(t, create(role+n.NodesRole, "subnet-0123", "t3.xlarge"), "InvalidParameterException")
	say := wantCode(t, create(role+n.NodesRole, subnet, "t3.enormous"), "InvalidParameterException")
	if say != "The following supplied instance types do not exist: [t3.enormous]" {
		t.Errorf("AWS says %q", say)
	}
	must(t, create(role+n.NodesRole, subnet, "t3.xlarge"))
	status := func() types.NodegroupStatus {
		t.Helper()
		got, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &n.Cluster, NodegroupName: aws.String("bigger")})
		must(t, err)
		return got.Nodegroup.Status
	}
	if s := status(); s != types.NodegroupStatusCreating {
		t.Errorf("without a node the group is %s", s)
	}
	ready.Store(1)
	if s := status(); s != types.NodegroupStatusActive {
		t.Errorf("with its node the group is %s", s)
	}
	_, err := c.DeleteNodegroup(ctx, &eks.DeleteNodegroupInput{ClusterName: &n.Cluster, NodegroupName: aws.String("bigger")})
	must(t, err)
	_, err = c.DeleteCluster(ctx, &eks.DeleteClusterInput{Name: &n.Cluster})
	wantCode(t, err, "AccessDeniedException")
}

// AWS: a node group's tags can be changed; moto changes a cluster's only.
func TestTagsOfNodegroups(t *testing.T) {
	w, n, ctx := newWorld(t), infra.NamesOf("R73"), t.Context()
	w.nodesOf(n)
	c := eks.NewFromConfig(w.root())
	see := func() *types.Nodegroup {
		t.Helper()
		got, err := c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &n.Cluster, NodegroupName: &n.Nodes})
		must(t, err)
		return got.Nodegroup
	}
	arn := see().NodegroupArn
	_, err := c.TagResource(ctx, &eks.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"expires": "later", "more": "x"}})
	must(t, err)
	_, err = c.UntagResource(ctx, &eks.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"more"}})
	must(t, err)
	listed, err := c.ListTagsForResource(ctx, &eks.ListTagsForResourceInput{ResourceArn: arn})
	must(t, err)
	if tags := see().Tags; len(tags) != 1 || tags["expires"] != "later" || len(listed.Tags) != 1 || listed.Tags["expires"] != "later" {
		t.Errorf("the group has %v, listed are %v", tags, listed.Tags)
	}
}

// TestAPlayersRightsOverNodes: of the parameters only the one may be written,
// and nothing of another round is touched.
func TestAPlayersRightsOverNodes(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	mine, other := infra.NamesOf("R74"), infra.NamesOf("R75")
	w.nodesOf(mine)
	w.nodesOf(other)
	cfg := w.player("R74")
	put := func(name string) error {
		_, err := ssm.NewFromConfig(cfg).PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: aws.String("6"), Type: "String", Overwrite: aws.Bool(true)})
		return err
	}
	must(t, put(mine.Replicas))
	wantCode(t, put(mine.Shop), "AccessDeniedException")
	wantCode(t, put(other.Replicas), "AccessDeniedException")
	c := eks.NewFromConfig(cfg)
	_, err := c.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{ClusterName: &other.Cluster, NodegroupName: &other.Nodes, ScalingConfig: sizes(2, 9, 2)})
	wantCode(t, err, "AccessDeniedException")
	_, err = c.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &other.Cluster, NodegroupName: &other.Nodes})
	wantCode(t, err, "AccessDeniedException")
	smuggle := call{service: "eks", method: "POST", path: "/clusters/" + mine.Cluster + "/node-groups/" + mine.Nodes + "/update-config",
		contentType: "application/json", body: `{"name":"` + other.Cluster + `","nodegroupName":"` + other.Nodes + `","scalingConfig":{"maxSize":9}}`}
	if code, said := w.send(t, cfg, smuggle); code != 403 {
		t.Errorf("a name in two places gives %d: %s", code, said)
	}
}

// TestNodesByTheCommandLine does with the player's tool what the player does,
// and finds it in the audit trail.
func TestNodesByTheCommandLine(t *testing.T) {
	tool, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal("the aws CLI is required")
		}
		t.Skip("needs the aws CLI")
	}
	w, n := newWorld(t), infra.NamesOf("R76")
	events := w.audit("R76")
	subnet := w.nodesOf(n)
	key, err := w.player("R76").Credentials.Retrieve(t.Context())
	must(t, err)
	role := "arn:aws:iam::" + account + ":role" + n.Path + n.NodesRole
	for _, tt := range []struct{ line, want string }{
		{"describe-cluster --name chaotic-r76 --query cluster.status --output text", "ACTIVE"},
		{"list-nodegroups --cluster-name chaotic-r76 --output text", "chaotic-r76-nodes"},
		{"describe-nodegroup --cluster-name chaotic-r76 --nodegroup-name chaotic-r76-nodes --query nodegroup.scalingConfig.maxSize", "2"},
		{"update-nodegroup-config --cluster-name chaotic-r76 --nodegroup-name chaotic-r76-nodes --scaling-config maxSize=4 --query update.status --output text", "InProgress"},
		{"list-updates --name chaotic-r76 --nodegroup-name chaotic-r76-nodes --query length(updateIds)", "1"},
		{"create-nodegroup --cluster-name chaotic-r76 --nodegroup-name bigger --instance-types t3.xlarge --subnets " + subnet +
			" --node-role " + role + " --scaling-config minSize=1,maxSize=1,desiredSize=1 --query nodegroup.status --output text", "CREATING"},
		{"delete-nodegroup --cluster-name chaotic-r76 --nodegroup-name bigger --query nodegroup.status --output text", "DELETING"},
	} {
		cmd := exec.CommandContext(t.Context(), tool, append([]string{"eks"}, strings.Fields(tt.line)...)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + w.url, "AWS_DEFAULT_REGION=" + region,
			"AWS_ACCESS_KEY_ID=" + key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + key.SecretAccessKey, "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true"}
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != tt.want && !strings.HasSuffix(strings.TrimSpace(string(out)), "\t"+tt.want) {
			t.Errorf("aws eks %s: %v\n%s\nwant %q", tt.line, err, out, tt.want)
		}
	}
	var seen []string
	for _, e := range events() {
		if e.Source == "aws.eks" {
			seen = append(seen, e.Detail.EventName)
		}
		if e.Detail.EventName == "UpdateNodegroupConfig" && !strings.Contains(string(e.Detail.RequestParameters), `"nodegroupName":"chaotic-r76-nodes"`) {
			t.Errorf("the update is recorded with %s", e.Detail.RequestParameters)
		}
	}
	if want := "DescribeCluster ListNodegroups DescribeNodegroup UpdateNodegroupConfig ListUpdates CreateNodegroup DeleteNodegroup"; strings.Join(seen, " ") != want {
		t.Errorf("recorded are %v", seen)
	}
}
