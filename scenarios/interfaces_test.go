package scenarios

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// narrow is R1's network with the tasks' two subnets, in which somebody else
// has one interface each.
type narrow struct {
	*network
	subnets []string
	fault   round.Fault
}

func newNarrow(t *testing.T, cidrs ...string) *narrow {
	t.Helper()
	n := &narrow{network: newNetwork(t), fault: round.Fault{Kind: "interface-leak", Params: map[string]string{
		"subnets": infra.SubnetTasksA + " " + infra.SubnetTasksB, "owner": "pricing-crawler", "description": "pricing-crawler worker",
	}}}
	n.gated()
	n.api = ec2.NewFromConfig(n.cfg)
	for i, cidr := range cidrs {
		n.subnetOf(cidr, []string{infra.SubnetTasksA, infra.SubnetTasksB}[i])
		n.take(n.subnets[i])
	}
	return n
}

// roundsEnd is the tag that all of the round carries.
const roundsEnd = "2026-11-25T17:21:09Z"

// subnetOf makes a subnet of the round with a role.
func (n *narrow) subnetOf(cidr, role string) {
	n.Helper()
	made, err := n.network.api.CreateSubnet(n.Context(), &ec2.CreateSubnetInput{VpcId: &n.vpc, CidrBlock: &cidr,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSubnet, Tags: []types.Tag{
			{Key: aws.String(infra.TagRound), Value: aws.String("R1")},
			{Key: aws.String(infra.TagRole), Value: aws.String(role)},
			{Key: aws.String(infra.TagExpires), Value: aws.String(roundsEnd)},
		}}}})
	if err != nil {
		n.Fatal(err)
	}
	n.subnets = append(n.subnets, *made.Subnet.SubnetId)
}

func (n *narrow) take(subnet string) {
	n.Helper()
	if _, err := n.api.CreateNetworkInterface(n.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: &subnet}); err != nil {
		n.Fatal(err)
	}
}

// free is how many addresses each of the subnets has left.
func (n *narrow) free() (left []int32) {
	n.Helper()
	for _, id := range n.subnets {
		out, err := n.api.DescribeSubnets(n.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{id}})
		if err != nil {
			n.Fatal(err)
		}
		left = append(left, *out.Subnets[0].AvailableIpAddressCount)
	}
	return left
}

func (n *narrow) want(when string, a, b int32) {
	n.Helper()
	if got := n.free(); got[0] != a || got[1] != b {
		n.Errorf("%s, %d addresses are left; want %d and %d", when, got, a, b)
	}
}

func TestInterfaceLeak(t *testing.T) {
	for _, c := range []struct {
		name   string
		player func(*narrow, []string) // with the interfaces that were leaked
		a, b   int32                   // addresses in the end
	}{
		{"nobody does anything", func(*narrow, []string) {}, 10, 10},
		{"some are given back", func(n *narrow, ids []string) {
			if err := giveBack(n.Context(), n.api, ids[:7]); err != nil {
				n.Fatal(err)
			}
		}, 10, 10},
		{"all are given back, and one is taken", func(n *narrow, ids []string) {
			if err := giveBack(n.Context(), n.api, ids); err != nil {
				n.Fatal(err)
			}
			n.take(n.subnets[1])
		}, 10, 9},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, ctx, target := newNarrow(t, "10.0.1.0/28", "10.0.1.16/28"), t.Context(), round.Target{Round: "R1"}
			f := NewFaults(n.cfg)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			plan, err := f.Plan(ctx, target, n.fault)
			must(err)
			n.want("planned", 10, 10)
			if !strings.HasPrefix(plan.Blast, "The 20 addresses that are left in the subnets tasks-a and tasks-b of R1") {
				t.Error(plan.Blast)
			}
			for range 2 {
				must(f.Inject(ctx, target, n.fault, plan.Receipt))
				n.want("injected", 0, 0)
			}
			r, err := readLeak(plan.Receipt)
			must(err)
			ours, err := leaked(ctx, n.api, "R1", r.Batch, "")
			must(err)
			out, err := n.api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: ours[:1]})
			must(err)
			tags := map[string]string{}
			for _, tag := range out.NetworkInterfaces[0].TagSet {
				tags[*tag.Key] = *tag.Value
			}
			if len(ours) != 20 || tags["owner"] != "pricing-crawler" || tags["round"] != "R1" || tags[infra.TagExpires] != roundsEnd || *out.NetworkInterfaces[0].Description != "pricing-crawler worker" {
				t.Errorf("%d interfaces, with %v", len(ours), tags)
			}
			c.player(n, ours)
			for range 2 {
				must(f.Rollback(ctx, target, n.fault, plan.Receipt))
			}
			n.want("rolled back", c.a, c.b)
		})
	}
}

func TestInterfaceLeakIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		cidrs []string
		round round.ID
		fill  bool
		rule  string
	}{
		"the subnets are full":        {[]string{"10.0.1.0/28", "10.0.1.16/28"}, "R1", true, "no-effect"},
		"a subnet is missing":         {[]string{"10.0.1.0/28"}, "R1", false, "no-target"},
		"a subnet is as large as any": {[]string{"10.0.1.0/24", "10.0.2.0/28"}, "R1", false, "too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNarrow(t, c.cidrs...)
			if c.fill {
				for _, id := range n.subnets {
					for range 10 {
						n.take(id)
					}
				}
			}
			_, err := NewFaults(n.cfg).Plan(t.Context(), round.Target{Round: c.round}, n.fault)
			var no *round.Refusal
			if !errors.As(err, &no) || no.Rule != c.rule {
				t.Errorf("the plan: %v", err)
			}
		})
	}
}

// A shop that has scaled out already has what it should miss.
func TestInterfaceLeakWantsTheServiceAsItWasBuilt(t *testing.T) {
	s := newShopService(t)
	n := &narrow{network: s.network}
	n.subnetOf("10.0.1.0/28", infra.SubnetTasksA)
	fault := round.Fault{Kind: "interface-leak", Params: map[string]string{
		"subnets": infra.SubnetTasksA, "service": infra.ServiceAPI, "owner": "pricing-crawler", "description": "pricing-crawler worker",
	}}
	n.subnetOf("10.0.1.16/28", "tasks-c") // a player's own
	built, more := n.subnets[:1], n.subnets
	for _, c := range []struct {
		desired int32
		subnets []string
		rule    string
	}{{2, built, ""}, {4, built, "not-steady"}, {0, built, "no-target"}, {2, more, "no-effect"}, {2, built, ""}} {
		if err := runCount(t.Context(), s.api, s.names, c.desired); err != nil {
			t.Fatal(err)
		}
		_, err := s.api.UpdateService(t.Context(), &ecs.UpdateServiceInput{Cluster: &s.names.Cluster, Service: aws.String(infra.ServiceAPI),
			NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: c.subnets, SecurityGroups: []string{s.from}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewFaults(s.cfg).Plan(t.Context(), s.target, fault)
		var no *round.Refusal
		if errors.As(err, &no) != (c.rule != "") || no != nil && no.Rule != c.rule || no == nil && err != nil {
			t.Errorf("%d tasks are wanted in %q: %v", c.desired, c.subnets, err)
		}
	}
}
