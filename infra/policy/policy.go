// Package policy says whether a stack may be made: it holds Terraform's plan, or
// the state that came of one, to the rules in rules/.
//
// It knows the rules, each with an id and a sentence, and runs them with OPA's
// library. It does not know how a plan comes about nor what a refusal leads to.
// It reads values that may be secret and returns none.
package policy

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/chaotic-good/scenarios/infra/cost"
	"github.com/chaotic-good/scenarios/infra/resources"
)

//go:embed rules/*.rego
var sources embed.FS

// Limits are what a round may take.
type Limits struct {
	PerHourUSD float64 // what its stack may cost by the hour
	BudgetUSD  float64 // the highest sum at which its budget and its alarm may warn

	// How many there may be, with the scaling as far as it goes.
	Instances, Tasks, Databases int
}

// DefaultLimits let a stack of the stage classic be about twice as dear as it is.
func DefaultLimits() Limits {
	return Limits{PerHourUSD: 0.60, BudgetUSD: 200, Instances: 4, Tasks: 12, Databases: 1}
}

// Finding is a resource that breaks a rule.
type Finding struct {
	Rule     string // its id
	Says     string // its sentence, for the admin
	Resource string // address; where something is missing, its type
	Argument string // the argument that breaks the rule, or the block; empty: not just one
}

// String says it to the admin in one line.
func (f Finding) String() string {
	where := f.Resource
	if f.Argument != "" {
		where += " (" + f.Argument + ")"
	}
	return fmt.Sprintf("%s [%s] %s", where, f.Rule, f.Says)
}

// Rule is one of the rules.
type Rule struct{ ID, Says string }

// Gate holds the rules, ready to run. It may be used by several at once.
type Gate struct {
	limits Limits
	query  rego.PreparedEvalQuery
	rules  []Rule
}

// Rules are all rules, by id.
func (g *Gate) Rules() []Rule { return slices.Clone(g.rules) }

// New reads the rules.
func New(ctx context.Context, limits Limits) (*Gate, error) {
	if limits.PerHourUSD <= 0 || limits.BudgetUSD <= 0 {
		return nil, errors.New("make the policy gate: a limit of cost is missing")
	}
	options := []func(*rego.Rego){
		rego.Query("data.rules"), rego.Capabilities(capabilities()), rego.Strict(true),
		// A rule that stumbles must not let anything pass.
		rego.StrictBuiltinErrors(true),
	}
	names, err := fs.Glob(sources, "rules/*.rego")
	if err != nil {
		return nil, fmt.Errorf("make the policy gate: %w", err)
	}
	for _, name := range names {
		text, err := sources.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("make the policy gate: %w", err)
		}
		options = append(options, rego.Module(path.Base(name), string(text)))
	}
	query, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the policy gate: %w", err)
	}
	g := &Gate{limits: limits, query: query}
	all, err := g.answers(ctx, input{})
	if err != nil {
		return nil, fmt.Errorf("make the policy gate: %w", err)
	}
	for _, a := range all {
		g.rules = append(g.rules, Rule{a.ID, a.Says})
	}
	slices.SortFunc(g.rules, func(a, b Rule) int { return strings.Compare(a.ID, b.ID) })
	return g, nil
}

// capabilities leave out what lets a rule reach beyond its input, or answer
// differently the next time.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool {
		return b.IsNondeterministic() || strings.HasPrefix(b.Name, "net.")
	})
	c.AllowNet = []string{}
	return c
}

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
