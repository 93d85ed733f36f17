package policy

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/format"
)

var sentence = regexp.MustCompile(`^[A-Z][^\n]+\.$`)

// TestTheRulesAreWritten holds each file to one form: formatted, explained, short,
// and, of a rule, named like its id.
func TestTheRulesAreWritten(t *testing.T) {
	names, err := fs.Glob(sources, "rules/*.rego")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, r := range testGate(t).Rules() {
		if !sentence.MatchString(r.Says) {
			t.Errorf("%s says %q, which is no sentence", r.ID, r.Says)
		}
		if _, twice := ids[r.ID]; twice {
			t.Errorf("two rules are called %s", r.ID)
		}
		ids[r.ID] = r.Says
	}
	rules := 0
	for _, name := range names {
		text, err := sources.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		formatted, err := format.Source(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(formatted, text) {
			t.Errorf("opa fmt would change %s", name)
		}
		if !bytes.HasPrefix(text, []byte("# ")) {
			t.Errorf("%s does not begin with what it is for", name)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > 110 {
			t.Errorf("%s has %d lines", name, lines)
		}
		base := strings.TrimSuffix(path.Base(name), ".rego")
		if !bytes.Contains(text, []byte("\npackage rules."+base+"\n")) {
			continue // what rules share
		}
		rules++
		if ids[strings.ReplaceAll(base, "_", "-")] == "" {
			t.Errorf("%s has no id of its name, or no sentence", name)
		}
		if !bytes.Contains(text, []byte("\nfindings contains ")) {
			t.Errorf("%s finds nothing", name)
		}
	}
	if rules != len(ids) || rules < 25 {
		t.Errorf("%d files hold rules, %d rules answer", rules, len(ids))
	}
	t.Logf("%d rules in %d files", rules, len(names))
}

// TestNoRuleReachesOut holds the engine to what a rule needs.
func TestNoRuleReachesOut(t *testing.T) {
	for _, b := range capabilities().Builtins {
		if b.Name == "http.send" || b.Name == "opa.runtime" || b.Name == "net.lookup_ip_addr" || b.Name == "time.now_ns" {
			t.Errorf("a rule could call %s", b.Name)
		}
	}
}
