package round

import (
	"context"
	"fmt"
	"time"
)

// injectTime bounds one injection or one rollback.
const injectTime = 60 * time.Second

// Inject begins the incident that an offer showed. The steady state has to be
// green first, and what was shown still true; what will be touched is on disk
// before it is touched; and when this process ends in the middle, the next one
// rolls back.
func (e *Engine) Inject(ctx context.Context, by Caller, ticket string) (Injection, error) {
	defer e.Seen(ctx, by, "/inject")
	if err := admins(by, "/inject"); err != nil {
		return Injection{}, err
	}
	o, r, leave, err := e.take(by, ticket)
	if err != nil {
		return Injection{}, err
	}
	defer leave()
	t := Target{Round: r.ID, Outputs: r.Outputs}
	d, err := e.confirm(ctx, t, o)
	if err != nil {
		return Injection{}, err
	}
	s, plan := d.scenario, d.plan
	asked := e.ask(s, plan, o.surprise)
	id, err := e.begin(ctx, by, r.ID, asked)
	if err != nil {
		return Injection{}, err
	}
	// From here the caller may hang up: what was begun is finished or undone.
	act, cancel := context.WithTimeout(context.WithoutCancel(ctx), injectTime)
	defer cancel()
	if err := e.cfg.Faults.Inject(act, t, s.Fault, plan.Receipt); err != nil {
		begun := Round{ID: r.ID, Open: &Incident{ID: id, Phase: Injecting}}
		e.end(act, begun, Ending{Outcome: Failed, Say: "The fault could not be injected.", Attempt: 1})
		return Injection{}, fmt.Errorf("inject %s into %s: %w", s.ID, r.ID, err)
	}
	if err := e.injected(act, r.ID, id); err != nil {
		return Injection{}, err
	}
	view := Injection{Round: r.ID, Incident: id, Surprise: o.surprise, Limit: asked.Limit, Page: asked.Page}
	if !o.surprise {
		view.Title, view.Variant = s.Title, s.Variant
	}
	return view, nil
}

// injected records the result, unless somebody ended the incident meanwhile.
func (e *Engine) injected(ctx context.Context, id ID, in IncidentID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if open := e.state.Rounds[id].Open; open == nil || open.ID != in || open.Phase != Injecting {
		return Refuse("aborted", "%s was ended before its fault was in place.", in)
	}
	return e.recordLocked(ctx, bot, id, in, FaultInjected, nil)
}

// scenarioOf gives an incident's scenario, in the variant that was injected.
func (e *Engine) scenarioOf(in FaultAsked) (Scenario, bool) {
	s, ok := e.cfg.Catalogue.Get(in.Scenario)
	if !ok {
		return s, false
	}
	return s.As(in.Variant)
}

func (s Scenario) fits(stage string) bool {
	for _, x := range s.Stages {
		if x == stage {
			return true
		}
	}
	return len(s.Stages) == 0
}

// ask fills in the intent. A hold shorter than twice the onset could take a
// fault that is only hiding for a repaired one.
func (e *Engine) ask(s Scenario, plan Plan, surprise bool) FaultAsked {
	a := FaultAsked{
		Scenario: s.ID, Variant: s.Variant, Title: s.Title, Briefing: s.Briefing, Expected: s.Hypothesis, Fault: s.Fault, Receipt: plan.Receipt, Blast: plan.Blast,
		Expect: s.Expect, Surprise: surprise, Onset: s.Onset, Page: e.cfg.PageBound(s.Onset),
		Hold: max(s.Hold, 2*s.Onset), Limit: s.Limit, Debrief: s.Debrief,
	}
	if e.cfg.IncidentLimit > 0 {
		a.Limit = e.cfg.IncidentLimit
	}
	return a
}

// begin records the intent. The round was reserved, so nothing but its end can
// have come between.
func (e *Engine) begin(ctx context.Context, by Caller, id ID, asked FaultAsked) (IncidentID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.Rounds[id]
	if r.Phase != Ready {
		return "", e.notReady(r)
	}
	in := NewIncidentID(e.state.Incidents + 1)
	return in, e.recordLocked(ctx, by.Person, id, in, FaultRequested, asked)
}

// green waits until the scenario's steady state holds, for as long as a young
// stack may need, and refuses with what is wrong.
func (e *Engine) green(ctx context.Context, t Target, s Scenario) error {
	deadline := e.cfg.Now().Add(e.cfg.Settle)
	for {
		readings := e.cfg.Prober.Probe(ctx, t, s.Steady)
		worst, ok := worstOf(readings)
		if ok {
			return nil
		}
		if !e.cfg.Now().Add(e.cfg.Tick).Before(deadline) {
			return Refuse("not-green", "The steady state is not green: %s. Nothing was injected.", worst.Say)
		}
		timer := time.NewTimer(e.cfg.Tick)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("wait for the steady state of %s: %w", t.Round, ctx.Err())
		case <-timer.C:
		}
	}
}

// worstOf gives the first bad reading, else the first unknown one. No readings
// at all are not good.
func worstOf(readings []Reading) (worst Reading, allGood bool) {
	if len(readings) == 0 {
		return Reading{Health: Unknown, Say: "nothing is measured"}, false
	}
	allGood = true
	for _, r := range readings {
		switch {
		case r.Health == Good:
		case allGood, worst.Health == Unknown && r.Health == Bad:
			worst, allGood = r, false
		}
	}
	return worst, allGood
}
