package postmortem

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// timeline tells the events one a line, by the times that it shows: AWS tells of
// calls later than they were made. Looks in a row become one line.
func (s *story) timeline(stamp Stamp) []string {
	events := slices.Clone(s.events)
	slices.SortStableFunc(events, func(a, b round.Event) int { return s.place(a).Compare(s.place(b)) })
	folds := s.flaps(events, stamp)
	maps.Copy(folds, s.foldTyped(events))
	var lines []string
	var looks []round.Call
	flush := func() {
		if len(looks) > 0 {
			lines = append(lines, stamp(looks[0].At)+" looked: "+listCalls(looks))
			looks = nil
		}
	}
	for _, e := range events {
		if e.Kind == round.CallObserved {
			var c round.Call
			if e.Into(&c) == nil && c.ReadOnly && c.Error == "" && !isLogin(c) {
				looks = append(looks, c)
				continue
			}
		}
		text, folded := folds[e.Seq]
		if !folded {
			text = s.tell(e, stamp)
		}
		if text != "" {
			flush()
			lines = append(lines, stamp(when(e))+" "+text)
		}
	}
	flush()
	return lines
}

// place is where an event stands among the others. AWS tells of calls by the
// whole second: one stands after all else of its second, but before the recovery that it caused.
func (s *story) place(e round.Event) time.Time {
	at := when(e)
	if e.Kind != round.CallObserved || at.Nanosecond() != 0 {
		return at
	}
	late := at.Add(time.Second - 1)
	if good := s.in.Good; s.isFix(e) && late.After(good) {
		return good.Add(-1)
	}
	return late
}

// when is the time that an event tells of, which can be before it was written.
func when(e round.Event) (at time.Time) {
	at = e.At
	switch e.Kind {
	case round.CallObserved:
		var c round.Call
		if e.Into(&c) == nil && !c.At.IsZero() {
			at = c.At
		}
	case round.OnsetObserved:
		var d round.Onset
		if e.Into(&d) == nil && !d.At.IsZero() {
			at = d.At
		}
	case round.RecoveryObserved, round.RecoveryLost:
		var d round.Recovery
		if e.Into(&d) == nil && !d.At.IsZero() {
			at = d.At
		}
	}
	return at
}

// tell writes one event for a reader; empty: it is not worth a line.
func (s *story) tell(e round.Event, stamp Stamp) string {
	switch e.Kind {
	case round.FaultInjected:
		return "fault injected (unseen by the player)"
	case round.OnsetObserved:
		var d round.Onset
		if e.Into(&d) != nil {
			return ""
		}
		return "first bad sample: " + d.Say
	case round.AlertFired, round.AlertResolved:
		return s.tellAlert(e)
	case round.PageRepeated:
		return tellRepeat(e)
	case round.Acknowledged:
		return "acknowledged by " + Plain(e.Actor.Name)
	case round.HintTaken:
		var h round.Hint
		if e.Into(&h) != nil {
			return ""
		}
		return fmt.Sprintf("hint %d of %d taken", h.N, h.Of)
	case round.NoteAdded:
		var n round.Note
		if e.Into(&n) != nil {
			return ""
		}
		return fmt.Sprintf("%s noted: %s", Plain(e.Actor.Name), Plain(n.Text))
	case round.ClaimMade:
		var c round.Claim
		if e.Into(&c) != nil {
			return ""
		}
		return fmt.Sprintf("%s said it was resolved: %s", Plain(e.Actor.Name), c.Say)
	case round.CallObserved:
		var c round.Call
		if e.Into(&c) != nil {
			return ""
		}
		return s.tellCall(e, c, stamp)
	case round.RecoveryObserved:
		return "first good sample"
	case round.RecoveryLost:
		if when(e).Equal(s.in.Onset) {
			return "" // the first bad sample, which has a line
		}
		return "bad again"
	case round.RollbackRequested:
		return s.tellEnd(e)
	case round.RollbackDone:
		return "rollback done: nothing of the fault is at work any more"
	case round.RollbackFailed:
		return "the rollback failed; it is tried again"
	}
	return ""
}

func tellRepeat(e round.Event) string {
	var again round.Repeat
	switch {
	case e.Into(&again) != nil:
		return ""
	case again.Admin:
		return "nobody acknowledged for " + round.Spell(again.After) + ": told the admin"
	default:
		return "nobody acknowledged for " + round.Spell(again.After) + ": paged again"
	}
}

func (s *story) tellAlert(e round.Event) string {
	var a round.Alert
	if e.Into(&a) != nil {
		return ""
	}
	switch {
	case !a.Firing:
		return "resolved: " + a.Name
	case e.At.Equal(s.in.Paged):
		return "**paged**: " + a.Name
	default:
		return "alert: " + a.Name
	}
}

func (s *story) tellEnd(e round.Event) string {
	var end round.Ending
	if e.Into(&end) != nil || end.Attempt > 1 {
		return ""
	}
	switch end.Outcome {
	case round.Resolved:
		return "**resolved**: the steady state held for " + round.Spell(s.in.Asked.Hold)
	case round.TimedOut:
		return "**timed out**"
	case round.Aborted:
		return "**aborted** by " + Plain(e.Actor.Name)
	default:
		return "**failed**: " + end.Say
	}
}

// tellCall says what a call probably was; empty: another one tells of it, too.
// Nobody knows what a player thought.
func (s *story) tellCall(e round.Event, c round.Call, stamp Stamp) string {
	text, at := "`"+command(c)+"`", when(e)
	if isLogin(c) {
		return tellLogin(e, c)
	}
	if isLine(c) {
		text = typed(c)
	} else if run := s.runs[e.Seq]; run != nil && c.Error == "" {
		if run[0].seq != e.Seq {
			return ""
		}
		calls := make([]round.Call, len(run))
		for i, of := range run {
			calls[i] = of.call
		}
		at = run[len(run)-1].at
		text += targetsOf(calls)
		if !at.Equal(run[0].at) {
			text += ", until " + stamp(at)
		}
	} else {
		text += targetsOf([]round.Call{c})
		if c.With != "" {
			text += " (" + code(c.With) + ")"
		}
		if c.Made != "" {
			text += ", which made `" + code(c.Made) + "`"
		}
	}
	vain := s.inVain(at)
	switch {
	case c.Error != "":
		return "tried " + text + ": AWS said `" + code(c.Error) + "`"
	case s.isFix(e) && isLine(c) && len(s.fix) > 1:
		return "part of the **fix**, probably: " + text
	case s.isFix(e):
		return "**fix**, probably: " + text
	case vain && names(s.in.Asked.Debrief.Fixes, c) && !s.prepares(c):
		return "tried, no lasting effect seen: " + text
	case vain && names(s.in.Asked.Debrief.Wrong, c) && !s.prepares(c):
		return "wrong turn, probably: " + text
	default:
		return "changed: " + text
	}
}

func names(moves []round.Move, c round.Call) bool {
	for _, m := range moves {
		if slices.ContainsFunc(m.Calls, c.Is) {
			return true
		}
	}
	return false
}

func listCalls(calls []round.Call) string {
	var kinds []string
	for _, c := range calls {
		k := "`" + command(c) + "`"
		if isLine(c) {
			k = typed(c)
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	const most = 6
	text := strings.Join(kinds[:min(len(kinds), most)], ", ")
	if len(kinds) > most {
		text += fmt.Sprintf(" and %d more", len(kinds)-most)
	}
	if len(calls) > 1 {
		text += fmt.Sprintf(" (%d calls)", len(calls))
	}
	return text
}

var (
	word    = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	acronym = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

// command writes a call as one types it: ec2 describe-db-instances.
func command(c round.Call) string {
	name := acronym.ReplaceAllString(word.ReplaceAllString(c.Action, "$1-$2"), "$1-$2")
	service := c.Service
	if service == "elasticloadbalancing" { // the CLI's name for what IAM calls so
		service = "elbv2"
	}
	return code(service + " " + strings.ToLower(name))
}

// escapable is what a backslash takes the meaning from.
const escapable = "\\`*_~|[]#>-+."

var plain = strings.NewReplacer("`", "'", "@", "@\u200b", "<", "‹", ">", "›", "*", "∗", "_", "\\_", "~", "∼", "|", "¦", "[", "\\[", "]", "\\]", "\n", " ", "\r", " ")

// Plain takes from a text what chat clients or Markdown would act on. What was
// neutralised already stays as it is: a second backslash would undo the first.
func Plain(s string) string {
	var b strings.Builder
	runes := []rune(round.Visible(s))
	for i := 0; i < len(runes); i++ {
		if runes[i] == '\\' && i+1 < len(runes) && strings.ContainsRune(escapable, runes[i+1]) {
			b.WriteString(string(runes[i : i+2]))
			i++
			continue
		}
		b.WriteString(plain.Replace(string(runes[i])))
	}
	return b.String()
}

// code is Plain for what stands between backticks, where only they matter.
func code(s string) string {
	return strings.NewReplacer("`", "'", "\n", " ", "\r", " ").Replace(s)
}
