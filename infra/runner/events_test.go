package runner

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// What Terraform itself wrote, a line of each kind that matters, and what the
// card shows after it.
func TestProgressOfRealEvents(t *testing.T) {
	text, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 13, 0, 0, 0, time.UTC)
	var last round.Progress
	told := 0
	tell := &teller{
		tell: func(p round.Progress) { last = p; told++ }, now: func() time.Time { return now }, until: now.Add(time.Minute),
	}
	lines := strings.SplitAfter(strings.TrimSpace(string(text)), "\n")
	var errors []string
	s := &stream{heard: func(e event) {
		if e.Type == complaint {
			errors = append(errors, e.Diagnostic.say())
		}
		tell.hear(e)
	}}
	for i, want := range []struct {
		event, phase string
		done, total  int
	}{
		{"version", "", 0, 0},
		{"planned_change", "", 0, 1}, // create
		{"planned_change", "", 0, 1}, // read
		{"planned_change", "", 0, 2},
		{"planned_change", "", 0, 3},
		{"planned_change", "", 0, 5}, // replace
		{"planned_change", "", 0, 6}, // delete
		{"apply_start", "database", 0, 6},
		{"apply_start", "database", 0, 6}, // the repository: the database is waited for longer
		{"apply_complete", "database", 1, 6},
		{"apply_progress", "database", 1, 6},
		{"apply_start", "database", 1, 6}, // of a read
		{"apply_complete", "database", 1, 6},
		{"apply_complete", "database", 2, 6},
		{"refresh_start", "database", 2, 6},
		{"apply_start", "addresses", 2, 6},
		{"provision_errored", "addresses", 2, 6},
		{"apply_errored", "addresses", 2, 6},
		{"diagnostic", "addresses", 2, 6},
		{"diagnostic", "addresses", 2, 6},
		{"diagnostic", "addresses", 2, 6},
		{"apply_start", "budget, firewall and audit trail", 2, 6},
		{"apply_complete", "budget, firewall and audit trail", 3, 6},
		{"change_summary", "budget, firewall and audit trail", 3, 6},
	} {
		if i >= len(lines) || !strings.Contains(lines[i], `"type":"`+want.event+`"`) {
			t.Fatalf("line %d is no %s", i+1, want.event)
		}
		half := len(lines[i]) / 2 // it comes in pieces
		for _, piece := range []string{lines[i][:half], lines[i][half:] + "\n"} {
			if n, err := s.Write([]byte(piece)); n != len(piece) || err != nil {
				t.Fatal(n, err)
			}
		}
		if tell.phase != want.phase || tell.done != want.done || tell.total != want.total {
			t.Errorf("after line %d, %s: %q %d of %d, want %q %d of %d", i+1, want.event,
				tell.phase, tell.done, tell.total, want.phase, want.done, want.total)
		}
	}
	if want := (round.Progress{Phase: "budget, firewall and audit trail", Done: 3, Total: 6, Until: now.Add(time.Minute)}); last != want {
		t.Errorf("the card shows %+v, want %+v", last, want)
	}
	want := []string{
		`resource "terraform_data" "fails": Resource precondition failed`,
		"terraform_data.breaks: local-exec provisioner error",
		"main.tf: Invalid value for input variable",
	}
	if strings.Join(errors, "\n") != strings.Join(want, "\n") {
		t.Errorf("the operator reads %q, want %q", errors, want)
	}
	now = now.Add(time.Hour)
	tell.cost(0.25)
	tell.say("what is left")
	if !last.Until.IsZero() || last.PerHour != 0.25 || last.Phase != "what is left" {
		t.Errorf("an act that takes too long shows %+v", last)
	}
	t.Logf("%d lines, told %d times", len(lines), told)
}

func TestPartsOfTheStackHaveWords(t *testing.T) {
	for module, want := range map[string]string{
		"": "addresses", "module.api": "shop", "module.site.module.bucket": "pages", `module.files["a.b"]`: "files", "module.new": "new",
	} {
		if got := phaseOf(module); got != want {
			t.Errorf("%q is %q, want %q", module, got, want)
		}
	}
}

func TestDurationsAreLearned(t *testing.T) {
	all := &times{path: t.TempDir() + "/times.json"}
	if got := all.expect("classic", actProvision); got != firsts[actProvision] {
		t.Errorf("the first is expected to take %s", got)
	}
	for i, c := range []struct{ took, want int }{{900, 900}, {60, 900}, {300, 300}, {300, 300}, {10, 300}, {10, 60}, {10, 10}} {
		if err := all.learn("classic", actProvision, time.Duration(c.took)*time.Second); err != nil {
			t.Fatal(err)
		}
		if got := all.expect("classic", actProvision); i != 1 && got != time.Duration(c.want)*time.Second {
			t.Errorf("after %d: %s, want %d s", i+1, got, c.want)
		}
	}
	if got := all.expect("classic", actDestroy); got != firsts[actDestroy] {
		t.Errorf("a destroy is expected to take %s after provisions only", got)
	}
	if err := os.WriteFile(all.path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := all.expect("classic", actProvision); got != firsts[actProvision] {
		t.Errorf("with a broken file: %s", got)
	}
	if err := all.learn("classic", actProvision, time.Minute); err != nil || all.expect("classic", actProvision) != time.Minute {
		t.Errorf("a broken file is not begun anew: %v", err)
	}
}
