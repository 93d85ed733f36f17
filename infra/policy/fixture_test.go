package policy

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// fixture is a small stack: arguments by address. A data source's address begins
// with data., an output's with output. and a secret one's with secret_output.
type fixture map[string]v

type v = map[string]any

// later is what a plan does not know yet.
type later struct{}

// hidden is a text that the provider calls sensitive.
type hidden string

// base breaks no rule; every fixture stands on it.
func base() fixture {
	return fixture{
		"aws_budgets_budget.this": {
			"budget_type": "COST", "limit_amount": "10",
			"notification": []any{v{"subscriber_sns_topic_arns": []any{"arn:aws:sns:us-east-1:123456789012:money"}}},
		},
		"aws_cloudwatch_metric_alarm.billing": {
			"namespace": "AWS/Billing", "metric_name": "EstimatedCharges", "comparison_operator": "GreaterThanThreshold",
			"threshold": 10.0, "alarm_actions": []any{"arn:aws:sns:us-east-1:123456789012:money"},
		},
	}
}

func (f fixture) with(more fixture) fixture {
	all := maps.Clone(f)
	maps.Copy(all, more)
	return all
}

// change gives a copy in which one argument has another value. The way to it is
// written address#argument.0.argument; a nil takes it out.
func (f fixture) change(t *testing.T, at string, to any) fixture {
	t.Helper()
	address, path, ok := strings.Cut(at, "#")
	if !ok {
		all := maps.Clone(f)
		if _, there := all[address]; !there {
			t.Fatalf("the fixture has no %s", address)
		}
		delete(all, address)
		return all
	}
	if _, there := f[address]; !there {
		t.Fatalf("the fixture has no %s", address)
	}
	return f.with(fixture{address: put(t, f[address], strings.Split(path, "."), to).(v)})
}

func put(t *testing.T, in any, path []string, to any) any {
	t.Helper()
	if len(path) == 0 {
		return to
	}
	switch in := in.(type) {
	case v:
		m := maps.Clone(in)
		m[path[0]] = put(t, m[path[0]], path[1:], to)
		if m[path[0]] == nil {
			delete(m, path[0])
		}
		return m
	case []any:
		l := slices.Clone(in)
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(l) {
			t.Fatalf("the fixture has no %v", path)
		}
		l[i] = put(t, l[i], path[1:], to)
		return l
	}
	t.Fatalf("the fixture has no %v", path)
	return nil
}

// plan says it as a plan that makes everything; what is later, it does not know.
func (f fixture) plan() *tfjson.Plan {
	p := &tfjson.Plan{OutputChanges: map[string]*tfjson.Change{}, Config: &tfjson.Config{RootModule: &tfjson.ConfigModule{}}}
	for address, values := range f {
		after, unknown, secret := split(values)
		if name, ok := strings.CutPrefix(address, "output."); ok {
			m, _ := unknown.(v)
			p.OutputChanges[name] = &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: after.(v)["value"], AfterUnknown: m["value"], AfterSensitive: false}
			continue
		}
		mode, kind, name := parts(address)
		p.ResourceChanges = append(p.ResourceChanges, &tfjson.ResourceChange{
			Address: address, Mode: mode, Type: kind, Name: name,
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: after, AfterUnknown: unknown, AfterSensitive: secret},
		})
		r := &tfjson.ConfigResource{Address: address, Mode: mode, Type: kind, Name: name, Expressions: map[string]*tfjson.Expression{}}
		for argument := range values {
			if argument == "json" || argument == "id" || argument == "arn" { // the provider's
				continue
			}
			r.Expressions[argument] = &tfjson.Expression{ExpressionData: &tfjson.ExpressionData{References: f.references(values[argument])}}
		}
		p.Config.RootModule.Resources = append(p.Config.RootModule.Resources, r)
	}
	return p
}

// references are the other resources whose id, ARN or address stands in it.
func (f fixture) references(in any) (all []string) {
	switch in := in.(type) {
	case string:
		for address, values := range f {
			if in == values["id"] || in == values["arn"] || in == address {
				all = append(all, address+".id", address)
			}
		}
	case []any:
		for _, sub := range in {
			all = append(all, f.references(sub)...)
		}
	case v:
		for _, sub := range in {
			all = append(all, f.references(sub)...)
		}
	}
	return all
}

// state says it as a state, in which everything has to be known.
func (f fixture) state() (*tfjson.State, bool) {
	m := &tfjson.StateModule{}
	s := &tfjson.State{Values: &tfjson.StateValues{RootModule: m, Outputs: map[string]*tfjson.StateOutput{}}}
	for address, values := range f {
		after, unknown, secret := split(values)
		if unknown != nil {
			return nil, false
		}
		if name, ok := strings.CutPrefix(address, "output."); ok {
			s.Values.Outputs[name] = &tfjson.StateOutput{Value: after.(v)["value"]}
			continue
		}
		text, err := json.Marshal(secret)
		if err != nil {
			return nil, false
		}
		mode, kind, name := parts(address)
		m.Resources = append(m.Resources, &tfjson.StateResource{
			Address: address, Mode: mode, Type: kind, Name: name, AttributeValues: after.(v), SensitiveValues: text,
		})
	}
	return s, true
}

func parts(address string) (tfjson.ResourceMode, string, string) {
	mode := tfjson.ManagedResourceMode
	if rest, ok := strings.CutPrefix(address, "data."); ok {
		address, mode = rest, tfjson.DataResourceMode
	}
	kind, name, _ := strings.Cut(address, ".")
	return mode, kind, name
}

// split parts values into what a plan keeps in three trees; nil is an empty one.
func split(in any) (after, unknown, secret any) {
	switch in := in.(type) {
	case later:
		return nil, true, nil
	case hidden:
		return string(in), nil, true
	case v:
		a, u, s := v{}, v{}, v{}
		for key, sub := range in {
			after, unknown, secret := split(sub)
			if unknown != true {
				a[key] = after
			}
			if unknown != nil {
				u[key] = unknown
			}
			if secret != nil {
				s[key] = secret
			}
		}
		return a, some(u), some(s)
	case []any:
		a, u, all := []any{}, []any{}, true
		for _, sub := range in {
			after, unknown, _ := split(sub)
			all = all && unknown == nil
			a, u = append(a, after), append(u, unknown)
		}
		if all {
			return a, nil, nil
		}
		return a, u, nil
	}
	return in, nil, nil
}

func some(m v) any {
	if len(m) == 0 {
		return nil
	}
	return m
}
