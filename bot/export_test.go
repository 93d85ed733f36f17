package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// toldLedger makes a state folder whose ledger holds R1, closed, with INC-1,
// and R2, just begun.
func toldLedger(t *testing.T) (state string) {
	t.Helper()
	state = t.TempDir()
	book, err := ledger.Open(filepath.Join(state, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 16, 40, 0, 0, time.UTC)
	ana := round.Person{ID: "2", Name: "ana"}
	tell := func(id round.ID, in round.IncidentID, kind round.Kind, data any) {
		raw, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(10 * time.Second)
		if _, err := book.Append(t.Context(), round.Event{Round: id, Incident: in, At: at, Actor: ana, Kind: kind, Data: raw}); err != nil {
			t.Fatal(err)
		}
	}
	tell("R1", "", round.ProvisionRequested, round.ProvisionAsked{Guild: "g", Player: ana, Attempt: 1})
	tell("R1", "", round.ProvisionDone, round.Provisioned{})
	tell("R1", "INC-1", round.FaultRequested, round.FaultAsked{
		Scenario: "security-group", Title: "a rule goes missing", Expect: []string{"ShopErrorRatioHigh"}, Debrief: round.Debrief{Was: "a rule that went missing"},
	})
	tell("R1", "INC-1", round.FaultInjected, nil)
	tell("R1", "INC-1", round.NoteAdded, round.Note{Text: "new connections hang"})
	tell("R1", "INC-1", round.RollbackRequested, round.Ending{Outcome: round.TimedOut, Say: "The time limit was reached.", Attempt: 1})
	tell("R1", "INC-1", round.RollbackDone, round.Ending{Outcome: round.TimedOut, Say: "The time limit was reached.", Attempt: 1})
	tell("R1", "", round.DestroyRequested, round.DestroyAsked{Why: "command", Attempt: 1})
	tell("R1", "", round.DestroyDone, round.Destroyed{Removed: 61})
	tell("R2", "", round.ProvisionRequested, round.ProvisionAsked{Guild: "g", Player: ana, Attempt: 1})
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	return state
}

func export(t *testing.T, args ...string) (out, errs string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = exportVerb(t.Context(), args, &o, &e)
	return o.String(), e.String(), err
}

func TestExportsARoundAsJSONLines(t *testing.T) {
	out, _, err := export(t, "-state", toldLedger(t), "r1")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 9 {
		t.Fatalf("%d lines, want R1's 9 events and none of R2:\n%s", len(lines), out)
	}
	state := round.NewState()
	for _, line := range lines {
		var e round.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if err := state.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if got := state.Rounds["R1"].Phase; got != round.Closed {
		t.Errorf("the exported events fold to %q, want closed", got)
	}
}

func TestExportsAnIncidentAsMarkdown(t *testing.T) {
	out, _, err := export(t, "-state", toldLedger(t), "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"# Post-mortem INC-1 · a rule goes missing\n", "`16:40:50`", "a rule that went missing"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in:\n%s", part, out)
		}
	}
}

func TestExportRefusesInASentence(t *testing.T) {
	t.Setenv("CHAOTIC_STATE", "")
	state, empty := toldLedger(t), t.TempDir()
	for _, c := range []struct {
		name, says string
		args       []string
	}{
		{"a round that never was", "no round of that name", []string{"-state", state, "R3"}},
		{"an incident that never was", "no incident of that name has ended", []string{"-state", state, "INC-2"}},
		{"a folder without a ledger", "there is no ledger in", []string{"-state", empty, "R1"}},
		{"no folder", "say where the state folder is", []string{"R1"}},
	} {
		if out, _, err := export(t, c.args...); err == nil || !strings.Contains(err.Error(), c.says) || out != "" {
			t.Errorf("%s: %v, want a sentence with %q; out %q", c.name, err, c.says, out)
		}
	}
	if _, err := os.Stat(filepath.Join(empty, "ledger.db")); err == nil {
		t.Error("looking for a ledger made one")
	}
	for _, args := range [][]string{{}, {"-state", state}, {"-state", state, "seven"}, {"-state", state, "R1", "R2"}, {"-nonsense"}} {
		_, errs, err := export(t, args...)
		var code exitCode
		if !errors.As(err, &code) || code != 2 || !strings.Contains(errs, "usage: bot export") {
			t.Errorf("%q: %v, %q; want status 2 and the usage", args, err, errs)
		}
	}
}

func TestExportOfALedgerInUse(t *testing.T) {
	state := toldLedger(t)
	book, err := ledger.Open(filepath.Join(state, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	before := book.Len()
	out, _, err := export(t, "-state", state, "R1")
	if !errors.Is(err, ledger.ErrInUse) || !strings.Contains(err.Error(), "stop it") || out != "" {
		t.Errorf("%v, want that another bot runs and what to do; out %q", err, out)
	}
	if book.Len() != before {
		t.Error("the ledger was changed")
	}
}
