package infra

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var resourceBlock = regexp.MustCompile(`(?m)^\s*resource\s+"([a-z0-9_]+)"`)

// resourceTypes are those that infra/terraform makes, wherever it makes them.
func resourceTypes(t *testing.T) map[string]bool {
	t.Helper()
	types := map[string]bool{}
	err := fs.WalkDir(sources, "terraform", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".tf") {
			return err
		}
		text, err := sources.ReadFile(path)
		for _, m := range resourceBlock.FindAllSubmatch(text, -1) {
			types[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return types
}

// TestEveryTypeOfResourceIsSwept: what Terraform makes, a destroy finds without
// Terraform, or says with what it goes.
func TestEveryTypeOfResourceIsSwept(t *testing.T) {
	made, removed, goes := resourceTypes(t), removedAs(), goesWith()
	kinds := map[string]bool{}
	for _, st := range steps() {
		for _, k := range st.kinds {
			if kinds[k.what] {
				t.Errorf("two kinds are called %s", k.what)
			}
			kinds[k.what] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		_, alone := removed[name]
		_, along := goes[name]
		if alone == along {
			t.Errorf("%s: removed by itself: %v, with something else: %v; want one of the two", name, alone, along)
		}
	}
	for name, kind := range removed {
		if !made[name] {
			t.Errorf("Terraform makes no %s", name)
		}
		if !kinds[kind] {
			t.Errorf("%s is removed among the %s, which nobody looks for", name, kind)
		}
	}
	for name, with := range goes {
		if !made[name] {
			t.Errorf("Terraform makes no %s", name)
		}
		if removed[with] == "" {
			t.Errorf("%s goes with %s, which is not removed itself", name, with)
		}
	}
	t.Logf("%d types: %d removed, %d go with them; %d kinds of things", len(made), len(removed), len(goes), len(kinds))
}
