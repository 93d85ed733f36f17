package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/scenarios"
)

// incident plays one incident: injected from a steady state, paged, acknowledged,
// then act, then its end. What goes wrong aborts it, so that the next may begin.
func (s *series) incident(ctx context.Context, w round.Scenario, act func(context.Context, round.IncidentID) error) (in round.Incident, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit+5*time.Minute)
	defer cancel()
	if err := s.begin(ctx, w); err != nil {
		return in, errors.Join(err, s.abort(ctx))
	}
	open, err := s.stage.open(ctx, s.target.Round)
	if err != nil || open == nil {
		return in, errors.Join(err, errors.New("no incident is open after its injection"))
	}
	if err := s.paged(ctx, w, open.ID); err != nil {
		return in, errors.Join(err, s.abort(ctx))
	}
	if act != nil {
		if err := act(ctx, open.ID); err != nil {
			err = errors.Join(err, s.abort(ctx))
			in, ended := s.stage.ended(ctx, open.ID)
			return in, errors.Join(err, ended)
		}
	}
	if _, err := s.player.reads(ctx, string(open.ID), "It was"); err != nil {
		return in, errors.Join(fmt.Errorf("wait for the end of %s: %w", open.ID, err), s.abort(ctx))
	}
	return s.stage.ended(ctx, open.ID)
}

// begin injects. A stack that is not as it has to be when the bot looks gets some
// more time: nothing has begun.
func (s *series) begin(ctx context.Context, w round.Scenario) (err error) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for deadline := time.Now().Add(3 * time.Minute); ; {
		if err := s.green(ctx, w.Steady); err != nil {
			return err
		}
		if err = s.admin.injects(ctx, w.ID, w.Variant); err == nil || time.Now().After(deadline) {
			return err
		}
		if open, looked := s.stage.open(ctx, s.target.Round); looked != nil || open != nil {
			return errors.Join(err, looked)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// paged waits for the page and acknowledges it.
func (s *series) paged(ctx context.Context, w round.Scenario, id round.IncidentID) error {
	patience := 2*s.profile.PageBound(w.Onset) + 20*time.Second // then the bot itself gives up
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	page, err := s.player.reads(ctx, "🔴", string(id))
	if err != nil {
		return fmt.Errorf("no page came within %s: %w", patience, err)
	}
	return s.player.presses(ctx, page, "Acknowledge")
}

// abort ends what is open, if something is.
func (s *series) abort(ctx context.Context) error {
	open, err := s.stage.open(ctx, s.target.Round)
	if err != nil || open == nil || open.Phase == round.RollingBack {
		return err
	}
	return s.admin.types(ctx, "operations", "abort", map[string]any{"reason": "the trial is over"})
}

// firing is a probe of its own: no alert fires.
var none = 1.0

var firing = round.Probe{Name: "alerts", Query: `count(ALERTS{alertstate="firing"}) or vector(0)`, Below: &none, Unit: "alerts", Say: "alerts fire"}

// green waits until the steady state holds, no alert fires, and the bot has
// heard of both.
func (s *series) green(ctx context.Context, steady []round.Probe) error {
	deadline := time.Now().Add(90 * time.Second)
	probes := append([]round.Probe{firing}, steady...)
	tick := time.NewTicker(s.profile.Scrape)
	defer tick.Stop()
	for heard := 0; ; {
		bad := badOf(s.prober.Probe(ctx, s.target, probes))
		if bad == "" {
			// A silenced alert ends unheard, so nobody waits for that for ever.
			if told, err := s.quiet(ctx); err != nil || told || heard > 10 {
				return err
			}
			heard++
		} else if time.Now().After(deadline) {
			return fmt.Errorf("the stack does not come back to its steady state: %s", bad)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// quiet reports whether no alert fires and no incident is open, as far as the
// bot was told.
func (s *series) quiet(ctx context.Context) (bool, error) {
	state, err := s.stage.look(ctx)
	if err != nil {
		return false, err
	}
	r := state.Rounds[s.target.Round]
	for _, a := range r.Alerts {
		if a.Firing {
			return false, nil
		}
	}
	return r.Open == nil, nil
}

// badOf gives the first reading that is not good, in words.
func badOf(all []round.Reading) string {
	for _, r := range all {
		if r.Health != round.Good {
			return r.Say
		}
	}
	return ""
}

// move plays a right or a wrong move of the player, and tidies up after it.
func (s *series) move(ctx context.Context, w round.Scenario, m round.Move, promise round.Outcome) error {
	t := trial{Cell: cellFix, Scenario: w.ID, Variant: w.Variant, Move: m.Name, Promise: promise, OK: true}
	if promise != round.Resolved {
		t.Cell = cellWrong
	}
	fix, err := s.catalogue.FixOf(w.ID, w.Variant, m.Name, func(int) int { return 0 })
	if err != nil {
		return err
	}
	in, err := s.incident(ctx, w, func(ctx context.Context, _ round.IncidentID) error {
		fmt.Fprintf(s.talk, "\n%s runs the move %s with the revealed keys\n", s.player.name, fix.Name)
		return fixInChild(ctx, s.reveal, fix, w.ID, s.talk)
	})
	t.measured(in)
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // it was ended in the middle, which proves nothing
	case err != nil:
		t.fails("%v", err)
	case t.Outcome != promise:
		t.fails("it ended %s, and %s was promised", t.Outcome, promise)
	}
	if err := s.tidy(ctx, w, fix); err != nil {
		t.fails("tidy up after it: %v", err)
	}
	return errors.Join(s.record(t), s.timely(w, in))
}

// timely records whether an incident broke and paged in the stated time.
func (s *series) timely(w round.Scenario, in round.Incident) error {
	if in.ID == "" {
		return nil // there was none
	}
	t := trial{Cell: cellOnset, Scenario: w.ID, Variant: w.Variant, OK: true}
	t.measured(in)
	t.Outcome, t.TTR = "", 0
	// The onset is seen by a look that comes once a scrape, at what was scraped.
	if most := seconds(w.Onset + 2*s.profile.Scrape); t.Onset == 0 || t.Onset > most {
		t.fails("the first bad sample came after %.1f s, and %.1f s are stated", t.Onset, seconds(w.Onset))
	}
	if t.TTD == 0 || t.TTD > t.TTDBound {
		t.fails("the page came after %.1f s, and its bound is %.1f s", t.TTD, t.TTDBound)
	}
	t.At = time.Now().UTC()
	s.trials = append(s.trials, t)
	if !t.OK {
		t.line(s.out)
	}
	return s.keep(t)
}

func (s *series) tidy(ctx context.Context, w round.Scenario, fix scenarios.Fix) error {
	if fix.Tidy == nil {
		return nil
	}
	return tidyInChild(ctx, s.reveal, fix, w.ID, s.talk)
}
