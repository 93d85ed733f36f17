package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestAFaultOfParts: parts are injected in their order and rolled back from the
// last to the first, each with its own receipt; one that cannot be undone does
// not keep the others from it.
func TestAFaultOfParts(t *testing.T) {
	var did []string
	stuck := errors.New("stuck")
	one := func(name string, rollback error) kind {
		note := func(verb string, failed error) func(context.Context, aws.Config, round.Target, json.RawMessage) error {
			return func(_ context.Context, _ aws.Config, _ round.Target, receipt json.RawMessage) error {
				did = append(did, verb+" "+name+" "+string(receipt))
				return failed
			}
		}
		return kind{
			plan: func(_ context.Context, _ aws.Config, _ round.Target, params map[string]string) (round.Plan, error) {
				return round.Plan{Receipt: json.RawMessage(params["n"]), Blast: name + " of R1."}, nil
			},
			inject: note("inject", nil), rollback: note("undo", rollback),
		}
	}
	table := map[string]kind{"a": one("a", nil), "b": one("b", stuck)}
	with := func(kind, n string, also ...round.Fault) round.Fault {
		return round.Fault{Kind: kind, Params: map[string]string{"n": n}, Also: also}
	}
	f := &Faults{kinds: table}
	fault := with("a", "1", with("b", "2"), with("a", "3"))
	plan, err := f.Plan(t.Context(), round.Target{}, fault)
	if err != nil || plan.Blast != "a of R1. b of R1. a of R1." {
		t.Fatalf("plan %+v, %v", plan, err)
	}
	if err := f.Inject(t.Context(), round.Target{}, fault, plan.Receipt); err != nil {
		t.Fatal(err)
	}
	if err := f.Rollback(t.Context(), round.Target{}, fault, plan.Receipt); !errors.Is(err, stuck) {
		t.Errorf("rollback: %v", err)
	}
	want := []string{"inject a 1", "inject b 2", "inject a 3", "undo a 3", "undo b 2", "undo a 1"}
	if !slices.Equal(did, want) {
		t.Errorf("did %q, want %q", did, want)
	}
	if err := f.Inject(t.Context(), round.Target{}, with("a", "1", with("b", "2")), plan.Receipt); err == nil {
		t.Error("the receipt of another fault was taken")
	}
	if _, err := f.Plan(t.Context(), round.Target{}, with("a", "1", with("c", "2"))); err == nil {
		t.Error("a part of no kind was planned")
	}
}
