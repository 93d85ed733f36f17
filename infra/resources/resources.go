// Package resources shows what a stack consists of in one way, whether a plan
// says it or a state: for those who judge a stack or add up what it costs.
//
// It knows how Terraform's JSON says what it does not know yet. It does not know
// any type of resource, nor what is good or dear. What it returns may hold
// secrets, as plans and states do: it is not for logs, errors or disks.
package resources

import (
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Resource is one resource, or one data source.
type Resource struct {
	Address string         `json:"address"`
	Block   string         `json:"block"` // the address without the keys of count and for_each
	Type    string         `json:"type"`
	Data    bool           `json:"data"`
	Values  map[string]any `json:"values"`

	// References are the blocks that it mentions, sorted. Of a plan they are what
	// the configuration writes; of a state, whose ids and ARNs the values hold.
	References []string `json:"references"`

	// Secrets are those of its texts that its provider calls sensitive.
	Secrets []string `json:"secrets"`

	arguments map[string]bool // that the configuration writes; nil: there is none
}

// Writes reports whether the configuration writes an argument. Where it is not at
// hand, as with a state, it writes all.
func (r Resource) Writes(argument string) bool { return r.arguments == nil || r.arguments[argument] }

// Output is an output of the root module.
type Output struct {
	Name      string `json:"name"`
	Sensitive bool   `json:"sensitive"`
	Value     any    `json:"value"`
}

// Stack is all of them.
type Stack struct {
	Resources []Resource `json:"resources"`
	Outputs   []Output   `json:"outputs"`
}

// OfPlan is the stack as it will be once the plan was applied. Of data sources
// it holds those that are read before and those that are read then.
//
// What is known only then and was left to the provider is null, so that whoever
// reads it applies the default. What somebody wrote and nobody knows yet is
// Unknown. One thing cannot be told apart: a block of a resource that is repeated
// (dynamic) over what is not known yet looks as if it were left out.
func OfPlan(p *tfjson.Plan) Stack {
	var s Stack
	if p == nil {
		return s
	}
	written := configurationOf(p.Config)
	for _, c := range p.ResourceChanges {
		if c.Change == nil || c.Change.Actions.Delete() || c.Change.Actions.Forget() {
			continue
		}
		r := Resource{Address: c.Address, Block: blockOf(c.Address), Type: c.Type, Data: c.Mode == tfjson.DataResourceMode}
		w, ok := written[r.Block]
		r.Values, _ = mark(c.Change.After, c.Change.AfterUnknown).(map[string]any)
		if ok {
			r.References, r.arguments = w.references, w.arguments
		}
		if ok && !r.Data { // what a data source gives back is never written
			leaveOut(r.Values, w)
		}
		r.Secrets = secretsIn(c.Change.After, c.Change.AfterSensitive, nil)
		s.Resources = append(s.Resources, r)
	}
	if p.PriorState != nil && p.PriorState.Values != nil {
		deferred := map[string]bool{}
		for _, r := range s.Resources {
			deferred[r.Address] = true
		}
		for _, r := range ofModule(p.PriorState.Values.RootModule, nil) {
			if r.Data && !deferred[r.Address] {
				r.References = written[r.Block].references
				s.Resources = append(s.Resources, r)
			}
		}
	}
	for name, c := range p.OutputChanges {
		if c == nil || c.Actions.Delete() {
			continue
		}
		hidden, _ := c.AfterSensitive.(bool)
		s.Outputs = append(s.Outputs, Output{Name: name, Sensitive: hidden, Value: mark(c.After, c.AfterUnknown)})
	}
	s.sort()
	return s
}

// OfState is the stack as a state has it. In one, everything is known.
func OfState(state *tfjson.State) Stack {
	var s Stack
	if state == nil || state.Values == nil {
		return s
	}
	s.Resources = ofModule(state.Values.RootModule, nil)
	refer(s.Resources)
	for name, o := range state.Values.Outputs {
		s.Outputs = append(s.Outputs, Output{Name: name, Sensitive: o.Sensitive, Value: o.Value})
	}
	s.sort()
	return s
}

func ofModule(m *tfjson.StateModule, into []Resource) []Resource {
	if m == nil {
		return into
	}
	for _, r := range m.Resources {
		into = append(into, Resource{
			Address: r.Address, Block: blockOf(r.Address), Type: r.Type, Data: r.Mode == tfjson.DataResourceMode,
			Values: r.AttributeValues, Secrets: secretsIn(r.AttributeValues, decoded(r.SensitiveValues), nil),
		})
	}
	for _, child := range m.ChildModules {
		into = ofModule(child, into)
	}
	return into
}

func (s *Stack) sort() {
	slices.SortFunc(s.Resources, func(a, b Resource) int { return strings.Compare(a.Address, b.Address) })
	slices.SortFunc(s.Outputs, func(a, b Output) int { return strings.Compare(a.Name, b.Name) })
}

var key = regexp.MustCompile(`\[("(\\.|[^"\\])*"|\d+)\]`)

// blockOf is the address of the block that an instance comes from.
func blockOf(address string) string { return key.ReplaceAllString(address, "") }

// Key is what count or for_each call this instance; empty: neither is there.
func (r Resource) Key() string {
	found := key.FindAllStringIndex(r.Address, -1)
	if len(found) == 0 || found[len(found)-1][1] != len(r.Address) {
		return ""
	}
	return r.Address[found[len(found)-1][0]:]
}
