package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestMatrix(t *testing.T) {
	fix := trial{Cell: cellFix, Scenario: "b", Move: "start", OK: true, Outcome: round.Resolved, TTD: 3, TTDBound: 12}
	slow, wrong := fix, trial{Cell: cellWrong, Scenario: "a", Variant: "stopped", Move: "pray"}
	slow.TTD = 5
	wrong.fails("it ended %s", round.Resolved)
	for _, c := range []struct {
		trials []trial
		ok     bool
		want   []string
	}{
		{[]trial{fix, slow, fix}, true, []string{"b fix start 3/3 3.0 (5.0) 12.0"}},
		{[]trial{fix, wrong}, false, []string{"a stopped wrong pray 0/1", "b fix start 1/1 3.0 12.0"}},
	} {
		var out bytes.Buffer
		ok := matrix(&out, c.trials)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if ok != c.ok || len(lines) != len(c.want)+1 {
			t.Errorf("%t, %d lines:\n%s", ok, len(lines), &out)
			continue
		}
		for i, want := range c.want {
			if got := strings.Join(strings.Fields(lines[i+1]), " "); got != want {
				t.Errorf("line %d is %q, want %q", i+1, got, want)
			}
		}
	}
	var out bytes.Buffer
	if wrong.line(&out); !strings.Contains(out.String(), "FAILED: it ended resolved") {
		t.Errorf("a failure reads %q", &out)
	}
}

// TestSample: one right move and one wrong one of each scenario.
func TestSample(t *testing.T) {
	s, err := newSeries(nil, nil, logOf(false, new(bytes.Buffer)))
	if err != nil {
		t.Fatal(err)
	}
	ways, err := s.ways("")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := map[string]int{}, map[string]int{}
	for _, w := range sampleOf(ways) {
		right[w.ID] += len(w.Debrief.Fixes)
		wrong[w.ID] += len(w.Debrief.Wrong)
	}
	for _, sc := range s.catalogue.All() {
		if right[sc.ID] != 1 || wrong[sc.ID] != 1 {
			t.Errorf("%s is played by %d right and %d wrong moves", sc.ID, right[sc.ID], wrong[sc.ID])
		}
	}
	if _, err := s.ways("coffee-machine"); err == nil {
		t.Error("what is not there is played")
	}
}
