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

func first(int) int { return 0 }

// TestEveryMoveHasAProgram holds the YAML's moves against the programs.
func TestEveryMoveHasAProgram(t *testing.T) {
	c := load(t, monitoring.Rehearsal())
	want := func(s round.Scenario, variant string, moves []round.Move, o round.Outcome) {
		for _, m := range moves {
			f, err := c.FixOf(s.ID, variant, m.Name, first)
			if err != nil || f.Promise != o || f.Do == nil || f.Name != m.Name || f.Variant != variant {
				t.Errorf("%s %s %s: %+v, %v", s.ID, variant, m.Name, f, err)
			}
		}
	}
	for _, s := range c.All() {
		if len(s.Variants) == 0 {
			want(s, "", s.Debrief.Fixes, round.Resolved)
			want(s, "", s.Debrief.Wrong, round.TimedOut)
		}
		for _, v := range s.Variants {
			want(s, v.Name, v.Debrief.Fixes, round.Resolved)
			want(s, v.Name, v.Debrief.Wrong, round.TimedOut)
		}
	}
}

func TestFixOf(t *testing.T) {
	c := load(t, monitoring.Rehearsal())
	for _, s := range []struct {
		scenario, variant, name string
		pick                    int
		want                    string // "variant name", or a part of the error after "!"
	}{
		{"security-group", "", "", 0, " authorize-group"},
		{"security-group", "", "prayer", 0, "!authorize-cidr"},
		{"security-group", "stopped", "", 0, `!no variant "stopped"`},
		{"coffee-machine", "", "", 0, "!there is no scenario"},
		{"instance-crash", "", "", 1, "impaired reboot"},
		{"instance-crash", "", "replace", 0, "stopped replace"},
		{"instance-crash", "", "replace", 1, "impaired replace"},
		{"instance-crash", "", "start", 0, "stopped start"},
		{"instance-crash", "impaired", "start", 0, "!in a variant"},
		{"instance-crash", "stopped", "restart-api", 0, "stopped restart-api"},
	} {
		f, err := c.FixOf(s.scenario, s.variant, s.name, func(int) int { return s.pick })
		got := f.Variant + " " + f.Name
		if err != nil {
			got = "!" + err.Error()
		}
		if want, bad := strings.CutPrefix(s.want, "!"); got != s.want && !(bad && err != nil && strings.Contains(got, want)) {
			t.Errorf("%s %s %s: %s, want %s", s.scenario, s.variant, s.name, got, s.want)
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
		"unknown inside":  {swap("    says: A rule", "    sez: A rule"), "sez"},
		"doubled field":   {string(good) + "\ntitle: again\n", "title"},
		"empty":           {"", "empty"},
		"two documents":   {string(good) + "\n---\nid: x\n", "one document"},
		"no difficulty":   {swap("difficulty: easy", "difficulty: fair"), "difficulty"},
		"unknown also":    {swap("  params:", "  also: [{ kind: tea-spill }]\n  params:"), "tea-spill"},
		"unknown fault":   {swap("ingress-revoke", "coffee-spill"), "coffee-spill"},
		"short hold":      {swap("hold: 8s", "hold: 5s"), "twice the onset"},
		"no such pace":    {swap("  rehearsal:", "  slow:"), "rehearsal"},
		"another id":      {swap("id: security-group", "id: other"), "folder's name"},
		"bad call":        {swap("ec2:AuthorizeSecurityGroupIngress", "authorize"), "service:Action"},
		"bound both ways": {string(good) + "\nsteady:\n  - { name: a, query: b, say: c, below: 1, above: 2 }\n", "either"},
		"one variant":     {string(good) + "\nvariants:\n  - { name: a, says: b }\n", "one variant"},
		"two of a name":   {string(good) + "\nvariants:\n  - { name: a, says: b }\n  - { name: a, says: c }\n", "two variants"},
		"silent variant":  {string(good) + "\nvariants:\n  - { name: a }\n  - { name: b, says: c }\n", "variant a says nothing"},
		"variant's fault": {string(good) + "\nvariants:\n  - { name: a, says: b, fault: { kind: x } }\n  - { name: b, says: c }\n", "of the variant a"},
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
