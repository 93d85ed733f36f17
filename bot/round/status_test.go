package round_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestStatusAsksForWhatTheStageHas: what a stage has not is neither well nor
// unknown.
func TestStatusAsksForWhatTheStageHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := shelf[0]
		nodes.ID, nodes.Stages = "node-capacity", []string{"eks"}
		nodes.Steady = []round.Probe{{Name: "orders"}, {Name: "pods that wait"}}
		e, _, _ := onShelf(t, append(catalogue{nodes}, shelf...))
		s, err := e.Status(t.Context(), ana)
		if err != nil || len(s.Readings) != 1 || s.Readings[0].Probe != "orders" {
			t.Errorf("stage %s reads %+v, %v", s.Stage, s.Readings, err)
		}
	})
}

// TestStatusTellsHowTheHoldStands: to everybody, once it is well after the page.
func TestStatusTellsHowTheHoldStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
			t.Fatal(err)
		}
		is := func(want string) {
			t.Helper()
			s, err := e.Status(t.Context(), viewer)
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(s.Incident.Held.Round(time.Second), " of ", s.Incident.Hold); got != want || s.Incident.Title != "" {
				t.Errorf("held %s, want %s; %+v", got, want, s.Incident)
			}
		}
		time.Sleep(2*time.Second + 250*time.Millisecond) // between two looks
		page(t, e, true)
		is("0s of 0s")
		w.set(round.Good)
		time.Sleep(5*time.Second + 500*time.Millisecond)
		is("5s of 8s")
		w.set(round.Bad)
		time.Sleep(time.Second)
		is("0s of 0s")
		w.set(round.Good)
		time.Sleep(time.Second)
		is("1s of 8s")
	})
}
