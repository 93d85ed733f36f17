// Package policy says whether a stack may be made: it holds Terraform's plan, or
// the state that came of one, to the rules in rules/.
//
// It knows the rules, each with an id and a sentence, and runs them with OPA's
// library. It does not know how a plan comes about nor what a refusal leads to.
// It reads values that may be secret and returns none.
package policy

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
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

// Where is the resource, with the argument if it is just one.
func (f Finding) Where() string {
	if f.Argument == "" {
		return f.Resource
	}
	return f.Resource + " (" + f.Argument + ")"
}

// String says it to the admin in one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s [%s] %s", f.Where(), f.Rule, f.Says)
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
