package gateway

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// nest turns the flat names of a form (Filter.1.Value.2=x) into the tree that
// they stand for. The names that say nothing but "an element of the list"
// (member, and in RDS the element's type) are left out.
func nest(form url.Values, service string) map[string]any {
	root := map[string]any{}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if name == "Action" || name == "Version" {
			continue
		}
		plant(root, strings.Split(name, "."), form.Get(name))
	}
	out := make(map[string]any, len(root))
	for k, v := range root {
		out[k] = fold(v, service == "rds")
	}
	return out
}

// plant puts a leaf into the tree. A name that is both a leaf and a branch is
// malformed; the first one stays.
func plant(at map[string]any, path []string, value string) {
	for i, p := range path {
		if i == len(path)-1 {
			if _, taken := at[p]; !taken {
				at[p] = value
			}
			return
		}
		next, ok := at[p].(map[string]any)
		if !ok {
			if at[p] != nil {
				return
			}
			next = map[string]any{}
			at[p] = next
		}
		at = next
	}
}

// fold turns maps whose names are numbers into lists.
func fold(v any, typed bool) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for k := range m {
		m[k] = fold(m[k], typed)
	}
	if len(m) == 1 {
		for k, only := range m {
			if _, isList := only.([]any); k == "member" || typed && isList {
				return only
			}
		}
	}
	type numbered struct {
		n int
		v any
	}
	var list []numbered
	for k, v := range m {
		n, err := strconv.Atoi(k)
		if err != nil {
			return m
		}
		list = append(list, numbered{n, v})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].n < list[j].n })
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = e.v
	}
	return out
}
