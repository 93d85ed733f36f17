package resources

import (
	"maps"
	"regexp"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"
)

// written is what a configuration says of one block.
type written struct {
	arguments  map[string]bool
	references []string
}

// configurationOf gives it by the block's address.
func configurationOf(c *tfjson.Config) map[string]written {
	all := map[string]written{}
	if c != nil {
		ofCalls("", c.RootModule, all)
	}
	return all
}

func ofCalls(prefix string, m *tfjson.ConfigModule, all map[string]written) {
	if m == nil {
		return
	}
	for _, r := range m.Resources {
		w := written{arguments: map[string]bool{}}
		mentioned := map[string]bool{}
		for name, e := range r.Expressions {
			w.arguments[name] = true
			mention(prefix, e, mentioned)
		}
		w.references = slices.Sorted(maps.Keys(mentioned))
		all[prefix+r.Address] = w
	}
	for name, call := range m.ModuleCalls {
		ofCalls(prefix+"module."+name+".", call.Module, all)
	}
}

// named is a resource or a data source in a reference; what follows is an
// attribute of it. Variables and outputs of modules lead elsewhere, and are left
// out: no rule follows them.
var named = regexp.MustCompile(`^(data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][A-Za-z0-9_-]*`)

func mention(prefix string, e *tfjson.Expression, into map[string]bool) {
	if e == nil || e.ExpressionData == nil {
		return
	}
	for _, ref := range e.References {
		if block := named.FindString(ref); block != "" {
			into[prefix+block] = true
		}
	}
	for _, nested := range e.NestedBlocks {
		for _, sub := range nested {
			mention(prefix, sub, into)
		}
	}
}

// refer fills in the references of a state's resources: by ids and ARNs. What
// adds to a resource often has its id, too, so a text can be that of several.
func refer(all []Resource) {
	owners := map[string][]string{}
	for _, r := range all {
		for _, k := range []string{"id", "arn"} {
			if text, _ := r.Values[k].(string); text != "" && !r.Data {
				owners[text] = append(owners[text], r.Block)
			}
		}
	}
	for i, r := range all {
		mentioned := map[string]bool{}
		for _, text := range textsIn(r.Values, nil) {
			for _, block := range owners[text] {
				if block != r.Block {
					mentioned[block] = true
				}
			}
		}
		all[i].References = slices.Sorted(maps.Keys(mentioned))
	}
}
