package round_test

import (
	"testing"
	"testing/synctest"

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
