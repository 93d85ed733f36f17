package round_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestTheHoldBeginsAfterTheLastBadSample: in whatever order the page, good and bad
// samples come. Each step of a story lasts a second, in which somebody looks once;
// the last goes on until the end, and the hold is eight.
func TestTheHoldBeginsAfterTheLastBadSample(t *testing.T) {
	const onset, good, lost = "onset.observed", "recovery.observed", "recovery.lost"
	for story, want := range map[string][]string{
		"bad page good":                           {onset, good},
		"good bad page good":                      {onset, good},
		"good page bad good":                      {onset, good},
		"page good bad good":                      {good, onset, lost, good},
		"page bad good":                           {onset, good},
		"bad page good bad good":                  {onset, good, lost, good},
		"bad good page good":                      {onset, good}, // good before the page is no recovery yet
		"page good":                               {good},        // a fault that nobody could see
		"page good unknown good":                  {good, lost, good},
		"page unknown bad good":                   {onset, good},
		"bad page good unknown bad good bad good": {onset, good, lost, good, lost, good},
	} {
		t.Run(story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, _ := start(t, m, w)
				ready(t, e)
				w.inject = func(context.Context) error { return nil }
				if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(500 * time.Millisecond) // between two looks
				var bad time.Time                  // the last moment at which a sample was
				for _, step := range strings.Fields(story) {
					if step == "page" {
						page(t, e, true)
						continue
					}
					w.set(round.Health(step))
					time.Sleep(time.Second)
					if step != "good" {
						bad = time.Now()
					}
				}
				time.Sleep(15 * time.Second)
				if got := outcome(t, m); got.Outcome != round.Resolved {
					t.Fatalf("ended %+v", got)
				}
				var got []string
				for _, k := range m.kinds() {
					if slices.Contains([]string{onset, good, lost}, k) {
						got = append(got, k)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("the ledger tells %v, want %v", got, want)
				}
				in := folded(t, m)
				end, _ := m.last(round.RollbackRequested)
				if !in.Good.After(in.Onset) || in.Good.Before(in.Paged) || in.Good.Before(bad.Add(-time.Second)) {
					t.Errorf("injected %v, onset %v, paged %v, good %v, bad until %v", in.Injected, in.Onset, in.Paged, in.Good, bad)
				}
				if held := end.At.Sub(in.Good); held < 8*time.Second {
					t.Errorf("closed %v after the first good sample", held)
				}
			})
		})
	}
}

// folded is the incident as a later start would read it.
func folded(t *testing.T, m *memory) *round.Incident {
	t.Helper()
	s := round.NewState()
	for _, e := range m.events {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return s.Rounds["R1"].Past[0]
}
