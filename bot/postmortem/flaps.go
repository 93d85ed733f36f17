package postmortem

import (
	"fmt"

	"github.com/chaotic-good/scenarios/bot/round"
)

// flaps folds the repeats of an alert into one line, at the first of them. The
// page, an alert's first firing and the end of that stay lines of their own. It
// gives the lines by event; an empty one was folded into another.
func (s *story) flaps(events []round.Event, stamp Stamp) map[uint64]string {
	type alert struct {
		fired, resolved bool
		repeats         []round.Event
		again, over     int // of the repeats
	}
	all := map[string]*alert{}
	for _, e := range events {
		if e.Kind != round.AlertFired && e.Kind != round.AlertResolved {
			continue
		}
		var d round.Alert
		if e.Into(&d) != nil {
			continue
		}
		a := all[d.Name]
		if a == nil {
			a = &alert{}
			all[d.Name] = a
		}
		switch {
		case d.Firing && (!a.fired || e.At.Equal(s.in.Paged)):
			a.fired = true
		case !d.Firing && !a.resolved:
			a.resolved = a.fired
		case d.Firing:
			a.again++
			a.repeats = append(a.repeats, e)
		default:
			a.over++
			a.repeats = append(a.repeats, e)
		}
	}
	lines := map[uint64]string{}
	for name, a := range all {
		if a.again < 2 {
			continue
		}
		for _, e := range a.repeats {
			lines[e.Seq] = ""
		}
		what, rest := "fired and resolved", ""
		last := a.repeats[len(a.repeats)-1]
		if a.over < a.again {
			what = "fired"
			if last.Kind == round.AlertFired {
				rest = ", and went on firing"
			}
		}
		lines[a.repeats[0].Seq] = fmt.Sprintf("%s %s %d more times until %s%s", name, what, a.again, stamp(last.At), rest)
	}
	return lines
}
