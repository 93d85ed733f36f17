package scenarios

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// box starts an instance with a round's tags, and puts it behind its balancer.
func (n *network) box(id string) string {
	n.Helper()
	instance := n.spare(id)
	n.target(id, instance, true)
	return instance
}

// target puts an instance behind the round's balancer, or takes it out.
func (n *network) target(id, instance string, in bool) {
	n.Helper()
	api, ctx := elb.NewFromConfig(n.cfg), n.Context()
	_, err := api.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String(infra.NamesOf(round.ID(id)).BoxTargetGroup),
		VpcId: &n.vpc, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(infra.PortApp), TargetType: elbtypes.TargetTypeEnumInstance})
	if err != nil && !coded(err, "DuplicateTargetGroupName") {
		n.Fatal(err)
	}
	groups, err := api.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{infra.NamesOf(round.ID(id)).BoxTargetGroup}})
	if err != nil {
		n.Fatal(err)
	}
	arn, targets := groups.TargetGroups[0].TargetGroupArn, []elbtypes.TargetDescription{{Id: &instance}}
	if in {
		_, err = api.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: arn, Targets: targets})
	} else {
		_, err = api.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: arn, Targets: targets})
	}
	if err != nil {
		n.Fatal(err)
	}
}

// spare starts an instance with a round's tags that serves nobody.
func (n *network) spare(id string) string {
	n.Helper()
	out, err := n.api.RunInstances(n.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeInstance, Tags: []types.Tag{
			{Key: aws.String(infra.TagRound), Value: &id}, {Key: aws.String(infra.TagRole), Value: aws.String(infra.RoleBox)},
		}}},
	})
	if err != nil {
		n.Fatal(err)
	}
	return *out.Instances[0].InstanceId
}

func (n *network) state(instance string, want types.InstanceStateName) {
	n.Helper()
	out, err := n.api.DescribeInstances(n.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{instance}})
	if err != nil {
		n.Fatal(err)
	}
	if got := out.Reservations[0].Instances[0].State.Name; got != want {
		n.Errorf("%s is %s, want %s", instance, got, want)
	}
}

// lifted plans the fault and gives it twice over.
func (n *network) lifted(kind string) (raw json.RawMessage, inject, rollback func()) {
	n.Helper()
	f, target, fault := NewFaults(n.cfg), round.Target{Round: "R1"}, round.Fault{Kind: kind}
	plan, err := f.Plan(n.Context(), target, fault)
	if err != nil {
		n.Fatal(err)
	}
	if !strings.Contains(plan.Blast, "R1") {
		n.Errorf("the blast radius names no round: %s", plan.Blast)
	}
	twice := func(do func() error) func() {
		return func() {
			n.Helper()
			for range 2 {
				if err := do(); err != nil {
					n.Fatal(err)
				}
			}
		}
	}
	ctx := n.Context()
	return plan.Receipt, twice(func() error { return f.Inject(ctx, target, fault, plan.Receipt) }),
		twice(func() error { return f.Rollback(ctx, target, fault, plan.Receipt) })
}

func TestInstanceStop(t *testing.T) {
	n := newNetwork(t)
	other, box := n.box("R10"), n.box("R1")
	_, inject, rollback := n.lifted("instance-stop")
	n.state(box, types.InstanceStateNameRunning) // a plan touches nothing
	inject()
	n.state(box, types.InstanceStateNameStopped)
	n.state(other, types.InstanceStateNameRunning)
	rollback()
	n.state(box, types.InstanceStateNameRunning)

	inject()
	if _, err := n.api.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{box}}); err != nil {
		t.Fatal(err)
	}
	replaced := n.box("R1")
	rollback()
	n.state(box, types.InstanceStateNameTerminated)
	n.state(replaced, types.InstanceStateNameRunning)
}

// TestTheLeashOfTheBox takes the round's tag away after the plan was made.
func TestTheLeashOfTheBox(t *testing.T) {
	n := newNetwork(t)
	f, ctx := NewFaults(n.cfg), t.Context()
	for _, kind := range []string{"instance-stop", "instance-panic"} {
		box := n.box("R1")
		raw, _, rollback := n.lifted(kind)
		_, err := n.api.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{box}, Tags: []types.Tag{{Key: aws.String(infra.TagRound)}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Inject(ctx, round.Target{Round: "R1"}, round.Fault{Kind: kind}, raw); err == nil {
			t.Errorf("%s broke an instance without the round's tag", kind)
		}
		rollback()
		n.state(box, types.InstanceStateNameRunning)
		_, err = f.Plan(ctx, round.Target{Round: "R1"}, round.Fault{Kind: kind})
		if refusal := new(round.Refusal); !errors.As(err, &refusal) {
			t.Errorf("%s without a box: %v, want a refusal", kind, err)
		}
	}
}

func TestInstancePanic(t *testing.T) {
	n := newNetwork(t)
	box := n.box("R1")
	_, inject, rollback := n.lifted("instance-panic")
	inject()
	out, err := ssm.NewFromConfig(n.cfg).ListCommands(t.Context(), &ssm.ListCommandsInput{InstanceId: &box})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Commands) != 1 || strings.Join(out.Commands[0].Parameters["commands"], "\n") != crashLine {
		t.Errorf("commands: %+v, want the line once", out.Commands)
	}
	// A command that kills SSM's agent is run again after the next boot: this one
	// has to end before, and what it leaves must not outlive the kernel.
	if line, _, _ := strings.Cut(crashLine, "/bin/sh"); !strings.HasPrefix(line, "systemd-run ") ||
		!strings.Contains(line, " --on-active=3 ") || !strings.Contains(line, "AccuracySec=100ms ") || strings.Contains(line, "--on-boot") {
		t.Errorf("the crash is not put off: %s", crashLine)
	}
	rollback()
	out, err = ssm.NewFromConfig(n.cfg).ListCommands(t.Context(), &ssm.ListCommandsInput{InstanceId: &box})
	if err != nil {
		t.Fatal(err)
	}
	var calm int
	for _, c := range out.Commands {
		if strings.Join(c.Parameters["commands"], "\n") == calmLine {
			calm++
		}
	}
	if calm != 2 || len(out.Commands) != 3 {
		t.Errorf("a crash that is still to come was taken back %d times in two rollbacks: %+v", calm, out.Commands)
	}
	n.state(box, types.InstanceStateNameRunning)
	if _, err := n.api.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{box}}); err != nil {
		t.Fatal(err)
	}
	rollback() // the player was half way through stop and start
	n.state(box, types.InstanceStateNameRunning)
}

// TestWhichBox: the one that the shop would miss, and none where it would miss
// none.
func TestWhichBox(t *testing.T) {
	n := newNetwork(t)
	for _, kind := range []string{"instance-stop", "instance-panic"} {
		fault := round.Fault{Kind: kind}
		plan := func(rule, instance string) {
			t.Helper()
			plan, err := NewFaults(n.cfg).Plan(t.Context(), round.Target{Round: "R1"}, fault)
			var no *round.Refusal
			switch {
			case rule != "" && (!errors.As(err, &no) || no.Rule != rule):
				t.Errorf("%s: %v, want it refused as %s", kind, err, rule)
			case rule == "" && (err != nil || !strings.Contains(string(plan.Receipt), instance)):
				t.Errorf("%s: %s, %v; want %s", kind, plan.Receipt, err, instance)
			}
		}
		decoy := n.spare("R1")
		plan("no-target", "")
		box := n.box("R1")
		n.spare("R1")
		plan("", box)
		n.target("R1", decoy, true)
		plan("no-effect", "")
		n.target("R1", box, false)
		plan("", decoy)
		n.target("R1", decoy, false)
	}
}

// TestARepairIsNotUndone: where another box serves, a rollback leaves the one
// that was broken as it is.
func TestARepairIsNotUndone(t *testing.T) {
	n := newNetwork(t)
	old := n.box("R1")
	_, inject, rollback := n.lifted("instance-stop")
	inject()
	n.box("R1")
	rollback()
	n.state(old, types.InstanceStateNameStopped)
}
