package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
)

// crashUnit is what stops the kernel, a little after the command that asks for
// it has ended.
const crashUnit = "chaotic-good-crash"

// crashLine has a Linux kernel stop as in a panic
// (https://docs.kernel.org/admin-guide/sysrq.html), in three seconds. SSM's agent
// says before that its command has ended: one that dies within a command runs it
// again when it is booted, and would crash the box that somebody has just
// repaired. For the same reason what it has noted goes to the disk first. systemd
// forgets the unit with the boot, and is told to be punctual: by itself it may
// take a minute longer.
const crashLine = "systemd-run --unit=" + crashUnit + " --on-active=3 --timer-property=AccuracySec=100ms" +
	" /bin/sh -c 'sync; echo c > /proc/sysrq-trigger'"

// calmLine takes a crash back that has not come yet.
const calmLine = "systemctl stop " + crashUnit + ".timer " + crashUnit + ".service || true"

// calmTime is how long a system that lives may take to say so.
const calmTime = 45 * time.Second

func planStop(ctx context.Context, cfg aws.Config, t round.Target, _ map[string]string) (round.Plan, error) {
	return planBox(ctx, cfg, t, "The inventory's EC2 box of %s is stopped; nothing outside it.", "")
}

// stopInstance pulls the plug: it does not wait for the system to shut down.
func stopInstance(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readBox(raw)
	if err != nil {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	box, err := leashed(ctx, api, t.Round, receipt.Instance)
	if err != nil {
		return err
	}
	if box == nil {
		return fmt.Errorf("stop %s: it is gone, or is not the box of %s any more", receipt.Instance, t.Round)
	}
	if s := stateOf(*box); s == types.InstanceStateNameStopped || s == types.InstanceStateNameStopping {
		return nil
	}
	_, err = api.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{receipt.Instance}, Force: aws.Bool(true)})
	if err != nil {
		return fmt.Errorf("stop %s: %w", receipt.Instance, err)
	}
	return nil
}

// startAgain leaves a box that runs, or that was replaced, as it is.
func startAgain(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readBox(raw)
	if err != nil {
		return err
	}
	if other, err := replaced(ctx, cfg, t.Round, receipt.Instance); err != nil || other {
		return err
	}
	return boot(ctx, ec2.NewFromConfig(cfg), t.Round, receipt.Instance)
}

func planPanic(ctx context.Context, cfg aws.Config, t round.Target, _ map[string]string) (round.Plan, error) {
	return planBox(ctx, cfg, t, "The kernel of the inventory's EC2 box of %s crashes; nothing outside it.", "chaotic-good "+rand.Text())
}

// panicInstance sends the line once: a second one would crash a system that was
// booted meanwhile. Where two get there at once, the unit's name is taken.
func panicInstance(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readBox(raw)
	if err != nil {
		return err
	}
	box, err := leashed(ctx, ec2.NewFromConfig(cfg), t.Round, receipt.Instance)
	if err != nil {
		return err
	}
	if box == nil {
		return fmt.Errorf("crash %s: it is gone, or is not the box of %s any more", receipt.Instance, t.Round)
	}
	api := ssm.NewFromConfig(cfg)
	if sent, err := wasSent(ctx, api, receipt); err != nil || sent {
		return err
	}
	_, err = api.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{receipt.Instance}, Comment: &receipt.Mark,
		Parameters: map[string][]string{"commands": {crashLine}}, TimeoutSeconds: aws.Int32(30),
	})
	if err != nil {
		return fmt.Errorf("crash %s: %w", receipt.Instance, err)
	}
	return nil
}

// wasSent reports whether the instance was sent the command with the receipt's
// mark. AWS remembers commands for a month.
func wasSent(ctx context.Context, api *ssm.Client, receipt boxReceipt) (bool, error) {
	pages := ssm.NewListCommandsPaginator(api, &ssm.ListCommandsInput{InstanceId: &receipt.Instance})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, fmt.Errorf("list the commands of %s: %w", receipt.Instance, err)
		}
		for _, c := range page.Commands {
			if aws.ToString(c.Comment) == receipt.Mark {
				return true, nil
			}
		}
	}
	return false, nil
}

// bootAgain reboots a box whose system does not answer, and starts one that was
// stopped. One that answers, or that was replaced, is left as it is, but for a
// crash that is still to come. AWS's status check takes minutes to notice a crash:
// a box that passes it is asked itself.
func bootAgain(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readBox(raw)
	if err != nil {
		return err
	}
	if other, err := replaced(ctx, cfg, t.Round, receipt.Instance); err != nil || other {
		return err
	}
	api := ec2.NewFromConfig(cfg)
	box, err := leashed(ctx, api, t.Round, receipt.Instance)
	if err != nil || box == nil {
		return err
	}
	if stateOf(*box) != types.InstanceStateNameRunning {
		return boot(ctx, api, t.Round, receipt.Instance)
	}
	bad, err := impaired(ctx, api, receipt.Instance)
	if err != nil {
		return err
	}
	if !bad {
		asked, cancel := context.WithTimeout(ctx, calmTime)
		defer cancel()
		err := runLines(asked, ssm.NewFromConfig(cfg), receipt.Instance, receipt.Mark+" back", calmLine)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || asked.Err() == nil { // it was refused, or nobody wants it any more
			return err
		}
	}
	return reboot(ctx, api, receipt.Instance)
}

// rebootImpaired reboots an instance whose status check fails.
func rebootImpaired(ctx context.Context, api *ec2.Client, instance string) error {
	bad, err := impaired(ctx, api, instance)
	if err != nil || !bad {
		return err
	}
	return reboot(ctx, api, instance)
}

// impaired reports whether an instance's status check fails.
func impaired(ctx context.Context, api *ec2.Client, instance string) (bool, error) {
	out, err := api.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{instance}})
	if err != nil {
		return false, fmt.Errorf("read the status of %s: %w", instance, err)
	}
	for _, s := range out.InstanceStatuses {
		if s.InstanceStatus != nil && s.InstanceStatus.Status == types.SummaryStatusImpaired {
			return true, nil
		}
	}
	return false, nil
}

func reboot(ctx context.Context, api *ec2.Client, instance string) error {
	if _, err := api.RebootInstances(ctx, &ec2.RebootInstancesInput{InstanceIds: []string{instance}}); err != nil {
		return fmt.Errorf("reboot %s: %w", instance, err)
	}
	return nil
}
