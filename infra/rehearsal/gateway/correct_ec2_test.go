package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// AWS: a rule is its protocol, ports and source; the description is not part
// of it, and a call changes everything that it names or nothing.
func TestIngressRulesAreWhatAWSTakesThemFor(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := ec2.NewFromConfig(w.root())
	group := func(name string) string {
		made, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: aws.String("d")})
		must(t, err)
		return *made.GroupId
	}
	app, db, third := group("app"), group("db"), group("third")
	from := func(id, description string) types.IpPermission {
		pair := types.UserIdGroupPair{GroupId: &id}
		if description != "" {
			pair.Description = &description
		}
		return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
			UserIdGroupPairs: []types.UserIdGroupPair{pair}}
	}
	network := func(cidr string) types.IpPermission {
		return types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
			IpRanges: []types.IpRange{{CidrIp: &cidr}}}
	}
	authorize := func(p ...types.IpPermission) error {
		_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &db, IpPermissions: p})
		return err
	}
	revoke := func(p ...types.IpPermission) error {
		_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &db, IpPermissions: p})
		return err
	}
	rules := func() int {
		got, err := c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
			Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{db}}}})
		must(t, err)
		n := 0
		for _, r := range got.SecurityGroupRules {
			if !*r.IsEgress {
				n++
			}
		}
		return n
	}
	want := func(n int, when string) {
		t.Helper()
		if got := rules(); got != n {
			t.Fatalf("%d rules %s, want %d", got, when, n)
		}
	}

	must(t, authorize(from(app, "the shop")))
	wantCode(t, authorize(from(app, "")), "InvalidPermission.Duplicate")
	say := wantCode(t, authorize(from(app, "other"), from(third, "")), "InvalidPermission.Duplicate")
	if want := `the specified rule "peer: ` + app + `, TCP, from port: 5432, to port: 5432, ALLOW" already exists`; say != want {
		t.Errorf("AWS says %q, want %q", say, want)
	}
	want(1, "after calls that were refused")
	wantCode(t, authorize(network("10.0.0.0/16"), network("not-a-network")), "InvalidParameterValue")
	wantCode(t, authorize(network("10.0.0.0/16"), from("sg-0123456789abcdef0", "")), "InvalidGroup.NotFound")
	wantCode(t, authorize(network("10.0.0.0/16"), network("10.0.0.0/16")), "InvalidParameterValue")
	want(1, "after calls that were refused")
	must(t, authorize(network("10.0.0.0/16"), from(third, "")))
	want(3, "after adding two")

	wantCode(t, revoke(from(app, ""), network("10.9.0.0/16")), "InvalidPermission.NotFound")
	want(3, "after a revoke that was refused")
	must(t, revoke(from(app, ""))) // without the description that it was made with
	want(2, "after revoking the pair")
	must(t, revoke(network("10.0.0.0/16"), from(third, "whatever")))
	want(0, "after revoking the rest")
	wantCode(t, revoke(from(app, "")), "InvalidPermission.NotFound")

	// The short form of one network.
	_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &db,
		IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432), CidrIp: aws.String("10.0.0.0/16")})
	must(t, err)
	got, err := c.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{db}}}})
	must(t, err)
	for _, r := range got.SecurityGroupRules {
		if !*r.IsEgress {
			_, err = c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &db, SecurityGroupRuleIds: []string{*r.SecurityGroupRuleId}})
			must(t, err)
		}
	}
	want(0, "after revoking by id")
	_, err = c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: aws.String("sg-0123456789abcdef0"), IpPermissions: []types.IpPermission{from(app, "")}})
	wantCode(t, err, "InvalidGroup.NotFound")
}

// AWS: only a running instance is rebooted, and a terminated one is gone.
func TestInstancesAreNotBroughtBackToLife(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c := ec2.NewFromConfig(w.root())
	id, sound := w.box("R7"), w.box("R7")
	reboot := func(ids ...string) error {
		_, err := c.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: ids})
		return err
	}
	start := func() error {
		_, err := c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{id}})
		return err
	}
	state := func(want types.InstanceStateName) {
		t.Helper()
		got, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		must(t, err)
		if s := got.Reservations[0].Instances[0].State.Name; s != want {
			t.Errorf("the instance is %s, want %s", s, want)
		}
	}
	must(t, reboot(id, sound))
	_, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	must(t, err)
	wantCode(t, reboot(sound, id), "IncorrectInstanceState")
	state("stopped")
	must(t, start())
	state("running")
	_, err = c.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}})
	must(t, err)
	if say := wantCode(t, start(), "IncorrectInstanceState"); say != "The instance '"+id+"' is not in a state from which it can be started." {
		t.Errorf("AWS says %q", say)
	}
	wantCode(t, reboot(id), "IncorrectInstanceState")
	_, err = c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}})
	wantCode(t, err, "IncorrectInstanceState")
	state("terminated")
	wantCode(t, reboot("i-0123456789abcdef0"), "InvalidInstanceID.NotFound")
	_, err = c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{sound}, DryRun: aws.Bool(true)})
	wantCode(t, err, "DryRunOperation")
}

// ingressGroup makes a security group.
func ingressGroup(w *world, name string) string {
	w.Helper()
	made, err := ec2.NewFromConfig(w.root()).CreateSecurityGroup(w.Context(), &ec2.CreateSecurityGroupInput{GroupName: &name, Description: &name})
	must(w, err)
	return *made.GroupId
}

func groupIsThere(w *world, id string) bool {
	w.Helper()
	got, err := ec2.NewFromConfig(w.root()).DescribeSecurityGroups(w.Context(), &ec2.DescribeSecurityGroupsInput{
		Filters: []types.Filter{{Name: aws.String("group-id"), Values: []string{id}}}})
	must(w, err)
	return len(got.SecurityGroups) == 1
}
