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
	call round.Call
	at   time.Time
	idle bool // it asked for what was so already
}

// changesOf lists what was changed between the request of the fault and the
// first good sample of the hold that proved recovery, oldest first.
func (s *story) changesOf() []change {
	list := slices.DeleteFunc(s.allChanges(), func(c change) bool { return c.at.Before(s.begun()) || c.at.After(s.in.Good) })
	for i, c := range list {
		list[i].idle = s.isIdle(c, list[:i])
	}
	return list
}

// allChanges lists what was changed in the incident, oldest first.
func (s *story) allChanges() []change {
	var list []change
	for _, e := range s.events {
		var c round.Call
		if e.Kind != round.CallObserved || e.Into(&c) != nil || c.ReadOnly || c.Error != "" {
			continue
		}
		list = append(list, change{seq: e.Seq, call: c, at: when(e)})
	}
	slices.SortStableFunc(list, func(a, b change) int { return a.at.Compare(b.at) })
	return list
}

// begun is when the fault was asked for. AWS tells the times of calls in whole
// seconds.
func (s *story) begun() time.Time { return s.in.Requested.Truncate(time.Second) }

// attempt is one time that somebody made all calls of a fix: the latest of each.
type attempt struct {
	move  round.Move
	end   int // index of its last call among the changes
	calls []change
}

// repair is the attempt that probably ended the incident: the last one that was
// complete before the first good sample. Where several fixes share the call that
// completed it, the one that explains most calls.
func repair(asked round.FaultAsked, changes []change) (best attempt) {
	for _, m := range asked.Debrief.Fixes {
		a := lastAttempt(m, changes, asked.Receipt)
		if a.end > best.end || a.end == best.end && len(a.calls) > len(best.calls) {
			best = a
		}
	}
	return best
}

// lastAttempt is the last complete attempt of a fix, with no calls if there is
// none. After all calls in their order a new attempt begins: to start a box once
// more, when it was stopped and started, is not to stop and start it again. One
// that touched what the fault did is not followed by one that did not: to stop a
// task of the shop is no repair beside the end of the job.
func lastAttempt(m round.Move, changes []change, receipt []byte) (last attempt) {
	touching := false        // the last one did
	made := map[string]int{} // form of a call -> index of the latest
	for i, c := range changes {
		form := slices.IndexFunc(m.Calls, c.call.Is)
		if form < 0 || c.idle {
			continue
		}
		made[m.Calls[form]] = i
		a, complete, sorted := attempt{move: m, end: i}, true, true
		before := -1
		for _, form := range m.Calls {
			at, ok := made[form]
			if !ok {
				complete = false
				break
			}
			sorted = sorted && at >= before
			before = at
			a.calls = append(a.calls, changes[at])
		}
		if complete {
			a = a.meant(changes)
			touches := slices.ContainsFunc(a.calls, func(c change) bool { return touched(c.call, receipt) })
			if touches || !touching {
				last, touching = a, touches
			}
			if sorted {
				clear(made)
			}
		}
	}
	return last
}

// meant takes, for each call whose product no other call of the attempt mentions,
// an earlier one whose product they do: of two revisions the one that the service
// was given.
func (a attempt) meant(changes []change) attempt {
	mentioned := func(made string) bool {
		return slices.ContainsFunc(a.calls, func(c change) bool { return c.call.Mentions(made) })
	}
	for n, c := range a.calls {
		if c.call.Made == "" || mentioned(c.call.Made) {
			continue
		}
		for _, other := range slices.Backward(changes[:a.end]) {
			if other.call.Is(a.move.Calls[n]) && mentioned(other.call.Made) {
				a.calls[n] = other
				break
			}
		}
	}
	return a
}

// isFix reports whether the event is a call of the attempt that repaired it.
func (s *story) isFix(e round.Event) bool {
	return slices.ContainsFunc(s.fix, func(c change) bool { return c.seq == e.Seq })
}

// prepares reports whether the call belongs to the move that repaired it and has
// no effect until that move's last call: the shop could not have got better.
func (s *story) prepares(c round.Call) bool {
	forms := s.move.Calls
	return len(forms) > 1 && slices.ContainsFunc(forms[:len(forms)-1], c.Is) && !c.Is(forms[len(forms)-1])
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
