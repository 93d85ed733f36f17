package round_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestHowAnIncidentEnds(t *testing.T) {
	cases := []struct {
		name string
		play func(t *testing.T, e *round.Engine, w *world)
		want round.Outcome
	}{
		{"nobody repairs it", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			time.Sleep(2 * time.Minute)
		}, round.TimedOut},
		{"the fault shows no effect", func(t *testing.T, e *round.Engine, w *world) {
			w.set(round.Good)
			time.Sleep(time.Minute)
		}, round.Failed},
		{"an admin aborts", func(t *testing.T, e *round.Engine, w *world) {
			if _, err := e.Abort(t.Context(), admin, "enough"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}, round.Aborted},
		{"the round is destroyed", func(t *testing.T, e *round.Engine, w *world) {
			if _, err := closed(t.Context(), e, admin); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}, round.Aborted},
		{"missing data is not health", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			w.set(round.Unknown)
			time.Sleep(2 * time.Minute)
		}, round.TimedOut},
		{"it only seemed repaired", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			for range 20 {
				w.set(round.Good)
				time.Sleep(5 * time.Second)
				w.set(round.Bad)
				time.Sleep(2 * time.Second)
			}
		}, round.TimedOut},
		{"the rollback fails at first", func(t *testing.T, e *round.Engine, w *world) {
			w.failRollback(errors.New("throttled"))
			if _, err := e.Abort(t.Context(), admin, ""); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			w.failRollback(nil)
			time.Sleep(10 * time.Second)
		}, round.Aborted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, _ := start(t, m, w)
				ready(t, e)
				if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
					t.Fatal(err)
				}
				c.play(t, e, w)
				if got := outcome(t, m); got.Outcome != c.want {
					t.Errorf("ended %+v, want %s", got, c.want)
				}
				if w.count("rollback") == 0 {
					t.Error("nothing was rolled back")
				}
			})
		})
	}
}

// TestDestroyAsksInsideAnIncident: the word names the incident that is meant.
func TestDestroyAsksInsideAnIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := broken(t, m, w)
		time.Sleep(2 * time.Second)
		before := len(m.kinds())
		c, err := e.Destroy(t.Context(), admin)
		if err != nil || c.Round != "R1" || c.Incident != "INC-1" || c.Open < 2*time.Second || len(m.kinds()) != before {
			t.Fatalf("%+v, %v; the ledger has %q", c, err, m.kinds()[before:])
		}
		for _, other := range []round.IncidentID{"", "INC-2"} {
			_, err = e.DestroyRound(t.Context(), admin, "R1", other)
			wantRefusal(t, err, "another-incident")
		}
		if _, err := e.DestroyRound(t.Context(), admin, "R1", "INC-1"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := outcome(t, m); got.Outcome != round.Aborted {
			t.Errorf("ended %+v", got)
		}
		_, err = e.DestroyRound(t.Context(), admin, "R1", "INC-1")
		if err == nil {
			t.Error("it is destroyed twice")
		}
	})
}
