package round

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestTables walks both tables: every phase is reached, none but the last is a
// dead end, and every kind stands somewhere.
func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		table map[Phase]map[Kind]Phase
		first Phase
		last  Phase
	}{
		"round":    {roundSteps, NoRound, Closed},
		"incident": {incidentSteps, NoIncident, Ended},
	} {
		reached := map[Phase]bool{c.first: true}
		for range c.table {
			for from, row := range c.table {
				for _, to := range row {
					if reached[from] {
						reached[to] = true
					}
					if _, ok := c.table[to]; !ok {
						t.Errorf("%s: %s has no row", name, to)
					}
				}
			}
		}
		for phase, row := range c.table {
			if !reached[phase] {
				t.Errorf("%s: %s is never reached", name, phase)
			}
			if (len(row) == 0) != (phase == c.last) {
				t.Errorf("%s: %s has %d ways out", name, phase, len(row))
			}
		}
	}
}

func TestIllegalHistoriesStop(t *testing.T) {
	opened := Event{Seq: 1, Round: "R1", Kind: ProvisionRequested, Data: json.RawMessage(`{"guild":"g"}`)}
	for _, bad := range []Event{
		{Seq: 2, Round: "R1", Kind: "coffee.made"},
		{Seq: 2, Round: "R1", Kind: DestroyDone, Data: json.RawMessage(`{}`)},
		{Seq: 2, Round: "R2", Kind: ProvisionDone},
		{Seq: 2, Round: "R1", Incident: "INC-1", Kind: FaultRequested, Data: json.RawMessage(`{}`)},
		{Seq: 2, Round: "R1", Incident: "INC-1", Kind: HintTaken},
		{Seq: 2, Round: "R1", Kind: ProvisionProgressed, Data: json.RawMessage(`{`)},
	} {
		s := NewState()
		if err := s.Apply(opened); err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(bad); err == nil {
			t.Errorf("%s of %s %s was accepted", bad.Kind, bad.Round, bad.Incident)
		}
		if s.Seq != 1 || s.Rounds["R1"].Phase != Provisioning {
			t.Errorf("%s changed the state", bad.Kind)
		}
	}
}

func TestASecretCannotBePrinted(t *testing.T) {
	s := NewSecret("hunter2")
	raw, err := json.Marshal(struct{ S Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v", Access{SecretAccessKey: s}),
		fmt.Sprintf("%+v", &Access{SecretAccessKey: s}), string(raw),
	} {
		for _, part := range []string{"hunter2", "68756e74657232"} {
			if strings.Contains(shown, part) {
				t.Errorf("it prints: %s", shown)
			}
		}
	}
}

// TestProgressOfAnOlderLedger: what was written before acts said when they end
// and what they cost folds as it did, and what is not known is not written.
func TestProgressOfAnOlderLedger(t *testing.T) {
	const old = `{"phase":"network","done":4,"total":61}`
	raw, err := json.Marshal(Progress{Phase: "network", Done: 4, Total: 61})
	if err != nil || string(raw) != old {
		t.Errorf("written as %s, %v", raw, err)
	}
	s := NewState()
	for _, e := range []Event{
		{Seq: 1, Round: "R1", Kind: ProvisionRequested, Data: json.RawMessage(`{"guild":"g"}`)},
		{Seq: 2, Round: "R1", Kind: ProvisionProgressed, Data: json.RawMessage(old)},
	} {
		if err := s.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if p := s.Rounds["R1"].Progress; p == nil || *p != (Progress{Phase: "network", Done: 4, Total: 61}) {
		t.Errorf("folded into %+v", p)
	}
}
