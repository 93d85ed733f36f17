package postmortem

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// runsOf finds what somebody did to many things one after the other, by the same
// call with nothing else changed in between: to delete five interfaces is one
// step. A run ends at the first good sample. The result leads from each call's
// event to its run.
func (s *story) runsOf() map[uint64][]change {
	runs := map[uint64][]change{}
	var run []change
	end := func() {
		if len(run) > 1 {
			for _, c := range run {
				runs[c.seq] = run
			}
		}
		run = nil
	}
	for _, c := range s.allChanges() {
		if !continues(run, c, s.in.Good) {
			end()
		}
		run = append(run, c)
	}
	end()
	return runs
}

func continues(run []change, c change, good time.Time) bool {
	if len(run) == 0 {
		return true
	}
	first, last := run[0], run[len(run)-1]
	return c.call.Target != "" && !c.call.InSession() && c.call.Service == first.call.Service && c.call.Action == first.call.Action &&
		c.call.User == first.call.User && (c.call.With == first.call.With || !strings.HasPrefix(c.call.With, "of ")) && // tasks of one kind
		last.at.After(good) == c.at.After(good) &&
		!slices.ContainsFunc(run, func(of change) bool { return of.call.Target == c.call.Target })
}

// whole adds to the calls of a repair the runs that they are part of.
func whole(fix []change, runs map[uint64][]change) (all []change) {
	seen := map[uint64]bool{}
	for _, c := range fix {
		run := runs[c.seq]
		if run == nil {
			run = []change{c}
		}
		for _, c := range run {
			if !seen[c.seq] {
				seen[c.seq] = true
				all = append(all, c)
			}
		}
	}
	return all
}

// targetsOf writes what a call, or a run of them, was about.
func targetsOf(calls []round.Call) string {
	const most = 2
	var names []string
	for _, c := range calls[:min(len(calls), most)] {
		if c.Target != "" {
			names = append(names, "`"+code(c.Target)+"`")
		}
	}
	if len(names) == 0 {
		return ""
	}
	text := " on " + strings.Join(names, ", ")
	if more := len(calls) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
