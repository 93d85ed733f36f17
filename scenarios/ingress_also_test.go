package scenarios

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// TestNothingWouldBreak: a rule is not taken away while another, which a
// player's earlier repair left, goes on admitting the tasks.
func TestNothingWouldBreak(t *testing.T) {
	n := newNetwork(t)
	ctx, target := t.Context(), round.Target{Round: "R1"}
	fault := round.Fault{Kind: "ingress-revoke", Params: map[string]string{"from": infra.RoleTasks, "to": infra.RoleDatabase, "port": "5432"}}
	f := NewFaults(n.cfg)
	_, err := n.api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &n.vpc, CidrBlock: aws.String("10.0.2.0/28"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSubnet, Tags: []types.Tag{
			{Key: aws.String(infra.TagRound), Value: aws.String("R1")}, {Key: aws.String(infra.TagRole), Value: aws.String(infra.SubnetTasksA)},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	spare := n.group("spare", "")
	if _, err := n.api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &spare, IpPermissions: []types.IpPermission{n.permitted}}); err != nil {
		t.Fatal(err)
	}
	db, id := rds.NewFromConfig(n.cfg), aws.String(infra.NamesOf("R1").Database)
	_, err = db.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: id, Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t4g.micro"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("shop"), MasterUserPassword: aws.String("not-a-secret"), VpcSecurityGroupIds: []string{n.to}})
	if err != nil {
		t.Fatal(err)
	}
	attach := func(groups ...string) {
		t.Helper()
		if _, err := db.ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, VpcSecurityGroupIds: groups}); err != nil {
			t.Fatal(err)
		}
	}
	cidr := func(r string, port int32) types.IpPermission {
		return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: &port, ToPort: &port, IpRanges: []types.IpRange{{CidrIp: &r}}}
	}
	want := func(name, part string) {
		t.Helper()
		_, err := f.Plan(ctx, target, fault)
		var no *round.Refusal
		switch {
		case part == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case part != "" && (!errors.As(err, &no) || no.Rule != "no-effect" || !strings.Contains(no.Say, part)):
			t.Errorf("%s: %v, want a refusal with %q", name, err, part)
		}
	}
	want("as it was built", "")
	n.allow(cidr("10.9.0.0/16", 5432))
	n.allow(cidr("10.0.2.0/28", 22))
	want("rules for others, and for another port", "")
	attach(n.to, spare)
	want("a second group", "A rule of "+spare)
	attach(n.to)
	want("only its own group again", "")
	n.allow(cidr("10.0.0.0/20", 5432))
	want("the tasks' addresses", "A rule for 10.0.0.0/20 lets the tasks reach the database")
}
