package gateway

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// fakeAgents is what runs commands on the instances of a test.
type fakeAgents func(ctx context.Context, instance string, s Script) (Outcome, error)

func (f fakeAgents) Command(ctx context.Context, instance string, s Script) (Outcome, error) {
	return f(ctx, instance, s)
}

// AWS: a command is pending, then in progress, then over, with what it printed.
func TestACommandIsRun(t *testing.T) {
	w := newWorld(t)
	ctx, c := t.Context(), ssm.NewFromConfig(w.root())
	one, other := w.box("R77"), w.box("R77")
	goOn := make(chan struct{})
	asked := 0
	w.gateway.SetAgents(fakeAgents(func(ctx context.Context, instance string, s Script) (Outcome, error) {
		switch {
		case strings.Contains(s.Text, "wait"):
			select {
			case <-goOn:
			case <-ctx.Done():
			}
		case strings.Contains(s.Text, "late"):
			if asked++; asked < 3 {
				return Outcome{}, ErrNoAgent
			}
		case strings.Contains(s.Text, "deaf"):
			return Outcome{}, ErrNoAgent
		case strings.Contains(s.Text, "slow"):
			return Outcome{TimedOut: true, Code: 124}, nil
		case strings.Contains(s.Text, "false"):
			return Outcome{Out: "some", Err: "oops\n", Code: 3}, nil
		}
		return Outcome{Out: instance + " " + s.Text + strings.Repeat("x", mostOutput)}, nil
	}))
	send := func(line string, ids ...string) string {
		t.Helper()
		out, err := c.SendCommand(ctx, &ssm.SendCommandInput{DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: ids, Comment: aws.String("mine"),
			Parameters: map[string][]string{"commands": {line}, "workingDirectory": {"/tmp"}}, TimeoutSeconds: aws.Int32(30)})
		must(t, err)
		return *out.Command.CommandId
	}
	get := func(id, instance string) *ssm.GetCommandInvocationOutput {
		t.Helper()
		out, err := c.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &id, InstanceId: &instance})
		must(t, err)
		return out
	}
	over := func(id, instance string) *ssm.GetCommandInvocationOutput {
		t.Helper()
		for late := time.After(20 * time.Second); ; {
			out := get(id, instance)
			if out.Status != types.CommandInvocationStatusPending && out.Status != types.CommandInvocationStatusInProgress {
				return out
			}
			select {
			case <-late:
				t.Fatalf("it does not end: %+v", out)
			default:
			}
		}
	}
	id := send("wait", one, other)
	if got := get(id, one); got.Status != types.CommandInvocationStatusInProgress && got.Status != types.CommandInvocationStatusPending || got.ResponseCode != -1 {
		t.Errorf("while it runs it is %s, %d", got.Status, got.ResponseCode)
	}
	list, err := c.ListCommands(ctx, &ssm.ListCommandsInput{CommandId: &id})
	must(t, err)
	if l := list.Commands[0]; l.Status != types.CommandStatusInProgress || l.TargetCount != 2 || l.CompletedCount != 0 {
		t.Errorf("while it runs it is listed as %s %d of %d", l.Status, l.CompletedCount, l.TargetCount)
	}
	close(goOn)
	if got := over(id, other); got.Status != types.CommandInvocationStatusSuccess || got.ResponseCode != 0 || *got.Comment != "mine" ||
		!strings.HasPrefix(*got.StandardOutputContent, other+" cd '/tmp' || exit 1\nwait\n") || !strings.HasSuffix(*got.StandardOutputContent, "truncated---") || len(*got.StandardOutputContent) > mostOutput+50 {
		t.Errorf("it ended as %s: %.80s", got.Status, *got.StandardOutputContent)
	}
	over(id, one)
	all, err := c.ListCommandInvocations(ctx, &ssm.ListCommandInvocationsInput{CommandId: &id, Details: true})
	must(t, err)
	if l := all.CommandInvocations; len(l) != 2 || l[0].Status != types.CommandInvocationStatusSuccess || !strings.Contains(*l[0].CommandPlugins[0].Output, "wait") {
		t.Errorf("listed are %+v", l)
	}
	failed := send("false", one)
	if got := over(failed, one); got.Status != types.CommandInvocationStatusFailed || got.ResponseCode != 3 || *got.StandardErrorContent != "oops\nfailed to run commands: exit status 3" {
		t.Errorf("a failure is %s: %s", got.Status, *got.StandardErrorContent)
	}
	list, err = c.ListCommands(ctx, &ssm.ListCommandsInput{CommandId: &failed})
	must(t, err)
	if l := list.Commands[0]; l.Status != types.CommandStatusFailed || l.ErrorCount != 1 {
		t.Errorf("a failure is listed as %s, %d", l.Status, l.ErrorCount)
	}
	if got := over(send("slow", one), one); got.Status != types.CommandInvocationStatusTimedOut || *got.StatusDetails != "ExecutionTimedOut" {
		t.Errorf("what takes too long is %s, %s", got.Status, *got.StatusDetails)
	}
	if got := over(send("late", one), one); got.Status != types.CommandInvocationStatusSuccess {
		t.Errorf("an agent that comes late leaves it %s", got.Status)
	}
	deaf := send("deaf", one)
	if got := get(deaf, one); got.ResponseCode != -1 {
		t.Errorf("without an agent it is %s", got.Status)
	}
	if _, err := c.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &deaf, InstanceId: &other}); err == nil {
		t.Error("an instance that was sent nothing has an answer")
	}
	must(t, w.gateway.Close(ctx)) // whatever is under way
}
