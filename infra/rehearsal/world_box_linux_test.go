package rehearsal

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/infra"
)

// box is the id of the round's box.
func (s *stage) box(ctx context.Context) []string {
	s.t.Helper()
	out := must(s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: tagged(infra.TagRole, infra.RoleBox)}))(s.t)
	var ids []string
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if i.State.Name != "terminated" {
				ids = append(ids, aws.ToString(i.InstanceId))
			}
		}
	}
	if len(ids) != 1 {
		s.t.Fatalf("there are %d boxes", len(ids))
	}
	return ids
}

// stock counts the tasks that get stock figures.
func (s *stage) stock(ctx context.Context) float64 { return s.sum(ctx, "shop_inventory_up") }

// boxHealth is what the balancer in front of the box says of an instance.
func (s *stage) boxHealth(ctx context.Context, id string) string {
	s.t.Helper()
	out := must(s.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{
		TargetGroupArn: s.boxTargets(ctx), Targets: []elbtypes.TargetDescription{{Id: &id}},
	}))(s.t)
	h := out.TargetHealthDescriptions[0].TargetHealth
	return string(h.State) + " " + string(h.Reason)
}

func (s *stage) boxTargets(ctx context.Context) *string {
	s.t.Helper()
	groups := must(s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{s.n.BoxTargetGroup}}))(s.t)
	return groups.TargetGroups[0].TargetGroupArn
}

// testBox: a stopped host answers nothing, and does again when it is started.
func testBox(t *testing.T, ctx context.Context, s *stage) {
	id := s.box(ctx)
	s.until("the shop sees the inventory", func() bool { return s.stock(ctx) == 2 })
	if got := s.boxHealth(ctx, id[0]); got != "healthy " {
		t.Errorf("its balancer calls it %s", got)
	}
	began := time.Now()
	must(s.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: id}))(t)
	s.until("the shop misses the inventory", func() bool { return s.stock(ctx) == 0 })
	if got := s.boxHealth(ctx, id[0]); got != "unused Target.InvalidState" {
		t.Errorf("its balancer calls it %s", got)
	}
	if refused := s.said(began, "connection refused"); len(refused) > 0 {
		t.Errorf("a host that is off refused: %s", refused[0])
	}
	must(s.ec2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: id}))(t)
	s.until("the inventory is back", func() bool { return s.stock(ctx) == 2 })
}

// testBoxCrashed: the instance runs and serves nothing, until it is rebooted.
func testBoxCrashed(t *testing.T, ctx context.Context, s *stage) {
	id := s.box(ctx)
	sent := must(s.ssm.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: id,
		Parameters: map[string][]string{"commands": {"systemd-run --on-active=2 --timer-property=AccuracySec=100ms /bin/sh -c 'sync; echo c > /proc/sysrq-trigger'"}},
	}))(t)
	s.until("the command has ended", func() bool {
		got, err := s.ssm.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: sent.Command.CommandId, InstanceId: &id[0]})
		return err == nil && got.Status == "Success" // a command that its box dies of never says so
	})
	s.until("the shop misses the inventory", func() bool { return s.stock(ctx) == 0 })
	if n := s.inBox(id[0]); n != 0 {
		t.Errorf("%d processes of a box whose kernel stopped go on", n)
	}
	status := must(s.ec2.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: id}))(t).InstanceStatuses
	if len(status) != 1 || status[0].InstanceStatus.Status != "impaired" || status[0].InstanceState.Name != "running" {
		t.Errorf("its status is %+v", status)
	}
	if got := s.boxHealth(ctx, id[0]); got != "unhealthy Target.Timeout" {
		t.Errorf("its balancer calls it %s", got)
	}
	must(s.ec2.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: id}))(t)
	s.until("the inventory is back", func() bool { return s.stock(ctx) == 2 })
}

// testBoxReplaced: another box serves when it stands behind the balancer, and
// not before.
func testBoxReplaced(t *testing.T, ctx context.Context, s *stage) {
	old := s.box(ctx)
	was := must(s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: old}))(t).Reservations[0].Instances[0]
	must(s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: old}))(t)
	s.until("the shop misses the inventory", func() bool { return s.stock(ctx) == 0 })
	made := must(s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		LaunchTemplate: &ec2types.LaunchTemplateSpecification{LaunchTemplateName: &s.n.Box}, SubnetId: was.SubnetId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
	}))(t).Instances[0].InstanceId
	s.until("the other box runs", func() bool { return s.inBox(aws.ToString(made)) == 1 })
	s.visits(ctx, 90)
	if s.stock(ctx) != 0 {
		t.Error("a box that stands behind no balancer serves")
	}
	target := []elbtypes.TargetDescription{{Id: made}}
	must(s.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: s.boxTargets(ctx), Targets: target}))(t)
	s.until("the inventory is back", func() bool { return s.stock(ctx) == 2 })
	if got := s.boxHealth(ctx, old[0]); got != "unused Target.NotRegistered" {
		t.Errorf("its balancer calls the old box %s", got)
	}
}

// inBox counts what runs in an instance.
func (s *stage) inBox(id string) (n int) {
	s.t.Helper()
	m := s.recon.Machine(id)
	if m == nil {
		return 0
	}
	inv := must(s.Group.Inventory())(s.t)
	for _, p := range inv.Processes {
		if p.Parent == m.PID() {
			n++
		}
	}
	return n
}
