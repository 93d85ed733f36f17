package scenarios

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
)

// network is the part of a stack that the fault is about: the groups of the
// database and of the tasks, and the rule between them.
type network struct {
	*testing.T
	cfg       aws.Config
	api       *ec2.Client
	vpc       string
	to, from  string
	permitted types.IpPermission
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	tool, err := moto.Find(t.Context())
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("moto_server is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs moto_server: %v", err)
	}
	server, err := moto.Start(t.Context(), moto.Config{Tool: tool, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(t.Context()) })
	n := &network{T: t, cfg: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL.String()),
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}}
	n.api = ec2.NewFromConfig(n.cfg)
	made, err := n.api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	n.vpc = *made.Vpc.VpcId
	names := infra.NamesOf("R1")
	n.to = n.group(names.Group(infra.RoleDatabase), infra.RoleDatabase)
	n.from = n.group(names.Group(infra.RoleTasks), infra.RoleTasks)
	n.permitted = types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &n.from}}}
	n.allow(n.permitted)
	return n
}

func (n *network) group(name, role string) string {
	n.Helper()
	out, err := n.api.CreateSecurityGroup(n.Context(), &ec2.CreateSecurityGroupInput{
		VpcId: &n.vpc, GroupName: &name, Description: &name,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup, Tags: []types.Tag{
			{Key: aws.String(infra.TagRound), Value: aws.String("R1")}, {Key: aws.String(infra.TagRole), Value: &role},
		}}},
	})
	if err != nil {
		n.Fatal(err)
	}
	return *out.GroupId
}

func (n *network) allow(p types.IpPermission) {
	n.Helper()
	_, err := n.api.AuthorizeSecurityGroupIngress(n.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &n.to, IpPermissions: []types.IpPermission{p}})
	if err != nil {
		n.Fatal(err)
	}
}

// rules are the database's ingress rules, as people would write them down.
func (n *network) rules() (list []string) {
	n.Helper()
	out, err := n.api.DescribeSecurityGroupRules(n.Context(), &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{n.to}}},
	})
	if err != nil {
		n.Fatal(err)
	}
	for _, r := range out.SecurityGroupRules {
		if !aws.ToBool(r.IsEgress) {
			from := aws.ToString(r.CidrIpv4)
			if r.ReferencedGroupInfo != nil {
				from = aws.ToString(r.ReferencedGroupInfo.GroupId)
			}
			list = append(list, aws.ToString(r.IpProtocol)+" "+strings.Replace(from, n.from, "tasks", 1))
		}
	}
	slices.Sort(list)
	return list
}

func (n *network) want(rules ...string) {
	n.Helper()
	if got := n.rules(); !slices.Equal(got, rules) {
		n.Errorf("the database admits %q, want %q", got, rules)
	}
}

func TestIngressRevoke(t *testing.T) {
	n := newNetwork(t)
	ctx, target := t.Context(), round.Target{Round: "R1"}
	fault := round.Fault{Kind: "ingress-revoke", Params: map[string]string{"from": infra.RoleTasks, "to": infra.RoleDatabase, "port": "5432"}}
	f := NewFaults(n.cfg)
	twice := func(what string, do func() error) {
		t.Helper()
		for range 2 {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	n.allow(types.IpPermission{IpProtocol: aws.String("-1"), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &n.from}}})
	n.allow(types.IpPermission{IpProtocol: aws.String("udp"), FromPort: aws.Int32(53), ToPort: aws.Int32(53), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &n.from}}})
	// A player may make groups with any role's tag.
	n.group("a-player's-own", infra.RoleDatabase)

	plan, err := f.Plan(ctx, target, fault)
	if err != nil {
		t.Fatal(err)
	}
	n.want("-1 tasks", "tcp tasks", "udp tasks")
	inject := func() error { return f.Inject(ctx, target, fault, plan.Receipt) }
	rollback := func() error { return f.Rollback(ctx, target, fault, plan.Receipt) }
	twice("inject", inject)
	n.want("udp tasks")
	n.allow(n.permitted) // the player repairs a part of it, in their own way
	twice("roll back", rollback)
	n.want("-1 tasks", "tcp tasks", "udp tasks")

	// What the rule named is gone: there is nothing to put back, and nothing
	// that a rollback could wait for.
	plan, err = f.Plan(ctx, target, fault)
	if err != nil {
		t.Fatal(err)
	}
	twice("inject", inject)
	_, err = n.api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &n.to, IpPermissions: []types.IpPermission{
		{IpProtocol: aws.String("udp"), FromPort: aws.Int32(53), ToPort: aws.Int32(53), UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: &n.from}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{n.from, n.to} {
		if _, err := n.api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &id}); err != nil {
			t.Fatal(err)
		}
		twice("roll back without "+id, rollback)
	}
}

// TestIngressIsLeashed: a group of another round is not touched, whatever a
// receipt says.
func TestIngressIsLeashed(t *testing.T) {
	n := newNetwork(t)
	f, ctx := NewFaults(n.cfg), t.Context()
	fault := round.Fault{Kind: "ingress-revoke", Params: map[string]string{"from": infra.RoleTasks, "to": infra.RoleDatabase, "port": "5432"}}
	plan, err := f.Plan(ctx, round.Target{Round: "R1"}, fault)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Inject(ctx, round.Target{Round: "R2"}, fault, plan.Receipt); err == nil {
		t.Error("the rules of R1 were revoked for R2")
	}
	n.want("tcp tasks")
	if err := f.Inject(ctx, round.Target{Round: "R1"}, fault, plan.Receipt); err != nil {
		t.Fatal(err)
	}
	if err := f.Rollback(ctx, round.Target{Round: "R2"}, fault, plan.Receipt); err != nil {
		t.Error(err)
	}
	n.want()
}
