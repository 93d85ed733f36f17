package round

import (
	"context"
	"sync"
	"time"
)

// watch looks after a round that is ready: it follows the people's calls,
// measures the open incident, and keeps the clocks. It returns when the round
// is ready no more.
func (e *Engine) watch(ctx context.Context, r Round) {
	ctx, cancel := context.WithCancel(ctx)
	var trail sync.WaitGroup
	defer trail.Wait()
	defer cancel()
	trail.Go(func() { e.follow(ctx, r) })
	trail.Go(func() { e.keepCredentials(ctx, r.ID) })
	trail.Go(func() { e.keepLifetime(ctx, r.ID) })

	var due time.Time // of the next measurement: events that wake us must not hurry it
	for ctx.Err() == nil {
		// One reading of the clock for all that is judged in this turn: a machine
		// may be suspended between two.
		at := e.cfg.Now()
		if e.ending(ctx, r.ID, at) {
			return
		}
		e.pageAgain(ctx, r.ID, at)
		now := e.snapshot(r.ID)
		if now.Phase != Ready {
			return
		}
		switch in := now.Open; {
		case in == nil || in.Phase != Active:
			due = time.Time{}
		case at.Before(due):
			e.sleep(ctx, r.ID, due.Sub(at))
			continue
		default:
			due = at.Add(e.cfg.Tick)
		}
		if now.Open != nil {
			e.tend(ctx, now)
		}
		e.sleep(ctx, r.ID, e.cfg.Tick)
	}
}

// follow appends the people's calls to the timeline as they come.
func (e *Engine) follow(ctx context.Context, r Round) {
	t := Target{Round: r.ID, Outputs: r.Outputs}
	for attempt := 1; ctx.Err() == nil; attempt++ {
		err := e.cfg.Trail.Follow(ctx, t, func(ctx context.Context, c Call) error { return e.Observe(ctx, r.ID, c) })
		if ctx.Err() != nil {
			return
		}
		e.trouble(ctx, "follow the audit trail", err, "round", r.ID)
		timer := time.NewTimer(e.backoff(attempt))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tend does for the open incident what its phase asks for.
func (e *Engine) tend(ctx context.Context, r Round) {
	switch in := r.Open; in.Phase {
	case Injecting:
		if e.busy(r.ID) {
			return // the command that injects is at work in this process
		}
		end := Ending{Outcome: Failed, Say: "The bot stopped while it was injecting.", Attempt: 1}
		e.end(ctx, r, end)
	case Active:
		e.measure(ctx, r)
	case RollingBack:
		if !e.busy(r.ID) && !e.underWay(in) {
			e.rollback(ctx, r)
		}
	}
}

// arrival is how long a call of a process that died may still be on its way to
// AWS. A fault that lands after its rollback would be nobody's any more.
const arrival = 5 * time.Second

// underWay reports whether the fault may still land: this process has only just
// followed one that died while it was injecting.
func (e *Engine) underWay(in *Incident) bool {
	return in.Injected.IsZero() && e.cfg.Now().Sub(e.started) < arrival
}

// measure probes the steady state once and settles what it shows.
func (e *Engine) measure(ctx context.Context, r Round) {
	in := r.Open
	if now := e.cfg.Now(); now.Sub(in.Injected) >= in.Asked.Limit {
		e.end(ctx, r, Ending{Outcome: TimedOut, Say: "The time limit of " + Spell(in.Asked.Limit) + " was reached.", Attempt: 1})
		return
	}
	s, ok := e.scenarioOf(in.Asked)
	if !ok {
		e.end(ctx, r, Ending{Outcome: Failed, Say: "The scenario is not in the catalogue any more.", Attempt: 1})
		return
	}
	readings := e.cfg.Prober.Probe(ctx, Target{Round: r.ID, Outputs: r.Outputs}, s.Steady)
	if ctx.Err() != nil {
		return
	}
	now, looked := e.look(r.ID, in.ID)
	e.note(ctx, r, verdict(in, readings, now.UTC(), looked)...)
}

// fact is an event before it is one.
type fact struct {
	kind Kind
	data any
}

// verdict is the rule by which readings move an active incident. Unknown readings
// neither prove recovery nor show an onset. They were taken by now, and since
// looked somebody measured without a gap. What has looked good since the page is
// lost with a bad reading, also where that is the first: a good one of before the
// onset proves nothing, and the hold begins anew.
func verdict(in *Incident, readings []Reading, now, looked time.Time) (facts []fact) {
	worst, good := worstOf(readings)
	if in.Onset.IsZero() && worst.Health == Bad {
		facts = append(facts, fact{OnsetObserved, Onset{Probe: worst.Probe, Say: worst.Say, At: now}})
	}
	switch {
	case !in.Good.IsZero() && (!good || in.Good.Before(looked)):
		return append(facts, fact{RecoveryLost, Recovery{At: now}}) // or nobody measured while the bot was away
	case len(facts) > 0:
		return facts
	case in.Paged.IsZero():
		since := in.Injected
		if looked.After(since) {
			since = looked // while the bot was away, no alert could reach it
		}
		if now.Sub(since) > in.Asked.Page+pageMargin(in.Asked.Page) {
			return []fact{{RollbackRequested, Ending{
				Outcome: Failed, Attempt: 1,
				Say: "The fault showed no effect: no alert came within " + Spell(in.Asked.Page) + ".",
			}}}
		}
	case good && in.Good.IsZero():
		return []fact{{RecoveryObserved, Recovery{At: now}}}
	case good && now.Sub(in.Good) >= in.Asked.Hold:
		return []fact{{RollbackRequested, Ending{Outcome: Resolved, Attempt: 1}}}
	}
	return nil
}

// pageMargin is how much later than its bound a page may come before the fault
// counts as one without effect: a busy machine is not a failed scenario.
func pageMargin(bound time.Duration) time.Duration { return max(bound, 10*time.Second) }

func (e *Engine) end(ctx context.Context, r Round, end Ending) {
	e.note(ctx, r, fact{RollbackRequested, end})
}

// note records what is known of the open incident, all or nothing, unless
// somebody moved it on meanwhile.
func (e *Engine) note(ctx context.Context, r Round, facts ...fact) {
	if len(facts) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.state.Rounds[r.ID].Open; now == nil || now.ID != r.Open.ID || now.Phase != r.Open.Phase {
		return
	}
	var events []Event
	for _, f := range facts {
		event, err := e.event(bot, r.ID, r.Open.ID, f.kind, f.data)
		if err != nil {
			e.trouble(ctx, "record "+string(f.kind), err, "round", r.ID)
			return
		}
		events = append(events, event)
	}
	if err := e.keepLocked(ctx, r.ID, events...); err != nil {
		e.trouble(ctx, "record "+string(facts[0].kind), err, "round", r.ID)
	}
}

// rollback undoes the fault and ends the incident. It outlives the context of
// whoever asked.
func (e *Engine) rollback(ctx context.Context, r Round) {
	in := r.Open
	act, cancel := context.WithTimeout(context.WithoutCancel(ctx), injectTime)
	defer cancel()
	t := Target{Round: r.ID, Outputs: r.Outputs}
	err := e.cfg.Faults.Rollback(act, t, in.Asked.Fault, in.Asked.Receipt)
	if err == nil {
		e.note(act, r, fact{RollbackDone, in.Ending})
		return
	}
	attempt := max(in.Attempt, 1)
	f := Failure{Attempt: attempt, Say: "The fault could not be rolled back.",
		Ref: e.trouble(ctx, "roll back", err, "round", r.ID, "incident", in.ID, "attempt", attempt)}
	wait := min(e.backoff(attempt), time.Minute)
	f.RetryAt = e.cfg.Now().UTC().Add(wait)
	e.note(act, r, fact{RollbackFailed, f})
	e.pause(ctx, wait)
	again := in.Ending
	again.Attempt = attempt + 1
	e.note(act, r, fact{RollbackRequested, again})
}

// pause waits for d or the end of ctx, deaf to wake-ups.
func (e *Engine) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
