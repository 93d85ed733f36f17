package scenarios_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

func load(t *testing.T, p monitoring.Profile) *scenarios.Catalogue {
	t.Helper()
	c, err := scenarios.Load(scenarios.Files, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryFolderLoadsAtBothPaces(t *testing.T) {
	folders, err := fs.Glob(os.DirFS("."), "*/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []monitoring.Profile{monitoring.AWS(), monitoring.Rehearsal()} {
		c := load(t, p)
		if len(c.All()) != len(folders) {
			t.Errorf("%d scenarios of %d folders at the pace %s", len(c.All()), len(folders), p.Name)
		}
		for _, s := range c.All() {
			for _, probe := range s.Steady {
				if strings.Contains(probe.Query, "$") {
					t.Errorf("%s: the query of %q is not expanded: %s", s.ID, probe.Name, probe.Query)
				}
			}
		}
	}
}

// TestMovesAreAllWrittenTwice holds the YAML's moves against the programs.
func TestMovesAreAllWrittenTwice(t *testing.T) {
	c := load(t, monitoring.Rehearsal())
	for _, s := range c.All() {
		for _, m := range s.Debrief.Fixes {
			if _, f, err := c.FixOf(s.ID, m.Name); err != nil || f.Promise != round.Resolved {
				t.Errorf("%s %s: promises %q, %v", s.ID, m.Name, f.Promise, err)
			}
		}
		for _, m := range s.Debrief.Wrong {
			if _, f, err := c.FixOf(s.ID, m.Name); err != nil || f.Promise != round.TimedOut {
				t.Errorf("%s %s: promises %q, %v", s.ID, m.Name, f.Promise, err)
			}
		}
	}
	if _, _, err := c.FixOf("security-group", "prayer"); err == nil || !strings.Contains(err.Error(), "authorize-cidr") {
		t.Errorf("an unknown fix: %v", err)
	}
	if _, _, err := c.FixOf("coffee-machine", ""); err == nil {
		t.Error("a scenario that does not exist has a fix")
	}
}

// TestAlertsExist holds what scenarios expect against the rules.
func TestAlertsExist(t *testing.T) {
	rules, err := monitoring.Rules(monitoring.Rehearsal(), monitoring.Facts{Round: "R1", RunbookBase: "https://example.org/runbooks"})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range load(t, monitoring.Rehearsal()).All() {
		for _, name := range s.Expect {
			if !strings.Contains(string(rules), "alert: "+name+"\n") {
				t.Errorf("%s expects %s, which no rule raises", s.ID, name)
			}
		}
	}
}

// TestBadYAML breaks the one good file in many ways.
func TestBadYAML(t *testing.T) {
	good, err := os.ReadFile("security-group/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) string {
		if !strings.Contains(string(good), old) {
			t.Fatalf("the file has no %q any more", old)
		}
		return strings.Replace(string(good), old, new, 1)
	}
	cases := map[string]struct{ yaml, want string }{
		"unknown field":   {swap("title:", "titel:"), "titel"},
		"unknown inside":  {swap("    below: 0.02", "    under: 0.02"), "under"},
		"doubled field":   {string(good) + "\ntitle: again\n", "title"},
		"empty":           {"", "empty"},
		"two documents":   {string(good) + "\n---\nid: x\n", "one document"},
		"unknown fault":   {swap("ingress-revoke", "coffee-spill"), "coffee-spill"},
		"short hold":      {swap("hold: 8s", "hold: 5s"), "twice the onset"},
		"no such pace":    {swap("  rehearsal:", "  slow:"), "rehearsal"},
		"another id":      {swap("id: security-group", "id: other"), "folder's name"},
		"bad call":        {swap("ec2:AuthorizeSecurityGroupIngress", "authorize"), "service:Action"},
		"bound both ways": {swap("    below: 0.02", "    below: 0.02\n    above: 0.01"), "either"},
		"not YAML":        {"id: [", "scenario.yaml"},
	}
	for name, c := range cases {
		files := fstest.MapFS{
			"security-group/scenario.yaml": {Data: []byte(c.yaml)},
			"security-group/debrief.md":    {Data: []byte("why")},
		}
		_, err := scenarios.Load(files, monitoring.Rehearsal())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "security-group/scenario.yaml") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := scenarios.Load(fstest.MapFS{}, monitoring.Rehearsal()); err == nil {
		t.Error("an empty catalogue loaded")
	}
	unknown := fstest.MapFS{"security-group/scenario.yaml": {Data: []byte(swap("title:", "titel:"))}, "security-group/debrief.md": {}}
	if _, err := scenarios.Load(unknown, monitoring.Rehearsal()); err == nil || !strings.Contains(err.Error(), "[3:1]") {
		t.Errorf("the error names no line: %v", err)
	}
}
