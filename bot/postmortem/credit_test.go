package postmortem_test

import (
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestACallThatDidNothingGetsNoCredit: where several calls look like the repair,
// it is the one that changed something, and something that the fault touched.
func TestACallThatDidNothingGetsNoCredit(t *testing.T) {
	release := func(with string) round.Call {
		return round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: with}
	}
	stop := func(id, of string) round.Call {
		return round.Call{Service: "ecs", Action: "StopTask", Target: id, With: "of " + of}
	}
	group := func(id string) round.Call {
		return round.Call{Service: "ec2", Action: "AuthorizeSecurityGroupIngress", Target: id}
	}
	class := func(with string) round.Call {
		return round.Call{Service: "rds", Action: "ModifyDBInstance", Target: "db", With: "db-instance-class " + with}
	}
	job := round.Debrief{Was: "a job", Fixes: []round.Move{
		{Name: "stop", Calls: []string{"ecs:StopTask"}}, {Name: "bigger", Calls: []string{"rds:ModifyDBInstance(db-instance-class)"}},
	}}
	const jobReceipt = `{"definition":"arn:aws:ecs:us-west-2:1:task-definition/chaotic-r1-mailer:1","count":2,"tags":{"a":"1"}}`
	const fix, vain, changed = "**fix**", "tried, no", "changed"
	for name, c := range map[string]struct {
		debrief round.Debrief
		receipt string
		calls   []round.Call
		want    []string
	}{
		"the same revision once more":    {deploy, "{}", []round.Call{release("task-definition api:1"), release("task-definition api:1, force-new-deployment")}, []string{fix, changed}},
		"a restart, last":                {deploy, "{}", []round.Call{release("task-definition api:1"), release("force-new-deployment")}, []string{fix, changed}},
		"the count that it has, last":    {deploy, "{}", []round.Call{release("desired-count 2"), release("task-definition api:1"), release("desired-count 2")}, []string{"wrong turn", fix, changed}},
		"another revision":               {deploy, "{}", []round.Call{release("task-definition api:2"), release("task-definition api:1")}, []string{vain, fix}},
		"there and back":                 {deploy, "{}", []round.Call{release("task-definition api:1"), release("task-definition api:2"), release("task-definition api:1")}, []string{vain, vain, fix}},
		"a task of the shop, at once":    {job, jobReceipt, []round.Call{stop("0a", "chaotic-r1-mailer:1"), stop("0b", "chaotic-r1-api:1")}, []string{fix, changed}},
		"the same class":                 {job, "{}", []round.Call{class("x"), class("x")}, []string{fix, changed}},
		"a task of the shop, last":       {job, jobReceipt, []round.Call{stop("0a", "chaotic-r1-mailer:1"), release("x"), stop("0b", "chaotic-r1-api:1")}, []string{fix, changed, changed}},
		"a task of the shop, first":      {job, jobReceipt, []round.Call{stop("0b", "chaotic-r1-api:1"), release("x"), stop("0a", "chaotic-r1-mailer:1")}, []string{vain, changed, fix}},
		"nothing that the fault touched": {job, jobReceipt, []round.Call{stop("0b", "chaotic-r1-api:1"), release("x"), stop("0c", "chaotic-r1-api:1")}, []string{vain, changed, fix}},
		"another way, later":             {job, jobReceipt, []round.Call{stop("0a", "chaotic-r1-mailer:1"), class("x")}, []string{vain, fix}},
		"two groups":                     {closed, `{"group":"sg-1","rules":[{"from":"sg-2"}]}`, []round.Call{group("sg-1"), release("x"), group("sg-9")}, []string{fix, changed, changed}},
	} {
		t.Run(name, func(t *testing.T) {
			h := beginTouching(t, c.debrief, c.receipt)
			for i, call := range c.calls {
				h.asked(100+5*i, call)
			}
			h.ends(100 + 5*len(c.calls))
			var got []string
			lines, _ := timelineOf(t, write(t, h))
			for _, l := range lines {
				if strings.Contains(l, "`e") || strings.Contains(l, "`rds") {
					got = append(got, l)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("got\n%s", strings.Join(got, "\n"))
			}
			for i, l := range got {
				if !strings.HasPrefix(l, c.want[i]) {
					t.Errorf("call %d: %q, want %q", i+1, l, c.want[i])
				}
			}
		})
	}
}

// TestARepairThatDidNotLast may be made once more, and is one then.
func TestARepairThatDidNotLast(t *testing.T) {
	h := beginWith(t, deploy)
	back := round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "task-definition api:1"}
	h.asked(100, back)
	h.add(105, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(105e9)})
	h.add(110, bot, "INC-12", round.RecoveryLost, round.Recovery{At: t0.Add(110e9)})
	h.asked(115, back)
	h.ends(120)
	got := strings.Split(changesOf(t, h), "\n")
	if len(got) != 2 || !strings.HasPrefix(got[0], "tried, no lasting") || !strings.HasPrefix(got[1], "**fix**") {
		t.Error(strings.Join(got, "\n"))
	}
}
