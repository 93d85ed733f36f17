package infra

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// registering counts the calls that put something behind a balancer.
type registering struct{ calls atomic.Int64 }

func (c *registering) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if bytes.Contains(body, []byte("Action=RegisterTargets")) {
			c.calls.Add(1)
		}
	}
	return http.DefaultClient.Do(r)
}

// TestTheBoxIsBehindItsBalancer: a provision puts it there once. Another one, as
// after a restart, leaves alone what serves, also where a player replaced the
// box; only where nothing is left that lives the newest box is put there.
func TestTheBoxIsBehindItsBalancer(t *testing.T) {
	counter := &registering{}
	cfg := testConfig(needMoto(t), counter)
	const id = round.ID("R13")
	m, spec, n, ctx := testMaker(t, cfg), testSpec(id), NamesOf(id), t.Context()
	_, stop := stage(t, cfg, id)
	if _, err := m.Provision(ctx, spec, func(round.Progress) {}); err != nil {
		t.Fatal(err)
	}
	stop()
	s := must(m.stack(ctx, spec))(t)
	groups := must(s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{n.BoxTargetGroup}}))(t).TargetGroups
	s.boxTargetGroup = aws.ToString(groups[0].TargetGroupArn)
	boxes := must(s.boxes(ctx))(t)
	if len(boxes) != 1 {
		t.Fatalf("%d boxes", len(boxes))
	}
	box := *boxes[0].InstanceId
	behind := func(when string, calls int64, want ...string) {
		t.Helper()
		var have []string
		for _, h := range must(s.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &s.boxTargetGroup}))(t).TargetHealthDescriptions {
			if aws.ToInt32(h.Target.Port) != PortApp {
				t.Errorf("%s: the box is asked at port %d", when, aws.ToInt32(h.Target.Port))
			}
			have = append(have, *h.Target.Id)
		}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) || counter.calls.Load() != calls {
			t.Errorf("%s: behind the balancer is %v by %d calls, want %v by %d", when, have, counter.calls.Load(), want, calls)
		}
	}
	again := func() {
		t.Helper()
		if err := makeBoxTarget(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	change := func(on bool, id string) {
		t.Helper()
		targets := []elbtypes.TargetDescription{{Id: &id, Port: aws.Int32(PortApp)}}
		if on {
			must(s.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &s.boxTargetGroup, Targets: targets}))(t)
		} else {
			must(s.elb.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &s.boxTargetGroup, Targets: targets}))(t)
		}
	}
	behind("made", 1, box)
	again()
	behind("made again", 1, box)
	must(s.ec2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{box}}))(t)
	again()
	behind("stopped", 1, box) // a fault, and not ours to repair

	made := must(s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: boxes[0].ImageId, InstanceType: HostType, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: boxes[0].SubnetId,
		TagSpecifications: s.tagged(types.ResourceTypeInstance, RoleBox, n.Box),
	}))(t)
	replacement := *made.Instances[0].InstanceId
	again()
	behind("replaced, and not yet put there", 1, box) // by whom it was started it is put there
	change(true, replacement)
	change(false, box)
	again()
	behind("replaced", 2, replacement)
	must(s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{box}}))(t)
	again()
	behind("replaced, the old one gone", 2, replacement)

	last := *must(s.ec2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: boxes[0].ImageId, InstanceType: HostType, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), SubnetId: boxes[0].SubnetId,
		TagSpecifications: s.tagged(types.ResourceTypeInstance, RoleBox, n.Box),
	}))(t).Instances[0].InstanceId
	must(s.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{replacement}}))(t)
	again()
	behind("nothing living was there", 3, last)
	if _, err := m.Destroy(ctx, spec, func(round.Progress) {}); err != nil {
		t.Error(err)
	}
}
