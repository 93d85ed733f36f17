package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// TestAStoppedBoxIsNotRebooted: AWS has no power to give to what is off.
func TestAStoppedBoxIsNotRebooted(t *testing.T) {
	w := newWorld(t)
	ctx, c, box := t.Context(), ec2.NewFromConfig(w.root()), w.box("R71")
	_, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{box}})
	must(t, err)
	_, err = c.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{box}})
	wantCode(t, err, "IncorrectInstanceState")
	if n := w.gateway.Boots(box); n != 0 {
		t.Errorf("it was booted %d times", n)
	}
	_, err = c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{box}})
	must(t, err)
	_, err = c.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{box}})
	must(t, err)
	if n := w.gateway.Boots(box); n != 1 {
		t.Errorf("it was booted %d times, want once", n)
	}
}

// TestACrashedKernel: the instance runs, and its system does not.
func TestACrashedKernel(t *testing.T) {
	w := newWorld(t)
	ctx, c, s := t.Context(), ec2.NewFromConfig(w.root()), ssm.NewFromConfig(w.root())
	box, other := w.box("R72"), w.box("R72")
	send := func(lines ...string) error {
		_, err := s.SendCommand(ctx, &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"),
			InstanceIds: []string{box}, Parameters: map[string][]string{"commands": lines}})
		return err
	}
	want := func(id string, crashed bool) {
		t.Helper()
		status, ping := types.SummaryStatusOk, "Online"
		if crashed {
			status, ping = types.SummaryStatusImpaired, "ConnectionLost"
		}
		got, err := c.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{id}})
		must(t, err)
		if len(got.InstanceStatuses) != 1 {
			t.Fatalf("there are %d statuses", len(got.InstanceStatuses))
		}
		st := got.InstanceStatuses[0]
		if st.InstanceStatus.Status != status || st.SystemStatus.Status != types.SummaryStatusOk || st.InstanceState.Name != "running" {
			t.Errorf("%s: instance %s, system %s, state %s; want the instance %s", id, st.InstanceStatus.Status, st.SystemStatus.Status, st.InstanceState.Name, status)
		}
		info, err := s.DescribeInstanceInformation(ctx, nil)
		must(t, err)
		for _, i := range info.InstanceInformationList {
			if *i.InstanceId == id && string(i.PingStatus) != ping {
				t.Errorf("%s answers %s, want %s", id, i.PingStatus, ping)
			}
		}
		if w.gateway.Crashed(id) != crashed {
			t.Errorf("%s: crashed is %v", id, !crashed)
		}
	}
	must(t, send("uptime"))
	must(t, send("echo "+crashLine)) // says it, and does not do it
	want(box, false)
	for name, mend := range map[string]func() error{
		"reboot": func() error {
			_, err := c.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{box}})
			return err
		},
		"stop and start": func() error {
			if _, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{box}}); err != nil {
				return err
			}
			_, err := c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{box}})
			return err
		},
	} {
		must(t, send(crashLine))
		want(box, true)
		want(other, false)
		wantCode(t, send("uptime"), "InvalidInstanceId")
		if err := mend(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want(box, false)
		must(t, send("uptime"))
	}
}
