package postmortem_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

var (
	wrong    = []round.Move{{Name: "restart-api", Calls: []string{"ecs:UpdateService"}}}
	impaired = round.Debrief{Was: "a dead kernel", Wrong: wrong, Fixes: []round.Move{
		{Name: "reboot", Calls: []string{"ec2:RebootInstances"}},
		{Name: "stop-start", Calls: []string{"ec2:StopInstances", "ec2:StartInstances"}},
		{Name: "replace", Calls: []string{"ec2:RunInstances", "elasticloadbalancing:RegisterTargets"}},
	}}
	closed = round.Debrief{Was: "a rule that went missing", Wrong: wrong, Fixes: []round.Move{
		{Name: "authorize-group", Calls: []string{"ec2:AuthorizeSecurityGroupIngress"}},
		{Name: "attach-group", Calls: []string{"ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "rds:ModifyDBInstance"}},
	}}
)

// good and lost stand for samples among the calls of a test.
const good, lost = "good", "lost"

// play lets ten seconds pass before each step: a call, one that AWS refuses
// (with a "!"), or a sample. The last good one is the one that proves recovery.
func play(t *testing.T, debrief round.Debrief, outcome round.Outcome, steps []string) *history {
	t.Helper()
	h := beginWith(t, debrief)
	at := 100
	for _, step := range steps {
		at += 10
		switch action, refused := strings.CutSuffix(step, "!"); {
		case step == good:
			h.add(at, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(time.Duration(at) * time.Second)})
		case step == lost:
			h.add(at, bot, "INC-12", round.RecoveryLost, round.Recovery{At: t0.Add(time.Duration(at) * time.Second)})
		case refused:
			h.call(at, action, "", "IncorrectInstanceState", false)
		default:
			h.call(at, action, "", "", false)
		}
	}
	h.add(at+45, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: outcome, Attempt: 1})
	h.add(at+46, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: outcome, Attempt: 1})
	return h
}

func write(t *testing.T, h *history) postmortem.Report {
	t.Helper()
	r, err := postmortem.Write(t.Context(), h.list, "INC-12", postmortem.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// timelineOf gives the lines without their times.
func timelineOf(t *testing.T, r postmortem.Report) (lines, times []string) {
	t.Helper()
	for _, section := range r.Sections {
		if rest, ok := strings.CutPrefix(section, "**Timeline**\n"); ok {
			for _, l := range strings.Split(rest, "\n") {
				at, text, _ := strings.Cut(l, " ")
				lines, times = append(lines, text), append(times, at)
			}
		}
	}
	return lines, times
}

// TestWhatACallWas: only the calls of the attempt that the good samples followed
// are called a fix, whatever else has the same name.
func TestWhatACallWas(t *testing.T) {
	const fix, vain, turn, changed, refused = "**fix**", "tried, no lasting effect", "wrong turn", "changed", "tried `"
	const start, stop, reboot, run, register = "StartInstances", "StopInstances", "RebootInstances", "RunInstances", "RegisterTargets"
	const create, authorize, modify, restart = "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ModifyDBInstance", "UpdateService"
	for name, c := range map[string]struct {
		debrief round.Debrief
		outcome round.Outcome
		steps   []string
		want    []string // of the calls, in order
	}{
		"starting a box that runs, then a reboot":     {impaired, round.Resolved, []string{start, reboot, good}, []string{vain, fix}},
		"a reboot, then starting a box that runs":     {impaired, round.Resolved, []string{reboot, start, good}, []string{fix, changed}},
		"starting a box that runs, and nothing else":  {impaired, round.Resolved, []string{start, good}, []string{changed}},
		"starting, then stopping and starting":        {impaired, round.Resolved, []string{start, stop, start, good}, []string{vain, fix, fix}},
		"stopping, and starting twice":                {impaired, round.Resolved, []string{stop, start, start, good}, []string{fix, fix, changed}},
		"two reboots":                                 {impaired, round.Resolved, []string{reboot, reboot, good}, []string{vain, fix}},
		"a reboot that AWS refused":                   {impaired, round.Resolved, []string{reboot, reboot + "!", good}, []string{fix, refused}},
		"a start that AWS refused":                    {impaired, round.Resolved, []string{stop, start + "!", good}, []string{changed, refused}},
		"two boxes, of which one is registered":       {impaired, round.Resolved, []string{run, run, register, good}, []string{changed, fix, fix}},
		"another box after the one that was put in":   {impaired, round.Resolved, []string{run, register, run, good}, []string{fix, fix, changed}},
		"a reboot that held for a while only":         {impaired, round.Resolved, []string{reboot, good, lost, stop, start, good}, []string{vain, fix, fix}},
		"a reboot after it was good":                  {impaired, round.Resolved, []string{good, reboot}, []string{changed}},
		"good before, and once more after, a reboot":  {impaired, round.Resolved, []string{good, lost, reboot, good}, []string{fix}},
		"a rule for the group":                        {closed, round.Resolved, []string{authorize, good}, []string{fix}},
		"a new group":                                 {closed, round.Resolved, []string{create, authorize, modify, good}, []string{fix, fix, fix}},
		"a new group, its rule last":                  {closed, round.Resolved, []string{create, modify, authorize, good}, []string{fix, fix, fix}},
		"a new group in vain, then the rule":          {closed, round.Resolved, []string{create, authorize, modify, authorize, good}, []string{vain, vain, vain, fix}},
		"a restart before the rule, and one after it": {closed, round.Resolved, []string{restart, authorize, restart, good}, []string{turn, fix, changed}},
		"a restart after it was good":                 {closed, round.Resolved, []string{authorize, good, restart}, []string{fix, changed}},
		"a restart, and nothing that is known":        {closed, round.Resolved, []string{restart, good}, []string{changed}},
		"out of time":                                 {impaired, round.TimedOut, []string{start, restart}, []string{vain, turn}},
		"out of time while it was good":               {impaired, round.TimedOut, []string{reboot, good}, []string{changed}},
		"an exercise that failed":                     {impaired, round.Failed, []string{reboot, restart}, []string{changed, changed}},
	} {
		t.Run(name, func(t *testing.T) {
			lines, _ := timelineOf(t, write(t, play(t, c.debrief, c.outcome, c.steps)))
			lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.Contains(l, "`e") && !strings.Contains(l, "`rds") })
			if len(lines) != len(c.want) {
				t.Fatalf("%d lines, want %d:\n%s", len(lines), len(c.want), strings.Join(lines, "\n"))
			}
			for i, l := range lines {
				if !strings.HasPrefix(l, c.want[i]) {
					t.Errorf("call %d: %q, want %q", i+1, l, c.want[i])
				}
			}
		})
	}
}

// TestWhoseDoingItWas: nobody gets credit for what ended by itself.
func TestWhoseDoingItWas(t *testing.T) {
	for name, c := range map[string]struct {
		steps   []string
		summary string
		numbers string
		ttr     time.Duration
	}{
		"nobody's": {[]string{good}, "As far as the trail tells, it ended by itself (it need not tell all that is done over `ssh` or `psql`); the outage lasted 26 s.",
			"TTD 31 s · TTA never · TTR none, nothing had been changed", 0},
		"nobody's, and somebody was late": {[]string{good, "RebootInstances"}, "it ended by itself", "TTR none", 0},
		"nobody's, AWS refused":           {[]string{"RebootInstances!", good}, "it ended by itself", "TTR none", 0},
		"unknown": {[]string{"UpdateService", good}, "It was over 26 s after the page, and no known repair was seen before that; the outage lasted 36 s.",
			"TTR 26 s", 26 * time.Second},
		"the player's": {[]string{"RebootInstances", good}, "ana repaired it 26 s after the page; the outage lasted 36 s.", "TTR 26 s", 26 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r := write(t, play(t, impaired, round.Resolved, c.steps))
			if !strings.Contains(r.Sections[0], c.summary) || strings.Contains(r.Sections[0], "ana") && name != "the player's" {
				t.Errorf("summary %q, want %q", r.Sections[0], c.summary)
			}
			if !strings.Contains(r.Markdown, c.numbers) || r.Numbers.TTR != c.ttr {
				t.Errorf("TTR %v, want %v and %q in:\n%s", r.Numbers.TTR, c.ttr, c.numbers, r.Markdown)
			}
		})
	}
}

// TestAnEndAtOnce: a repair in the moment of the page took 0 s, which is not never.
func TestAnEndAtOnce(t *testing.T) {
	h := beginWith(t, impaired)
	h.call(90, "RebootInstances", "", "", false)
	h.add(94, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(94 * time.Second)})
	h.add(139, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1})
	h.add(140, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1})
	if r := write(t, h); !strings.Contains(r.Markdown, "TTR 0 s") {
		t.Error(r.Markdown)
	}
}

// TestTheOrderOfTheTimeline: AWS tells of a call after it was made.
func TestTheOrderOfTheTimeline(t *testing.T) {
	h := beginWith(t, impaired)
	h.add(101, ana, "INC-12", round.Acknowledged, nil)
	h.add(110, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(110 * time.Second)})
	h.call(110, "StartInstances", "", "", false) // a tie: it stays below the sample
	h.call(100, "RebootInstances", "", "", false)
	h.call(99, "DescribeInstances", "", "", true)
	h.add(156, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1})
	h.add(157, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1})
	lines, times := timelineOf(t, write(t, h))
	if !slices.IsSorted(times) {
		t.Errorf("times %v", times)
	}
	got := strings.Join(lines[3:], "\n")
	want := "looked: `ec2 describe-instances`\n**fix**, probably: `ec2 reboot-instances`\nacknowledged by ana\nfirst good sample\n" +
		"changed: `ec2 start-instances`\n**resolved**: the steady state held for 45 s\nrollback done: nothing of the fault is at work any more"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestALateOnset: a sample that was good before the first bad one proves nothing,
// and the first bad one is told once. An old ledger may say otherwise.
func TestALateOnset(t *testing.T) {
	for name, c := range map[string]struct {
		again   bool
		summary string
		outage  time.Duration
	}{
		"now": {true, "; the outage lasted 20 s.", 20 * time.Second},
		"old": {false, "ana repaired it 9 s after the page.", 0},
	} {
		h := beginWith(t, impaired)
		onset := h.list[4]
		h.list = slices.Delete(h.list, 4, 5)
		h.call(97, "RebootInstances", "", "", false)
		h.add(103, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(103 * time.Second)})
		h.add(105, bot, "INC-12", round.OnsetObserved, round.Onset{Probe: "error ratio", Say: "too many requests fail", At: t0.Add(105 * time.Second)})
		if c.again {
			h.add(105, bot, "INC-12", round.RecoveryLost, round.Recovery{At: t0.Add(105 * time.Second)})
			h.add(125, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(125 * time.Second)})
		}
		h.add(170, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1})
		h.add(171, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1})
		r := write(t, h)
		if onset.Kind != round.OnsetObserved || !strings.Contains(r.Sections[0], c.summary) || r.Numbers.Outage != c.outage || strings.Contains(r.Markdown, "bad again") {
			t.Errorf("%s: outage %v\n%s", name, r.Numbers.Outage, r.Markdown)
		}
	}
}
