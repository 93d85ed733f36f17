package resources

import (
	"encoding/json"
	"maps"
	"slices"
)

// Unknown stands where a value is not known yet.
func Unknown() map[string]any { return map[string]any{"unknown": true} }

// IsUnknown reports whether it stands here.
func IsUnknown(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 1 && m["unknown"] == true
}

// mark puts Unknown into a plan's value wherever the other tree, which a plan
// keeps beside it, says that there will be one.
func mark(value, unknown any) any {
	switch u := unknown.(type) {
	case bool:
		if u {
			return Unknown()
		}
	case map[string]any:
		have, _ := value.(map[string]any)
		if have == nil && len(u) == 0 {
			return value
		}
		merged := maps.Clone(have)
		if merged == nil {
			merged = map[string]any{}
		}
		for k, sub := range u {
			if v := mark(merged[k], sub); v != nil || have[k] != nil {
				merged[k] = v
			}
		}
		return merged
	case []any:
		have, _ := value.([]any)
		merged := slices.Clone(have)
		for i, sub := range u {
			if i >= len(merged) {
				merged = append(merged, nil)
			}
			merged[i] = mark(merged[i], sub)
		}
		if merged == nil {
			return value
		}
		return merged
	}
	return value
}

// leaveOut turns what is unknown because nobody wrote it into null. The provider
// adds to tags_all what it adds everywhere: that one is as known as tags.
func leaveOut(values map[string]any, w written) {
	for k, v := range values {
		asked := k
		if k == "tags_all" {
			asked = "tags"
		}
		if IsUnknown(v) && !w.arguments[asked] {
			values[k] = nil
		}
	}
}

// secretsIn collects the texts at which the tree beside the values says so.
func secretsIn(value, hidden any, into []string) []string {
	switch h := hidden.(type) {
	case bool:
		if h {
			into = textsIn(value, into)
		}
	case map[string]any:
		m, _ := value.(map[string]any)
		for k, sub := range h {
			into = secretsIn(m[k], sub, into)
		}
	case []any:
		l, _ := value.([]any)
		for i, sub := range h {
			if i < len(l) {
				into = secretsIn(l[i], sub, into)
			}
		}
	}
	return into
}

func textsIn(value any, into []string) []string {
	switch v := value.(type) {
	case string:
		if v != "" {
			into = append(into, v)
		}
	case map[string]any:
		for _, sub := range v {
			into = textsIn(sub, into)
		}
	case []any:
		for _, sub := range v {
			into = textsIn(sub, into)
		}
	}
	return into
}

// decoded is the tree that a state keeps as text; one that cannot be read counts
// as none, for Terraform itself wrote it.
func decoded(text json.RawMessage) (tree any) {
	_ = json.Unmarshal(text, &tree)
	return tree
}
