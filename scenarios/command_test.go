package scenarios

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

var loudLog = map[string]string{
	"file": "/etc/inventory/inventory.conf", "set": "LOG_LEVEL=debug", "back": "LOG_LEVEL=info", "service": "inventory", "clear": "/var/log/inventory/inventory.log*",
	"keep": "LOG_FILES=12",
}

// commands is what an instance was sent, oldest first.
func (n *network) commands(instance string) (all []string) {
	n.Helper()
	out, err := ssm.NewFromConfig(n.cfg).ListCommands(n.Context(), &ssm.ListCommandsInput{InstanceId: &instance})
	if err != nil {
		n.Fatal(err)
	}
	for _, c := range out.Commands {
		all = append(all, strings.Join(c.Parameters["commands"], "\n"))
	}
	slices.Sort(all)
	return all
}

func TestBoxSetting(t *testing.T) {
	n := newNetwork(t)
	box := n.box("R1")
	f, target, fault := NewFaults(n.cfg), round.Target{Round: "R1"}, round.Fault{Kind: "box-setting", Params: loudLog}
	plan, err := f.Plan(t.Context(), target, fault)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan.Blast, "LOG_LEVEL=debug and LOG_FILES=12 in /etc/inventory/inventory.conf") || !strings.Contains(plan.Blast, "R1") || !slices.Equal(plan.Targets, []string{box}) || len(n.commands(box)) != 0 {
		t.Errorf("the plan: %q %q, and it sent %q", plan.Blast, plan.Targets, n.commands(box))
	}
	loud := "sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=debug/' /etc/inventory/inventory.conf\n" +
		"sed -i 's/^LOG_FILES=.*/LOG_FILES=12/' /etc/inventory/inventory.conf\nsystemctl reload inventory"
	for range 2 {
		if err := f.Inject(t.Context(), target, fault, plan.Receipt); err != nil {
			t.Fatal(err)
		}
		if got := n.commands(box); !slices.Equal(got, []string{loud}) {
			t.Errorf("injected by %q", got)
		}
	}
	if _, err := n.api.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{box}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Rollback(t.Context(), target, fault, plan.Receipt); err != nil {
		t.Fatal(err)
	}
	n.state(box, types.InstanceStateNameRunning) // or nobody could put the setting back
	if got := n.commands(box); len(got) != 2 || !strings.Contains(got[0], "s/^LOG_LEVEL=.*/LOG_LEVEL=info/") {
		t.Errorf("rolled back by %q", got)
	}
	n.target("R1", n.spare("R1"), true) // the player's other box
	if err := f.Rollback(t.Context(), target, fault, plan.Receipt); err != nil {
		t.Fatal(err)
	}
	if got := n.commands(box); len(got) != 2 {
		t.Errorf("a box that was replaced is sent %q", got)
	}
}

func TestBoxSettingIsLeashed(t *testing.T) {
	n := newNetwork(t)
	box := n.box("R1")
	f, target, fault := NewFaults(n.cfg), round.Target{Round: "R1"}, round.Fault{Kind: "box-setting", Params: loudLog}
	plan, err := f.Plan(t.Context(), target, fault)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.api.DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{box}, Tags: []types.Tag{{Key: aws.String(infra.TagRound)}}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Inject(t.Context(), target, fault, plan.Receipt); err == nil {
		t.Error("a box without the round's tag was changed")
	}
	if err := f.Rollback(t.Context(), target, fault, plan.Receipt); err != nil {
		t.Error(err)
	}
	if got := n.commands(box); len(got) != 0 {
		t.Errorf("it was sent %q", got)
	}
}

// TestBoxSettingParams: nothing that a shell would take for more than a word.
func TestBoxSettingParams(t *testing.T) {
	for name, bad := range map[string]string{
		"keep": "LOG_FILES=12/;e id;", "set": "LOG_LEVEL=debug; reboot", "back": "LOG_COLOUR=info", "file": "/etc/*", "service": "inventory; id", "clear": "/var/log/$(id)",
	} {
		params := maps.Clone(loudLog)
		params[name] = bad
		if _, err := planCommand(t.Context(), aws.Config{}, round.Target{Round: "R1"}, params); err == nil {
			t.Errorf("%s %q is taken", name, bad)
		}
	}
}
