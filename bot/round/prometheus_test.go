package round_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestNothingResolvesWhilePrometheusIsGone: the shop was well when Prometheus
// went away, and nobody knows whether it still is. That is never recovery,
// however long it lasts; a hold begins anew when there is data again.
func TestNothingResolvesWhilePrometheusIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := broken(t, m, w)
		w.set(round.Good)
		time.Sleep(5 * time.Second) // of a hold of eight
		w.set(round.Unknown)
		time.Sleep(30 * time.Second)
		if _, claim, err := e.Resolve(t.Context(), ana); err != nil || claim.Green {
			t.Errorf("a claim without data: %+v, %v", claim, err)
		}
		if _, ok := m.last(round.RollbackRequested); ok {
			t.Fatalf("it ended without data: %v", m.kinds())
		}
		if _, ok := m.last(round.RecoveryLost); !ok {
			t.Errorf("the hold went on without data: %v", m.kinds())
		}
		w.set(round.Good)
		time.Sleep(6500 * time.Millisecond)
		if _, ok := m.last(round.RollbackRequested); ok {
			t.Error("the time without data counted as held")
		}
		time.Sleep(4 * time.Second)
		if got := outcome(t, m); got.Outcome != round.Resolved {
			t.Errorf("ended %+v", got)
		}
	})
}
