package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// look folds a copy of the ledger, which the bot itself holds. A copy that was
// made in the middle of a write may not open: it is made again.
func (s *stage) look(ctx context.Context) (*round.State, error) {
	path := filepath.Join(s.run, "looked.db")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		state, err := foldCopy(ctx, s.ledger(), path)
		if err == nil {
			return state, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("look into the ledger: %w", err)
		case <-tick.C:
		}
	}
}

func foldCopy(ctx context.Context, from, to string) (*round.State, error) {
	raw, err := os.ReadFile(from)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(to, raw, 0o600); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(to) }() // the run folder goes as a whole
	book, err := ledger.Open(to)
	if err != nil {
		return nil, err
	}
	defer func() { _ = book.Close() }() // it was only read
	state := round.NewState()
	return state, book.Replay(ctx, 1, state.Apply)
}

// ended waits until an incident is over in the ledger, and tells how it went.
func (s *stage) ended(ctx context.Context, id round.IncidentID) (round.Incident, error) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := s.look(ctx)
		if err != nil {
			return round.Incident{}, err
		}
		for _, r := range state.Rounds {
			for _, in := range r.Past {
				if in.ID == id {
					return *in, nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return round.Incident{}, fmt.Errorf("wait for the end of %s: %w", id, ctx.Err())
		case <-tick.C:
		}
	}
}

// open gives the incident that is open, if there is one.
func (s *stage) open(ctx context.Context, id round.ID) (*round.Incident, error) {
	state, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if r := state.Rounds[id]; r != nil {
		return r.Open, nil
	}
	return nil, nil
}
