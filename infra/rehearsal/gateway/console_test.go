package gateway

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// TestTheConsole: it shows the last boot of an instance, how that ended, and
// both also when the instance is off.
func TestTheConsole(t *testing.T) {
	w := newWorld(t)
	ctx, c, box := t.Context(), ec2.NewFromConfig(w.root()), w.box("R75")
	got, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{box}})
	must(t, err)
	i := got.Reservations[0].Instances[0]
	host := "ip-" + strings.ReplaceAll(*i.PrivateIpAddress, ".", "-")
	read := func() (string, time.Time) {
		t.Helper()
		got, err := c.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &box})
		must(t, err)
		text, err := base64.StdEncoding.DecodeString(aws.ToString(got.Output))
		must(t, err)
		if *got.InstanceId != box {
			t.Errorf("it is the console of %s", *got.InstanceId)
		}
		return string(text), *got.Timestamp
	}
	want := func(when string, crashed bool) time.Time {
		t.Helper()
		log, at := read()
		if !strings.Contains(log, "Amazon Linux 2023") || !strings.Contains(log, "<"+*i.PrivateDnsName+">") || !strings.Contains(log, "DMI: Amazon EC2 "+string(i.InstanceType)+"/") {
			t.Errorf("%s: it is no boot of this instance:\n%s", when, log)
		}
		if crashed {
			_, end, _ := strings.Cut(log, host+" login: \n")
			for _, line := range []string{"sysrq: Trigger a crash\n", "Kernel panic - not syncing: sysrq triggered crash\n", "Call Trace:\n"} {
				if !strings.Contains(end, line) {
					t.Errorf("%s: it does not end in %q:\n%s", when, line, end)
				}
			}
		} else if !strings.HasSuffix(log, host+" login: ") || strings.Contains(log, "panic") {
			t.Errorf("%s: it does not end in a login prompt:\n%s", when, log)
		}
		return at
	}
	crash := func() {
		_, err := ssm.NewFromConfig(w.root()).SendCommand(ctx, &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"),
			InstanceIds: []string{box}, Parameters: map[string][]string{"commands": {crashLine}}})
		must(t, err)
	}
	stop := func() {
		_, err := c.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{box}})
		must(t, err)
	}
	start := func() {
		_, err := c.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: []string{box}})
		must(t, err)
	}

	if at := want("launched", false); at.Sub(*i.LaunchTime).Abs() > time.Second {
		t.Errorf("it booted at %s and was launched at %s", at, i.LaunchTime)
	}
	w.clock.shift(time.Minute)
	crash()
	if at := want("crashed", true); at.Sub(*i.LaunchTime) < time.Minute-time.Second {
		t.Errorf("it crashed at %s", at)
	}
	start() // of what runs does nothing
	want("crashed, and started", true)
	stop()
	want("crashed, and stopped", true)
	start()
	second := want("started again", false)
	stop()
	if at := want("stopped", false); !at.Equal(second) {
		t.Errorf("its last boot was at %s, and then at %s", second, at)
	}
	start()
	crash()
	_, err = c.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{box}})
	must(t, err)
	want("rebooted", false)
	_, err = c.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: aws.String("i-0123456789abcdef0")})
	wantCode(t, err, "InvalidInstanceID.NotFound")
}
