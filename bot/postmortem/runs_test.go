package postmortem_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// asked adds a call that succeeded, at seconds after t0.
func (h *history) asked(at int, c round.Call) {
	h.t.Helper()
	c.EventID, c.At, c.User = time.Duration(at).String()+c.Target+c.With, t0.Add(time.Duration(at)*time.Second), "r7-player-ana"
	h.add(at+1, ana, "INC-12", round.CallObserved, c)
}

func (h *history) ends(good int, late ...round.Call) {
	h.t.Helper()
	h.add(good, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(time.Duration(good) * time.Second)})
	for i, c := range late {
		h.asked(good+5+i, c)
	}
	h.add(good+45, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1})
	h.add(good+46, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1})
}

func changesOf(t *testing.T, h *history) string {
	t.Helper()
	lines, _ := timelineOf(t, write(t, h))
	var list []string
	for _, l := range lines {
		if strings.Contains(l, "`e") {
			list = append(list, l)
		}
	}
	return strings.Join(list, "\n")
}

// TestManyThingsAreOneStep: who deletes five interfaces repairs with all of them,
// and with none of them in vain.
func TestManyThingsAreOneStep(t *testing.T) {
	h := beginWith(t, round.Debrief{Was: "a leak", Fixes: []round.Move{{Name: "delete", Calls: []string{"ec2:DeleteNetworkInterface"}}}})
	for i, id := range []string{"eni-1", "eni-2", "eni-3"} {
		h.asked(110+5*i, round.Call{Service: "ec2", Action: "DeleteNetworkInterface", Target: id})
	}
	h.asked(122, round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "desired-count 2"})
	h.ends(125, round.Call{Service: "ec2", Action: "DeleteNetworkInterface", Target: "eni-4"})
	want := "**fix**, probably: `ec2 delete-network-interface` on `eni-1`, `eni-2` and 1 more, until `16:42:00`\n" +
		"changed: `ecs update-service` on `api` (desired-count 2)\n" +
		"changed: `ec2 delete-network-interface` on `eni-4`"
	if got := changesOf(t, h); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var deploy = round.Debrief{
	Was: "a bad release",
	Fixes: []round.Move{
		{Name: "roll-back", Calls: []string{"ecs:UpdateService(task-definition)"}},
		{Name: "fix-forward", Calls: []string{"ecs:RegisterTaskDefinition", "ecs:UpdateService(task-definition)"}},
	},
	Wrong: []round.Move{{Name: "scale-out", Calls: []string{"ecs:UpdateService(desired-count)"}}},
}

// TestWhatACallAskedFor: one action can be a repair and a wrong turn.
func TestWhatACallAskedFor(t *testing.T) {
	h := beginWith(t, deploy)
	service := round.Call{Service: "ecs", Action: "UpdateService", Target: "api"}
	scale, roll := service, service
	scale.With, roll.With = "desired-count 4", "task-definition api:1"
	h.asked(110, scale)
	h.asked(120, roll)
	h.ends(125)
	want := "wrong turn, probably: `ecs update-service` on `api` (desired-count 4)\n**fix**, probably: `ecs update-service` on `api` (task-definition api:1)"
	if got := changesOf(t, h); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestTheRevisionThatWasUsed: of two that were registered, the one that the
// service was given repaired it; the other did no harm.
func TestTheRevisionThatWasUsed(t *testing.T) {
	h := beginWith(t, deploy)
	register := round.Call{Service: "ecs", Action: "RegisterTaskDefinition", Target: "api"}
	three, four := register, register
	three.Made, four.Made = "api:3", "api:4"
	h.asked(110, three)
	h.asked(120, four)
	h.asked(130, round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "task-definition api:3"})
	h.ends(135)
	want := "**fix**, probably: `ecs register-task-definition` on `api`, which made `api:3`\n" +
		"changed: `ecs register-task-definition` on `api`, which made `api:4`\n" +
		"**fix**, probably: `ecs update-service` on `api` (task-definition api:3)"
	if got := changesOf(t, h); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestCallsOfOneSecond: AWS knows whole seconds, and nobody repairs what has not
// paged yet.
func TestCallsOfOneSecond(t *testing.T) {
	h := beginWith(t, impaired)
	h.asked(100, round.Call{Service: "ec2", Action: "RebootInstances", Target: "i-1"})
	h.list[len(h.list)-1].At = t0.Add(100*time.Second + 900*time.Millisecond)
	h.add(100, ana, "INC-12", round.Acknowledged, nil)
	h.list[len(h.list)-1].At = t0.Add(100*time.Second + 400*time.Millisecond)
	h.ends(125)
	lines, _ := timelineOf(t, write(t, h))
	text := strings.Join(lines, "\n")
	if strings.Index(text, "acknowledged") > strings.Index(text, "**fix**") {
		t.Error(text)
	}
}
