package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/chaotic-good/scenarios/bot/round"
)

// playAll plays every right and every wrong move of every scenario; of a sample,
// one of each kind of each scenario.
func playAll(ctx context.Context, sample bool, path string, out, talk io.Writer, log *slog.Logger) error {
	s, err := newSeries(out, talk, log)
	if err != nil {
		return err
	}
	ways, err := s.ways("")
	if err != nil {
		return err
	}
	if sample {
		ways = sampleOf(ways)
	}
	err = s.perform(ctx, ways, func(ctx context.Context, ways []round.Scenario) error {
		title(s.out)
		nothing := func(context.Context, round.Scenario) error { return nil }
		return s.play(ctx, ways, nothing, nothing)
	})
	err = s.verdict(ctx, err)
	if path == "" {
		return err
	}
	raw, failed := json.MarshalIndent(s.figures, "", "  ")
	if failed != nil {
		return errors.Join(err, fmt.Errorf("write the report: %w", failed))
	}
	return errors.Join(err, writeWhole(path, append(raw, '\n')))
}

// sampleOf leaves, of each scenario, the first variant's first right move and
// the last variant's last wrong one.
func sampleOf(ways []round.Scenario) (some []round.Scenario) {
	for i, w := range ways {
		first := i == 0 || ways[i-1].ID != w.ID
		last := i == len(ways)-1 || ways[i+1].ID != w.ID
		d := w.Debrief
		d.Fixes, d.Wrong = nil, nil
		if first {
			d.Fixes = w.Debrief.Fixes[:1]
		}
		if last {
			d.Wrong = w.Debrief.Wrong[len(w.Debrief.Wrong)-1:]
		}
		if w.Debrief = d; first || last {
			some = append(some, w)
		}
	}
	return some
}
