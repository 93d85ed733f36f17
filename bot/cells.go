package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/scenarios"
)

// calm watches a stack that nothing was done to, for all its scenarios at once:
// the steady state of each holds for as long as a page and a hold take, and no
// alert fires.
func (s *series) calm(ctx context.Context, ways []round.Scenario) error {
	var window time.Duration
	wrong := make([]string, len(ways))
	for i, w := range ways {
		window = max(window, s.profile.PageBound(w.Onset)+w.Hold)
		if err := s.green(ctx, w.Steady); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			wrong[i] = err.Error()
		}
	}
	began := time.Now()
	tick := time.NewTicker(s.profile.Scrape)
	defer tick.Stop()
	for time.Since(began) < window {
		for i, w := range ways {
			if bad := badOf(s.prober.Probe(ctx, s.target, append([]round.Probe{firing}, w.Steady...))); bad != "" && wrong[i] == "" {
				wrong[i] = fmt.Sprintf("after %.0f s: %s", time.Since(began).Seconds(), bad)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	for i, w := range ways {
		t := trial{Cell: cellCalm, Scenario: w.ID, Variant: w.Variant, OK: wrong[i] == "", Why: wrong[i], Took: seconds(time.Since(began))}
		if err := s.record(t); err != nil {
			return err
		}
	}
	return nil
}

// untouched is an incident in which nobody does anything but acknowledge. It has
// to last until its limit, which is longer than an onset and two holds; then our
// rollback alone has to make the stack well.
func (s *series) untouched(ctx context.Context, w round.Scenario) error {
	t := trial{Cell: cellUntouched, Scenario: w.ID, Variant: w.Variant, Promise: round.TimedOut, OK: true}
	in, err := s.incident(ctx, w, nil)
	t.measured(in)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		t.fails("%v", err)
	case t.Outcome != round.TimedOut:
		t.fails("it ended %s: what heals by itself is no scenario", t.Outcome)
	case !in.Good.IsZero():
		t.fails("it was well when its time ran out: what heals by itself is no scenario")
	}
	if err := errors.Join(s.record(t), s.timely(w, in)); err != nil || !t.OK {
		return err
	}
	return s.rolledBack(ctx, w)
}

// rolledBack watches what the rollback has made of the stack.
func (s *series) rolledBack(ctx context.Context, w round.Scenario) error {
	t := trial{Cell: cellRollback, Scenario: w.ID, Variant: w.Variant, OK: true}
	most := s.profile.PageBound(w.Onset) + 2*w.Hold
	began, good := time.Now(), time.Time{}
	tick := time.NewTicker(s.profile.Scrape)
	defer tick.Stop()
	for {
		bad := badOf(s.prober.Probe(ctx, s.target, w.Steady))
		switch {
		case bad == "" && good.IsZero():
			good = time.Now()
		case bad != "" && time.Since(began) > most:
			t.fails("%.0f s after it: %s", time.Since(began).Seconds(), bad)
			return s.record(t)
		case bad != "":
			good = time.Time{}
		case time.Since(good) >= w.Hold:
			t.Took = seconds(good.Sub(began))
			return s.record(t)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// guards tries the tricks, as many in one incident as its limit has room for.
func (s *series) guards(ctx context.Context, w round.Scenario) error {
	watch := max(2*w.Hold, s.profile.PageBound(w.Onset))
	for todo := scenarios.Guards(); len(todo) > 0; {
		var done []trial
		var later []func(context.Context) error // what could not be undone while it was broken
		in, err := s.incident(ctx, w, func(ctx context.Context, id round.IncidentID) error {
			began := time.Now()
			for len(todo) > 0 && (len(done) == 0 || s.limit-time.Since(began) > watch+s.profile.PageBound(w.Onset)+10*time.Second) {
				t, undo, err := s.guard(ctx, w, id, todo[0], watch)
				todo, done = todo[1:], append(done, t)
				if undo != nil && undo(ctx) != nil {
					later = append(later, undo)
				}
				if err != nil {
					return err
				}
			}
			return s.abort(ctx)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(done) == 0 { // it did not come so far
			t := trial{Cell: cellGuard, Scenario: w.ID, Variant: w.Variant, Move: todo[0].Name}
			t.fails("%v", err)
			todo, done = todo[1:], append(done, t)
		}
		for _, undo := range later {
			if err := undo(ctx); err != nil {
				done[len(done)-1].fails("undo a trick: %v", err)
			}
		}
		for _, t := range done {
			t.Outcome = in.Ending.Outcome
			if t.OK && t.Outcome == round.Resolved {
				t.fails("the incident was resolved")
			}
			if err := s.record(t); err != nil {
				return err
			}
		}
		if err := s.timely(w, in); err != nil {
			return err
		}
	}
	return nil
}

// guard tries one trick: it is refused, or the incident is still open a good
// while later. What undoes it is nil where nothing is to undo.
func (s *series) guard(ctx context.Context, w round.Scenario, id round.IncidentID, g scenarios.Guard, watch time.Duration) (t trial, undo func(context.Context) error, err error) {
	t = trial{Cell: cellGuard, Scenario: w.ID, Variant: w.Variant, Move: g.Name, OK: true}
	cfg, _, err := readReveal(s.reveal)
	if err != nil {
		return t, nil, err
	}
	fmt.Fprintf(s.talk, "\n%s tries the trick %s\n", s.player.name, g.Name)
	if err := g.Do(ctx, cfg, s.target.Round); scenarios.Denied(err) {
		t.Guarded = "denied"
		return t, nil, nil
	} else if err != nil {
		t.fails("the trick itself failed: %v", err)
		return t, nil, nil
	}
	if g.Undo != nil {
		undo = func(ctx context.Context) error { return g.Undo(ctx, cfg, s.target.Round) }
	}
	timer := time.NewTimer(watch)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return t, undo, ctx.Err()
	case <-timer.C:
	}
	open, err := s.stage.open(ctx, s.target.Round)
	if err != nil {
		return t, undo, err
	}
	if open == nil || open.ID != id || open.Phase != round.Active {
		t.fails("%s was not open any more %s after it", id, round.Spell(watch))
	}
	t.Guarded = "stays open"
	return t, undo, nil
}
