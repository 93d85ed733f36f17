package postmortem_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type events []round.Event

func (l events) Replay(_ context.Context, from uint64, each func(round.Event) error) error {
	for _, e := range l {
		if e.Seq >= from {
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	t0  = time.Date(2026, 11, 23, 16, 40, 0, 0, time.UTC)
	ana = round.Person{ID: "2", Name: "ana"}
	gm  = round.Person{ID: "1", Name: "gamemaster"}
	bot = round.Person{ID: "bot", Name: "the bot"}
)

// history builds a ledger; at is seconds after t0.
type history struct {
	t    *testing.T
	list events
}

func (h *history) add(at int, who round.Person, in round.IncidentID, kind round.Kind, data any) {
	h.t.Helper()
	raw, err := json.Marshal(data)
	if err != nil {
		h.t.Fatal(err)
	}
	h.list = append(h.list, round.Event{
		Seq: uint64(len(h.list) + 1), Round: "R7", Incident: in, At: t0.Add(time.Duration(at) * time.Second), Actor: who, Kind: kind, Data: raw,
	})
}

func (h *history) call(at int, action, target, code string, readOnly bool) {
	service := map[string]string{"UpdateService": "ecs", "RegisterTargets": "elasticloadbalancing", "ModifyDBInstance": "rds"}[action]
	if service == "" {
		service = "ec2"
	}
	h.add(at+1, ana, "INC-12", round.CallObserved, round.Call{
		EventID: action + time.Duration(at).String(), At: t0.Add(time.Duration(at) * time.Second), User: "r7-player-ana",
		Service: service, Action: action, Target: target, Error: code, ReadOnly: readOnly,
	})
}

func begin(t *testing.T) *history {
	return beginWith(t, round.Debrief{
		Was: "a security-group rule that went missing", Why: "A security group is a list of who may come in.",
		Fixes:  []round.Move{{Name: "authorize-group", Says: "The rule again, by group.", Calls: []string{"ec2:AuthorizeSecurityGroupIngress"}}},
		Wrong:  []round.Move{{Name: "restart-api", Says: "Restarting the tasks.", Calls: []string{"ecs:UpdateService"}}},
		Action: []string{"Tell somebody when a rule is revoked."},
	})
}

func beginWith(t *testing.T, debrief round.Debrief) *history { return beginTouching(t, debrief, "{}") }

// beginTouching begins with a fault whose receipt is that.
func beginTouching(t *testing.T, debrief round.Debrief, receipt string) *history {
	h := &history{t: t}
	h.add(0, gm, "", round.ProvisionRequested, round.ProvisionAsked{Guild: "g", Player: ana, Stage: "classic", Attempt: 1})
	h.add(1, bot, "", round.ProvisionDone, round.Provisioned{})
	h.add(60, gm, "INC-12", round.FaultRequested, round.FaultAsked{
		Scenario: "security-group", Title: "a rule goes missing", Expected: "When the rule is gone,\n  somebody finds out.",
		Expect: []string{"ShopErrorRatioHigh"}, Hold: 45 * time.Second, Page: 40 * time.Second,
		Debrief: debrief, Receipt: json.RawMessage(receipt),
	})
	h.add(63, bot, "INC-12", round.FaultInjected, nil)
	h.add(84, bot, "INC-12", round.OnsetObserved, round.Onset{Probe: "error ratio", Say: "too many requests fail", At: t0.Add(84 * time.Second)})
	h.add(94, bot, "INC-12", round.AlertFired, round.Alert{Fingerprint: "f", Name: "ShopErrorRatioHigh", StartsAt: t0.Add(90 * time.Second), Firing: true})
	return h
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", name, got)
	}
}

func TestAResolvedIncident(t *testing.T) {
	h := begin(t)
	h.add(125, ana, "INC-12", round.Acknowledged, nil)
	h.call(140, "DescribeSecurityGroups", "", "", true)
	h.call(141, "DescribeDBInstances", "", "", true)
	h.call(142, "DescribeSecurityGroups", "", "", true)
	h.call(180, "UpdateService", "api", "", false)
	h.call(200, "TerminateInstances", "i-0abc", "UnauthorizedOperation", false)
	h.add(210, ana, "INC-12", round.NoteAdded, round.Note{Text: "new connections hang, @everyone `old` ones *work*"})
	h.add(250, ana, "INC-12", round.HintTaken, round.Hint{N: 1, Of: 3, Text: "..."})
	h.add(260, ana, "INC-12", round.ClaimMade, round.Claim{Say: "too many requests fail"})
	h.call(340, "AuthorizeSecurityGroupIngress", "sg-0123", "", false)
	h.add(342, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(341 * time.Second)})
	h.add(343, bot, "INC-12", round.AlertResolved, round.Alert{Fingerprint: "f", Name: "ShopErrorRatioHigh"})
	h.add(387, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1})
	h.add(388, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1})
	r, err := postmortem.Write(t.Context(), h.list, "INC-12", postmortem.Chat)
	if err != nil {
		t.Fatal(err)
	}
	if r.Numbers.TTD != 31*time.Second || r.Numbers.TTA != 31*time.Second || r.Numbers.TTR != 247*time.Second || r.Calls != 6 {
		t.Errorf("numbers %+v, %d calls", r.Numbers, r.Calls)
	}
	golden(t, "resolved.md", r.Markdown)
}

func TestAnIncidentThatTimedOut(t *testing.T) {
	h := begin(t)
	h.add(214, bot, "INC-12", round.PageRepeated, round.Repeat{N: 1, After: 2 * time.Minute})
	h.add(454, bot, "INC-12", round.PageRepeated, round.Repeat{N: 3, After: 6 * time.Minute, Admin: true})
	h.call(480, "UpdateService", "api", "", false)
	h.add(660, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.TimedOut, Say: "The time limit of 10 min was reached.", Attempt: 1})
	h.add(661, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.TimedOut, Say: "The time limit of 10 min was reached.", Attempt: 1})
	r, err := postmortem.Write(t.Context(), h.list, "INC-12", postmortem.UTC)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "timed_out.md", r.Markdown)
}

func TestAnIncidentThatHasNotEnded(t *testing.T) {
	if _, err := postmortem.Write(t.Context(), begin(t).list, "INC-12", postmortem.UTC); err == nil {
		t.Error("told the end of a story that goes on")
	}
}
