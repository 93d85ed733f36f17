package round

import (
	"encoding/json"
	"maps"
	"testing"
)

// ways are the shortest histories that lead to each phase; an incident's begins
// in a round that is ready.
var ways = map[string]map[Phase][]Kind{
	"round": {
		NoRound: {}, Provisioning: {ProvisionRequested}, Stuck: {ProvisionRequested, ProvisionFailed},
		Ready: {ProvisionRequested, ProvisionDone}, Destroying: {ProvisionRequested, DestroyRequested},
		Closed: {ProvisionRequested, DestroyRequested, DestroyDone},
	},
	"incident": {
		NoIncident: {}, Injecting: {FaultRequested}, Active: {FaultRequested, FaultInjected},
		RollingBack: {FaultRequested, RollbackRequested}, Ended: {FaultRequested, RollbackRequested, RollbackDone},
	},
}

// history is a state at the end of a way, to which more can be told.
type history struct {
	*State
	in IncidentID
}

func tell(t *testing.T, table string, way []Kind) *history {
	t.Helper()
	h := &history{State: NewState()}
	if table == "incident" {
		for _, k := range ways["round"][Ready] {
			if err := h.add(k); err != nil {
				t.Fatal(err)
			}
		}
		h.in = "INC-1"
	}
	for _, k := range way {
		if err := h.add(k); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *history) add(k Kind) error {
	return h.Apply(Event{Seq: h.Seq + 1, Round: "R1", Incident: h.in, Kind: k, Actor: bot, Data: json.RawMessage(`{}`)})
}

func (h *history) phase() Phase {
	r := h.Rounds["R1"]
	switch {
	case h.in == "" && r == nil:
		return NoRound
	case h.in == "":
		return r.Phase
	case r.Open != nil:
		return r.Open.Phase
	case len(r.Past) > 0:
		return r.Past[0].Phase
	}
	return NoIncident
}

// TestEveryRow tells every kind in every phase of both tables: what stands in
// the row leads where it says, and everything else is refused and moves nothing.
func TestEveryRow(t *testing.T) {
	legal, illegal := 0, 0
	for name, table := range map[string]map[Phase]map[Kind]Phase{"round": roundSteps, "incident": incidentSteps} {
		kinds := map[Kind]Phase{}
		for _, row := range table {
			maps.Copy(kinds, row)
		}
		for from, row := range table {
			for kind := range kinds {
				h := tell(t, name, ways[name][from])
				if h.phase() != from {
					t.Fatalf("%s: the way to %s leads to %s", name, from, h.phase())
				}
				to, ok := row[kind]
				err := h.add(kind)
				switch {
				case ok && (err != nil || h.phase() != to):
					t.Errorf("%s: %s in %q leads to %q, want %q: %v", name, kind, from, h.phase(), to, err)
				case !ok && (err == nil || h.phase() != from):
					t.Errorf("%s: %s in %q was accepted and leads to %q", name, kind, from, h.phase())
				}
				if ok {
					legal++
				} else {
					illegal++
				}
			}
		}
	}
	t.Logf("%d legal and %d illegal moves", legal, illegal)
}
