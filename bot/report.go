package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

// report is autoplay's result as JSON. Durations are in seconds; one that never
// came is 0.
type report struct {
	Scenario string        `json:"scenario"`
	Variant  string        `json:"variant,omitempty"`
	Fix      string        `json:"fix"`
	Outcome  round.Outcome `json:"outcome"`

	Ready     float64 `json:"ready_s"`     // start -> ready for /provision
	Provision float64 `json:"provision_s"` // /provision -> the round is ready
	Onset     float64 `json:"onset_s"`     // injected -> first bad sample
	TTD       float64 `json:"ttd_s"`       // injected -> page
	TTDBound  float64 `json:"ttd_bound_s"` // what the page may take
	TTA       float64 `json:"tta_s"`       // page -> acknowledged
	TTR       float64 `json:"ttr_s"`       // page -> first good sample
	Hold      float64 `json:"hold_s"`      // how long it had to stay good
	Outage    float64 `json:"outage_s"`    // first bad -> first good sample
	Total     float64 `json:"total_s"`     // the whole program

	Left   int    `json:"left"`   // what /destroy left, by the world's own count
	Events uint64 `json:"events"` // in the ledger
	Calls  int    `json:"calls"`  // of the player, in the timeline
}

func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// fill reads the incident's figures off the ledger.
func (r *report) fill(ctx context.Context, book *ledger.Ledger, story postmortem.Report) error {
	n := story.Numbers
	r.Outcome, r.Calls, r.Events = story.Outcome, story.Calls, book.Len()
	r.Onset, r.TTD, r.TTA, r.TTR, r.Outage = seconds(n.Onset), seconds(n.TTD), seconds(n.TTA), seconds(n.TTR), seconds(n.Outage)
	return book.Replay(ctx, 1, func(e round.Event) error {
		if e.Kind != round.FaultRequested || e.Incident != story.Incident {
			return nil
		}
		var asked round.FaultAsked
		if err := e.Into(&asked); err != nil {
			return err
		}
		r.TTDBound, r.Hold = seconds(asked.Page), seconds(asked.Hold)
		return nil
	})
}

// save writes the figures to path and the post-mortem beside it.
func (r *report) save(path, markdown string) error {
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := writeWhole(path, append(raw, '\n')); err != nil {
		return err
	}
	return writeWhole(path+".md", []byte(markdown))
}
