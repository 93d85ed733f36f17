package policy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/chaotic-good/scenarios/infra/cost"
	"github.com/chaotic-good/scenarios/infra/resources"
)

// input is what the rules read.
type input struct {
	resources.Stack
	Limits struct {
		PerHour float64        `json:"per_hour_usd"`
		Budget  float64        `json:"budget_usd"`
		Counts  map[string]int `json:"counts"`
	} `json:"limits"`
	Cost *costs `json:"cost,omitempty"`
}

type costs struct {
	PerHour  float64  `json:"per_hour"`
	Dearest  []string `json:"dearest"`
	Unpriced []string `json:"unpriced"`
}

// Check returns what of a plan breaks a rule; nothing: it may be applied.
func (g *Gate) Check(ctx context.Context, plan *tfjson.Plan) ([]Finding, error) {
	if plan == nil {
		return nil, errors.New("check the plan: there is none")
	}
	in := input{Stack: resources.OfPlan(plan), Cost: &costs{}}
	estimate, err := cost.Of(plan)
	var unpriced *cost.UnpricedError
	switch {
	case errors.As(err, &unpriced):
		in.Cost.Unpriced = unpriced.Resources
	case err != nil:
		return nil, fmt.Errorf("check the plan: %w", err)
	default:
		in.Cost.PerHour = estimate.PerHour
		if len(estimate.Items) > 0 {
			in.Cost.Dearest = estimate.Items[0].Resources
		}
	}
	found, err := g.check(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("check the plan: %w", err)
	}
	return found, nil
}

// CheckState returns what of a state breaks a rule. It leaves out what the stack
// costs: that is asked before, of the plan.
func (g *Gate) CheckState(ctx context.Context, state *tfjson.State) ([]Finding, error) {
	if state == nil {
		return nil, errors.New("check the state: there is none")
	}
	found, err := g.check(ctx, input{Stack: resources.OfState(state)})
	if err != nil {
		return nil, fmt.Errorf("check the state: %w", err)
	}
	return found, nil
}

func (g *Gate) check(ctx context.Context, in input) ([]Finding, error) {
	answers, err := g.answers(ctx, in)
	if err != nil {
		return nil, err
	}
	var all []Finding
	for _, a := range answers {
		for _, f := range a.Findings {
			all = append(all, Finding{a.ID, a.Says, f.Resource, f.Argument})
		}
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Argument, b.Argument))
	})
	return all, nil
}

// answer is what one rule says.
type answer struct {
	ID, Says string
	Findings []struct{ Resource, Argument string }
}

// answers are by the rule's package.
func (g *Gate) answers(ctx context.Context, in input) (all map[string]answer, err error) {
	in.Limits.PerHour, in.Limits.Budget = g.limits.PerHourUSD, g.limits.BudgetUSD
	in.Limits.Counts = map[string]int{"instances": g.limits.Instances, "tasks": g.limits.Tasks, "databases": g.limits.Databases}
	results, err := g.query.Eval(ctx, rego.EvalInput(in))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, redacted(err)
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 {
		return nil, errors.New("the rules give no answer")
	}
	text, err := json.Marshal(results[0].Expressions[0].Value)
	if err != nil {
		return nil, fmt.Errorf("read the rules' answer: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read the rules' answer: %w", err)
	}
	return all, nil
}

// redacted keeps where a rule stumbled and leaves out over what, which OPA's
// message may quote.
func redacted(err error) error {
	var stumbled *topdown.Error
	if !errors.As(err, &stumbled) || stumbled.Location == nil {
		return errors.New("the rules stopped")
	}
	return fmt.Errorf("the rules stopped at %s, line %d: %s", stumbled.Location.File, stumbled.Location.Row, stumbled.Code)
}
