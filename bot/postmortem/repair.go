package postmortem

import (
	"slices"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// change is a call that AWS took and that changed something, with the number of
// its event.
type change struct {
	seq  uint64
	name string // service:Action
	at   time.Time
}

// changesOf lists what was changed between the request of the fault and the
// first good sample of the hold that proved recovery, oldest first.
func (s *story) changesOf() []change {
	var list []change
	for _, e := range s.events {
		var c round.Call
		if e.Kind != round.CallObserved || e.Into(&c) != nil || c.ReadOnly || c.Error != "" {
			continue
		}
		if at := when(e); !at.Before(s.begun()) && !at.After(s.in.Good) {
			list = append(list, change{e.Seq, c.Service + ":" + c.Action, at})
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
	return list
}

// begun is when the fault was asked for. AWS tells the times of calls in whole
// seconds.
func (s *story) begun() time.Time { return s.in.Requested.Truncate(time.Second) }

// attempt is one time that somebody made all calls of a fix: the latest of each.
type attempt struct {
	end   int // index of its last call among the changes
	calls []change
}

// repair is the attempt that probably ended the incident: the last one that was
// complete before the first good sample. Where several fixes share the call that
// completed it, the one that explains most calls.
func repair(fixes []round.Move, changes []change) (best attempt) {
	for _, m := range fixes {
		a := lastAttempt(m, changes)
		if a.end > best.end || a.end == best.end && len(a.calls) > len(best.calls) {
			best = a
		}
	}
	return best
}

// lastAttempt is the last complete attempt of a fix, with no calls if there is
// none. After all calls in their order a new attempt begins: to start a box once
// more, when it was stopped and started, is not to stop and start it again.
func lastAttempt(m round.Move, changes []change) (last attempt) {
	made := map[string]int{} // call -> index of the latest
	for i, c := range changes {
		if !slices.Contains(m.Calls, c.name) {
			continue
		}
		made[c.name] = i
		a, complete, sorted := attempt{end: i}, true, true
		before := -1
		for _, name := range m.Calls {
			at, ok := made[name]
			if !ok {
				complete = false
				break
			}
			sorted = sorted && at >= before
			before = at
			a.calls = append(a.calls, changes[at])
		}
		if complete {
			last = a
			if sorted {
				clear(made)
			}
		}
	}
	return last
}

// isFix reports whether the event is a call of the attempt that repaired it.
func (s *story) isFix(e round.Event) bool {
	return slices.ContainsFunc(s.fix, func(c change) bool { return c.seq == e.Seq })
}

// inVain reports whether the shop was still broken after a call of that time. A
// call after the last one of the repair may have done something or not.
func (s *story) inVain(at time.Time) bool {
	switch {
	case at.Before(s.begun()):
		return false
	case s.in.Ending.Outcome == round.Resolved:
		return slices.ContainsFunc(s.fix, func(c change) bool { return at.Before(c.at) })
	default:
		return s.in.Good.IsZero() && s.in.Ending.Outcome != round.Failed
	}
}
