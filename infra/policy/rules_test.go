package policy

import (
	"context"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
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

func TestWhatIsRightPasses(t *testing.T) {
	g := testGate(t)
	for name, f := range passing() {
		t.Run(name, func(t *testing.T) { mustPass(t, g, base().with(f)) })
	}
}

// A stack that goes needs no budget.
func TestAPlanThatRemovesAllPasses(t *testing.T) {
	p := database().plan()
	for _, c := range p.ResourceChanges {
		c.Change = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionDelete}, Before: c.Change.After}
	}
	if found, err := testGate(t).Check(t.Context(), p); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// A finding goes into messages: it names what is wrong and shows no value of it.
func TestAFindingShowsNoSecret(t *testing.T) {
	f := base().with(database()).change(t, "aws_db_instance.this#password", hidden("correct horse"))
	found, err := testGate(t).Check(t.Context(), f.plan())
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	want := "aws_db_instance.this (password) [secret-in-state] No resource may carry a password or a key through Terraform's state."
	if got := found[0].String(); got != want {
		t.Errorf("%q", got)
	}
	// A document that is no JSON stops the rules; what it holds is not repeated.
	f = base().with(fixture{"aws_iam_role_policy.this": {"policy": "correct horse"}})
	if _, err := testGate(t).Check(t.Context(), f.plan()); err == nil || strings.Contains(err.Error(), "horse") || !strings.Contains(err.Error(), "iam.rego") {
		t.Errorf("%v", err)
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
