package round

import (
	"context"
	"fmt"
	"slices"
)

// offer is an injection that was shown to an admin and waits for their word.
type offer struct {
	ticket
	round    ID
	choices  [][]Scenario // for a surprise that has to be drawn anew
	surprise bool
	draft    draft
}

// Preview says what an injection would do, and touches nothing. Unless it is
// only a dry run, the admin's word by the offer's ticket begins it. A later
// offer of the same admin takes the place of this one.
func (e *Engine) Preview(ctx context.Context, by Caller, scenario, variant string, dry bool) (Offer, error) {
	defer e.Seen(ctx, by, "/inject")
	if err := admins(by, "/inject"); err != nil {
		return Offer{}, err
	}
	r, err := e.free(by)
	if err != nil {
		return Offer{}, err
	}
	choices, surprise, err := e.choices(scenario, variant, r.Stage)
	if err != nil {
		return Offer{}, err
	}
	d, err := e.draw(ctx, Target{Round: r.ID, Outputs: r.Outputs}, choices, surprise)
	if err != nil {
		return Offer{}, err
	}
	o := offer{round: r.ID, choices: choices, surprise: surprise, draft: d}
	view := e.show(o)
	if dry {
		return view, nil
	}
	o.ticket = newTicket(e.cfg.Now())
	e.mu.Lock()
	e.offers[by.ID] = &o
	e.mu.Unlock()
	view.Ticket, view.Expires = o.id, o.until
	return view, nil
}

// show is what the admin may know of an offer.
func (e *Engine) show(o offer) Offer {
	view := Offer{Round: o.round, Surprise: o.surprise}
	if o.surprise {
		return view
	}
	s, asked := o.draft.scenario, e.ask(o.draft.scenario, o.draft.plan, false)
	view.Title, view.Variant = s.Title, s.Variant
	view.Does, view.Hypothesis = s.Does, s.Hypothesis
	view.Blast, view.Targets = o.draft.plan.Blast, o.draft.plan.Targets
	view.Expect, view.Page, view.Limit = s.Expect, asked.Page, asked.Limit
	return view
}

// take holds the round for the injection that was offered against a second one.
func (e *Engine) take(by Caller, ticket string) (offer, Round, func(), error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o := e.offers[by.ID]
	if err := o.held().answer(ticket, "/inject", e.cfg.Now()); err != nil {
		return offer{}, Round{}, nil, err
	}
	r, err := e.freeLocked(by)
	if err != nil {
		return offer{}, Round{}, nil, err
	}
	if r.ID != o.round {
		return offer{}, Round{}, nil, Refuse("no-offer", "This was for %s, which is over. Nothing was injected.", o.round)
	}
	return *o, *r, e.enterLocked(r.ID), nil
}

// free gives the round that an incident may begin in.
func (e *Engine) free(by Caller) (Round, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.freeLocked(by)
	if err != nil {
		return Round{}, err
	}
	return *r, nil
}

func (e *Engine) freeLocked(by Caller) (*Round, error) {
	r, err := e.current(by)
	if err != nil {
		return nil, err
	}
	if r.Phase != Ready {
		return nil, e.notReady(r)
	}
	if in := r.Open; in != nil {
		return nil, Refuse("one-incident", "%s is still open in %s. One incident at a time: `/abort` ends it.", in.ID, r.ID)
	}
	if e.acting[r.ID] > 0 {
		return nil, Refuse("one-incident", "Somebody is just injecting into %s. One incident at a time.", r.ID)
	}
	return r, nil
}

// confirm waits for the steady state, and plans again: what is injected is what
// was shown. A surprise showed nothing, so what does not fit any more is drawn
// anew.
func (e *Engine) confirm(ctx context.Context, t Target, o offer) (draft, error) {
	for d := o.draft; ; {
		if err := e.green(ctx, t, d.scenario); err != nil {
			return d, err
		}
		plan, err := e.cfg.Faults.Plan(ctx, t, d.scenario.Fault)
		switch {
		case err == nil && !o.surprise && (plan.Blast != d.plan.Blast || !slices.Equal(plan.Targets, d.plan.Targets)):
			return d, Refuse("changed", "The stack is not as it was when this was shown. Nothing was injected; `/inject` shows how it would be now.")
		case err == nil:
			d.plan = plan
			return d, nil
		case !o.surprise || !refused(err):
			return d, fmt.Errorf("plan %s: %w", d.scenario.ID, err)
		}
		if d, err = e.draw(ctx, t, o.choices, true); err != nil {
			return d, err
		}
	}
}
