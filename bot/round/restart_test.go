package round_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestARestartGoesOn(t *testing.T) {
	t.Run("while provisioning", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			w.provision = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			e, stop := start(t, m, w)
			ready(t, e)
			stop()
			w.provision = nil
			e, _ = start(t, m, w)
			synctest.Wait()
			if s, _ := e.Status(t.Context(), admin); s.Phase != round.Ready {
				t.Errorf("the round is %s", s.Phase)
			}
		})
	})
	t.Run("between the intent and the fault", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
				t.Fatal(err)
			}
			stop()
			for m.events[len(m.events)-1].Kind != round.FaultRequested {
				m.events = m.events[:len(m.events)-1]
			}
			start(t, m, w)
			// What the dead process had sent may reach AWS after this one looks.
			time.Sleep(4 * time.Second)
			if w.count("rollback") != 0 {
				t.Error("rolled back while the fault could still arrive")
			}
			time.Sleep(3 * time.Second)
			if got := outcome(t, m); got.Outcome != round.Failed || w.count("rollback") != 1 {
				t.Errorf("ended %+v after %d rollbacks", got, w.count("rollback"))
			}
		})
	})
	t.Run("keys that nobody saw are made again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			stop()
			e, _ = start(t, m, w)
			synctest.Wait()
			if _, err := e.Reveal(t.Context(), ana); err != nil || w.count("issue") != 2 {
				t.Errorf("reveal after a restart: %v, issued %d times", err, w.count("issue"))
			}
		})
	})
	t.Run("a hold does not span it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			page(t, e, true)
			w.set(round.Good)
			time.Sleep(3 * time.Second)
			stop()
			time.Sleep(20 * time.Second)
			start(t, m, w)
			time.Sleep(5 * time.Second)
			if w.count("rollback") != 0 {
				t.Error("time in which nobody measured counted as held")
			}
			time.Sleep(6 * time.Second)
			if got := outcome(t, m); got.Outcome != round.Resolved {
				t.Errorf("ended %+v", got)
			}
		})
	})
}
