package policy

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// broken is a fixture in which one value is changed. The fixture itself breaks no
// rule; changed, it breaks this one, at the changed resource, and no other.
type broken struct {
	rule string
	of   fixture
	at   string // what is changed: address#path; an address alone is taken out
	to   any
	// What is named, where it is not the changed resource.
	names string
}

func testGate(t *testing.T) *Gate {
	t.Helper()
	g, err := New(t.Context(), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestTheBaseBreaksNoRule(t *testing.T) {
	mustPass(t, testGate(t), base())
}

func mustPass(t *testing.T, g *Gate, f fixture) {
	t.Helper()
	for _, found := range both(t, g, f) {
		for _, one := range found {
			t.Errorf("unchanged: %s", one)
		}
	}
}

// both are the findings on the plan and, where a state can say it, on the state.
func both(t *testing.T, g *Gate, f fixture) (all [][]Finding) {
	t.Helper()
	found, err := g.Check(t.Context(), f.plan())
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, found)
	if s, ok := f.state(); ok {
		if found, err = g.CheckState(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		all = append(all, found)
	}
	return all
}

// ofPlansAlone are rules that a state cannot break.
var ofPlansAlone = []string{"cost-ceiling", "unknown-price"}

func TestEachRuleBitesAndLetsPass(t *testing.T) {
	g := testGate(t)
	tried := map[string]int{}
	for _, b := range slices.Concat(networkCases(), storageCases(), peopleCases(), moneyCases(), endCases()) {
		tried[b.rule]++
		t.Run(b.rule+" "+b.at, func(t *testing.T) {
			f := base().with(b.of)
			mustPass(t, g, f)
			want, _, _ := strings.Cut(b.at, "#")
			if b.names != "" {
				want = b.names
			}
			for i, found := range both(t, g, f.change(t, b.at, b.to)) {
				if i == 1 && slices.Contains(ofPlansAlone, b.rule) {
					continue
				}
				if len(found) == 0 {
					t.Errorf("%s passes (state: %v)", b.at, i == 1)
				}
				for _, one := range found {
					if one.Rule != b.rule || one.Resource != want {
						t.Errorf("want %s at %s alone, got %s (state: %v)", b.rule, want, one, i == 1)
					}
				}
			}
		})
	}
	for _, r := range g.Rules() {
		if tried[r.ID] == 0 {
			t.Errorf("no plan breaks the rule %s", r.ID)
		}
	}
	t.Logf("%d rules, %v", len(tried), tried)
}

// passing are what a rule might wrongly refuse.
func TestWhatIsRightPasses(t *testing.T) {
	g := testGate(t)
	for name, f := range passing() {
		t.Run(name, func(t *testing.T) { mustPass(t, g, base().with(f)) })
	}
}

func TestNothingIsNoPlan(t *testing.T) {
	g := testGate(t)
	if _, err := g.Check(t.Context(), nil); err == nil {
		t.Error("no plan passes")
	}
	if _, err := g.CheckState(t.Context(), nil); err == nil {
		t.Error("no state passes")
	}
	if _, err := New(t.Context(), Limits{}); err == nil {
		t.Error("a gate without limits is made")
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := g.Check(stopped, base().plan()); err == nil {
		t.Error("a check that was stopped passes")
	}
}
