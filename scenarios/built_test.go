package scenarios

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// planned asks whether a fault would be planned that wants this as it was built.
func (n *network) planned(built string) error {
	n.Helper()
	f := &Faults{n.cfg, map[string]kind{"probe": {plan: func(_ context.Context, _ aws.Config, _ round.Target, params map[string]string) (round.Plan, error) {
		if _, ok := params[builtParam]; ok {
			n.Error("the kind is given what is not its own")
		}
		return round.Plan{}, nil
	}}}}
	_, err := f.Plan(n.Context(), round.Target{Round: "R1"}, round.Fault{Kind: "probe", Params: map[string]string{builtParam: built}})
	return err
}

// newBuilt is a database, a box with its log volume, and nodes of R1, as they
// are built.
func newBuilt(t *testing.T) (*network, string) {
	t.Helper()
	n := newNetwork(t)
	names, ctx := infra.NamesOf("R1"), t.Context()
	made := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	box := n.box("R1")
	volume, err := n.api.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("us-east-1a"), Size: aws.Int32(infra.LogVolume)})
	made(err)
	_, err = n.api.AttachVolume(ctx, &ec2.AttachVolumeInput{VolumeId: volume.VolumeId, InstanceId: &box, Device: aws.String(infra.LogDevice)})
	made(err)
	n.gated()
	n.api = ec2.NewFromConfig(n.cfg)
	db := rds.NewFromConfig(n.cfg)
	_, err = db.CreateDBParameterGroup(ctx, &rds.CreateDBParameterGroupInput{DBParameterGroupName: &names.Database, DBParameterGroupFamily: aws.String("postgres16"), Description: &names.Database})
	made(err)
	made(n.connections(infra.MaxConnections))
	_, err = db.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: &names.Database, DBInstanceClass: aws.String(infra.DatabaseClass),
		Engine: aws.String("postgres"), DBParameterGroupName: &names.Database})
	made(err)
	subnet, err := n.api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &n.vpc, CidrBlock: aws.String("10.0.9.0/24")})
	made(err)
	role, subnets := "arn:aws:iam::123456789012:role/nodes", []string{*subnet.Subnet.SubnetId}
	_, err = eks.NewFromConfig(n.cfg).CreateCluster(ctx, &eks.CreateClusterInput{Name: &names.Cluster, RoleArn: &role, ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: subnets}})
	made(err)
	made(n.nodes(names.Nodes, subnets))
	return n, *subnet.Subnet.SubnetId
}

func (n *network) connections(most string) error {
	_, err := rds.NewFromConfig(n.cfg).ModifyDBParameterGroup(n.Context(), &rds.ModifyDBParameterGroupInput{
		DBParameterGroupName: aws.String(infra.NamesOf("R1").Database), Parameters: []rdstypes.Parameter{{
			ParameterName: aws.String("max_connections"), ParameterValue: &most, ApplyMethod: rdstypes.ApplyMethodPendingReboot,
		}},
	})
	return err
}

func (n *network) class(class string, atOnce bool) error {
	_, err := rds.NewFromConfig(n.cfg).ModifyDBInstance(n.Context(), &rds.ModifyDBInstanceInput{
		DBInstanceIdentifier: aws.String(infra.NamesOf("R1").Database), DBInstanceClass: &class, ApplyImmediately: &atOnce,
	})
	return err
}

func (n *network) nodes(group string, subnets []string) error {
	_, err := eks.NewFromConfig(n.cfg).CreateNodegroup(n.Context(), &eks.CreateNodegroupInput{
		ClusterName: aws.String(infra.NamesOf("R1").Cluster), NodegroupName: &group, NodeRole: aws.String("arn:aws:iam::123456789012:role/nodes"), Subnets: subnets,
		InstanceTypes: []string{infra.NodeType},
		ScalingConfig: &ekstypes.NodegroupScalingConfig{MinSize: aws.Int32(1), MaxSize: aws.Int32(infra.NodesAtMost), DesiredSize: aws.Int32(1)},
	})
	return err
}

func (n *network) maximum(most int32) error {
	names := infra.NamesOf("R1")
	_, err := eks.NewFromConfig(n.cfg).UpdateNodegroupConfig(n.Context(), &eks.UpdateNodegroupConfigInput{
		ClusterName: &names.Cluster, NodegroupName: &names.Nodes, ScalingConfig: &ekstypes.NodegroupScalingConfig{MaxSize: &most},
	})
	return err
}

// growLog is half of what a player does who grows the volume; the file system is
// not AWS's.
func (n *network) growLog(size int32) error {
	out, err := n.api.DescribeVolumes(n.Context(), &ec2.DescribeVolumesInput{Filters: []types.Filter{{Name: aws.String("attachment.device"), Values: []string{infra.LogDevice}}}})
	if err != nil {
		return err
	}
	_, err = n.api.ModifyVolume(n.Context(), &ec2.ModifyVolumeInput{VolumeId: out.Volumes[0].VolumeId, Size: &size})
	return err
}

// A right repair stays when its incident is over, and is in the way of the next
// one of its kind. What is no repair is in nobody's way.
func TestARepairThatStaysIsInTheWay(t *testing.T) {
	n, subnet := newBuilt(t)
	names := infra.NamesOf("R1")
	for _, c := range []struct {
		name, built string
		does        func() error
		says        string // empty: it may be planned
	}{
		{"nothing yet", "database-class connections log-volume nodes", func() error { return nil }, ""},
		{"fewer connections", "connections", func() error { return n.connections("60") }, ""},
		{"more connections", "connections", func() error { return n.connections("300") }, "max_connections of the database of R1 was raised to 300"},
		{"another part of it", "database-class", func() error { return nil }, ""},
		{"the connections that were built", "connections", func() error { return n.connections(infra.MaxConnections) }, ""},
		{"a bigger class, later", "database-class", func() error { return n.class(biggerClass, false) }, "moved to " + biggerClass},
		{"a bigger class", "database-class", func() error { return n.class(biggerClass, true) }, "moved to " + biggerClass},
		{"a larger volume", "log-volume", func() error { return n.growLog(2) }, "grown to 2 GiB"},
		{"a second group", "nodes", func() error { return n.nodes("bigger", []string{subnet}) }, "node groups"},
		{"one group again", "nodes", func() error {
			_, err := eks.NewFromConfig(n.cfg).DeleteNodegroup(n.Context(), &eks.DeleteNodegroupInput{ClusterName: &names.Cluster, NodegroupName: aws.String("bigger")})
			return err
		}, ""},
		{"a higher maximum", "nodes", func() error { return n.maximum(roomyMaximum) }, "allowed 4 nodes"},
	} {
		if err := c.does(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		err := n.planned(c.built)
		var no *round.Refusal
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (!errors.As(err, &no) || no.Rule != "no-effect" || !strings.Contains(no.Say, c.says) || !strings.Contains(no.Say, "`/destroy` and `/provision`")):
			t.Errorf("%s: %v, want it refused with %q", c.name, err, c.says)
		}
	}
	if err := n.planned("garden"); err == nil || !strings.Contains(err.Error(), "database-class") {
		t.Errorf("what is no part of a stack: %v", err)
	}
}

// TestEachScenarioMindsItsRepairs: those whose repairs stay say what would be in
// the way.
func TestEachScenarioMindsItsRepairs(t *testing.T) {
	for part, id := range map[string]string{
		"database-class": "database-overload", "connections": "database-connections", "log-volume": "disk-full", "nodes": "node-capacity",
	} {
		f, _, err := read(Files, id+"/scenario.yaml", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Part.Fault.Params[builtParam]; got != part {
			t.Errorf("%s minds %q, want %q", id, got, part)
		}
	}
}
