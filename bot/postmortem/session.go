package postmortem

import (
	"fmt"
	"slices"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// mostTyped is how many changes that somebody typed get a line of their own.
const mostTyped = 20

// places are the services of sessions, as the end of a sentence.
var places = map[string]string{round.Shell: "on the box", round.Database: "in the database"}

// typed writes a line of a session, and where it was typed.
func typed(c round.Call) string { return "`" + code(c.With) + "` " + places[c.Service] }

// isLine reports whether somebody typed it in a session.
func isLine(c round.Call) bool { return c.InSession() && c.Action == round.LineTyped }

// isLogin reports whether it is the beginning of a session.
func isLogin(c round.Call) bool { return c.InSession() && c.Action == round.SessionOpened }

// tellLogin says that a session began, by whom if that is known, and whether what
// they did there can be told.
func tellLogin(e round.Event, c round.Call) string {
	what := map[string]string{round.Shell: "a shell on the box", round.Database: "a tunnel to the database"}[c.Service]
	if c.Error != "" {
		return "tried to open " + what + ": AWS said `" + code(c.Error) + "`"
	}
	text := what + " was opened"
	if c.User != "" && e.Actor.Name != "" {
		text = Plain(e.Actor.Name) + " opened " + what
	}
	if !c.ReadOnly {
		text += "; what is done there is not seen"
	}
	return text
}

// opaque are calls of which nobody knows what they did.
var opaque = []string{"ssm:SendCommand"}

// mostCredited is how many lines of a session are called the repair at most.
const mostCredited = 5

// inSession gives the credit to what was typed last before it got better, unless
// the calls of an attempt explain it: by what they do, or by being later. Which of
// the lines since the shop was last seen broken did it, nobody can tell: a setting
// and the restart that reads it are one repair.
func inSession(a attempt, changes []change, broken time.Time) attempt {
	for i, c := range slices.Backward(changes) {
		if !isLine(c.call) {
			continue
		}
		if n := len(a.calls); n > 0 {
			last := a.calls[n-1]
			if !slices.ContainsFunc(opaque, last.call.Is) || !c.at.After(last.at) {
				return a
			}
		}
		var lines []change
		for _, c := range changes[:i+1] {
			if isLine(c.call) && c.at.After(broken) {
				lines = append(lines, c)
			}
		}
		if len(lines) == 0 {
			lines = []change{c}
		}
		return attempt{calls: lines[max(0, len(lines)-mostCredited):]}
	}
	return a
}

// brokenAgain is when the hold before the one that proved recovery was lost; zero
// if there was none.
func (s *story) brokenAgain() (last time.Time) {
	for _, e := range s.events {
		if e.Kind == round.RecoveryLost && when(e).Before(s.in.Good) {
			last = when(e)
		}
	}
	return last
}

// session is the service of the session in which it was probably repaired, or
// empty; of one whose lines nobody knows it says no more than that there was one.
func (s *story) session() (service string, known bool) {
	if len(s.fix) > 0 {
		if last := s.fix[len(s.fix)-1].call; isLine(last) {
			return last.Service, true
		}
		return "", false
	}
	for _, c := range slices.Backward(s.changesOf()) {
		if isLogin(c.call) {
			return c.call.Service, false
		}
	}
	return "", false
}

// foldTyped gives the lines that stand for what was typed beyond the first few: by
// event, empty where another tells of it. The repair is never folded.
func (s *story) foldTyped(events []round.Event) map[uint64]string {
	lines := map[uint64]string{}
	var first uint64
	n := 0
	for _, e := range events {
		var c round.Call
		if e.Kind != round.CallObserved || e.Into(&c) != nil || !isLine(c) || c.ReadOnly || s.isFix(e) {
			continue
		}
		if n++; n <= mostTyped {
			continue
		}
		if lines[e.Seq] = ""; first == 0 {
			first = e.Seq
		}
	}
	if first != 0 {
		lines[first] = fmt.Sprintf("%d more lines were typed from here on", n-mostTyped)
	}
	return lines
}
