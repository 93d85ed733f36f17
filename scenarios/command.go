package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// commandReceipt is a setting of the box that is changed, and what it was.
type commandReceipt struct {
	boxReceipt
	File    string `json:"file"`
	Set     string `json:"set"`            // KEY=value
	Back    string `json:"back"`           // KEY=value as the box is built
	Keep    string `json:"keep,omitempty"` // KEY=value as the box is built, which a player's repair may have changed
	Service string `json:"service"`
	Clear   string `json:"clear,omitempty"` // pattern of the files that the setting fills
}

// What goes into a shell has no character that means anything to one.
var (
	settingForm = regexp.MustCompile(`^[A-Z_]+=[A-Za-z0-9.]+$`)
	fileForm    = regexp.MustCompile(`^(/[A-Za-z0-9._*-]+)+$`)
	serviceForm = regexp.MustCompile(`^[a-z-]+$`)
)

// planCommand finds the box whose setting would be changed.
func planCommand(ctx context.Context, cfg aws.Config, t round.Target, params map[string]string) (round.Plan, error) {
	r := commandReceipt{File: params["file"], Set: params["set"], Back: params["back"], Keep: params["keep"], Service: params["service"], Clear: params["clear"]}
	if err := r.check(); err != nil {
		return round.Plan{}, err
	}
	box, err := servingBox(ctx, cfg, t.Round)
	if err != nil {
		return round.Plan{}, err
	}
	r.Instance, r.Mark = aws.ToString(box.InstanceId), "chaotic-good "+rand.Text()
	raw, err := json.Marshal(r)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	return round.Plan{
		Receipt: raw, Targets: []string{r.Instance},
		Blast: fmt.Sprintf("%s in %s of the inventory's EC2 box of %s, and what that makes its service write; nothing outside the box.", strings.Join(r.settings(), " and "), r.File, t.Round),
	}, nil
}

func (r commandReceipt) check() error {
	key, _, _ := strings.Cut(r.Set, "=")
	old, _, _ := strings.Cut(r.Back, "=")
	if !settingForm.MatchString(r.Set) || !settingForm.MatchString(r.Back) || key != old || r.Set == r.Back {
		return fmt.Errorf("change a setting: set %q and back %q are not two values of one KEY=value", r.Set, r.Back)
	}
	if r.Keep != "" && !settingForm.MatchString(r.Keep) {
		return fmt.Errorf("change a setting: keep %q is no KEY=value", r.Keep)
	}
	if !fileForm.MatchString(r.File) || strings.Contains(r.File, "*") || !serviceForm.MatchString(r.Service) || r.Clear != "" && !fileForm.MatchString(r.Clear) {
		return fmt.Errorf("change a setting: file %q, service %q or clear %q is none", r.File, r.Service, r.Clear)
	}
	return nil
}

func readCommand(raw json.RawMessage) (r commandReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Instance == "" {
		return r, errors.New("read the receipt: it names no instance")
	}
	return r, r.check()
}

// sed writes the one setting in the place of the other.
func (r commandReceipt) sed(to string) string {
	key, _, _ := strings.Cut(to, "=")
	return fmt.Sprintf("sed -i 's/^%s=.*/%s/' %s", key, to, r.File)
}

// settings are those that the command writes. What a repair of an earlier
// incident has left of Keep goes: the fault would have no effect beside it.
func (r commandReceipt) settings() []string {
	if r.Keep == "" {
		return []string{r.Set}
	}
	return []string{r.Set, r.Keep}
}

// changeSetting sends the command once: a second one would undo what a player
// has mended meanwhile.
func changeSetting(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readCommand(raw)
	if err != nil {
		return err
	}
	box, err := leashed(ctx, ec2.NewFromConfig(cfg), t.Round, r.Instance)
	if err != nil {
		return err
	}
	if box == nil {
		return fmt.Errorf("change a setting of %s: it is gone, or is not the box of %s any more", r.Instance, t.Round)
	}
	api := ssm.NewFromConfig(cfg)
	if sent, err := wasSent(ctx, api, r.boxReceipt); err != nil || sent {
		return err
	}
	var lines []string
	for _, s := range r.settings() {
		lines = append(lines, r.sed(s))
	}
	_, err = sendLines(ctx, api, r.Instance, r.Mark, append(lines, "systemctl reload "+r.Service)...)
	return err
}

// settingBack writes the setting as it was, empties what it has filled, and has
// the service run again. Where the setting is another one already and the
// service runs, nothing is touched: that is a player's own repair.
func settingBack(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	r, err := readCommand(raw)
	if err != nil {
		return err
	}
	if other, err := replaced(ctx, cfg, t.Round, r.Instance); err != nil || other {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, boxTime)
	defer cancel()
	up, err := bootToCommand(ctx, ec2.NewFromConfig(cfg), t.Round, r.Instance)
	if err != nil || !up {
		return err
	}
	empty := "true"
	if r.Clear != "" {
		empty = "truncate -s 0 " + r.Clear
	}
	return runLines(ctx, ssm.NewFromConfig(cfg), r.Instance, r.Mark+" back",
		fmt.Sprintf("if grep -qx '%s' %s; then %s; %s; systemctl reload %s; fi", r.Set, r.File, r.sed(r.Back), empty, r.Service),
		fmt.Sprintf("systemctl is-active --quiet %s || { %s; systemctl restart %s; }", r.Service, empty, r.Service),
	)
}

// bootToCommand brings a box into the state in which it takes commands. False:
// it is gone.
func bootToCommand(ctx context.Context, api *ec2.Client, id round.ID, instance string) (bool, error) {
	box, err := leashed(ctx, api, id, instance)
	if err != nil || box == nil {
		return false, err
	}
	if stateOf(*box) != types.InstanceStateNameRunning {
		return true, boot(ctx, api, id, instance)
	}
	return true, rebootImpaired(ctx, api, instance)
}

// sendLines sends a shell script and returns the command's id. An agent that
// has just come up with its instance is waited for.
func sendLines(ctx context.Context, api *ssm.Client, instance, comment string, lines ...string) (string, error) {
	for {
		out, err := api.SendCommand(ctx, &ssm.SendCommandInput{
			DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{instance}, Comment: &comment,
			Parameters: map[string][]string{"commands": lines}, TimeoutSeconds: aws.Int32(60),
		})
		if err == nil {
			return aws.ToString(out.Command.CommandId), nil
		}
		if !coded(err, "InvalidInstanceId") {
			return "", fmt.Errorf("send a command to %s: %w", instance, err)
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("send a command to %s: %w", instance, err)
		case <-time.After(time.Second):
		}
	}
}

// runLines sends a script and waits until it has succeeded.
func runLines(ctx context.Context, api *ssm.Client, instance, comment string, lines ...string) error {
	id, err := sendLines(ctx, api, instance, comment, lines...)
	if err != nil {
		return err
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := api.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &id, InstanceId: &instance})
		switch {
		case coded(err, "InvocationDoesNotExist"): // AWS needs a moment
		case err != nil:
			return fmt.Errorf("ask how a command on %s ended: %w", instance, err)
		case out.Status == ssmtypes.CommandInvocationStatusSuccess:
			return nil
		case out.Status != ssmtypes.CommandInvocationStatusPending && out.Status != ssmtypes.CommandInvocationStatusInProgress && out.Status != ssmtypes.CommandInvocationStatusDelayed:
			return fmt.Errorf("a command on %s ended as %s: %s%s", instance, out.Status, aws.ToString(out.StandardOutputContent), aws.ToString(out.StandardErrorContent))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for a command on %s: %w", instance, ctx.Err())
		case <-tick.C:
		}
	}
}
