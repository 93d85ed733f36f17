package scenarios_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// TestLint holds every scenario against the rules of authors.
func TestLint(t *testing.T) {
	all, err := scenarios.Lint(scenarios.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		for _, what := range l.Findings {
			t.Errorf("%s: %s", l.ID, what)
		}
	}
}

func TestLintWantsOneTimeLimit(t *testing.T) {
	files := fstest.MapFS{}
	for _, id := range []string{"instance-crash", "security-group"} {
		for _, name := range []string{"scenario.yaml", "debrief.md"} {
			raw, err := os.ReadFile(id + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if id == "security-group" {
				raw = []byte(strings.Replace(string(raw), "limit: 30m", "limit: 25m", 1))
			}
			files[id+"/"+name] = &fstest.MapFile{Data: raw}
		}
	}
	all, err := scenarios.Lint(files, "security-group")
	want := "its limit at the pace aws is 25m0s, and that of instance-crash 30m0s"
	if err != nil || len(all) != 1 || len(all[0].Findings) != 1 || !strings.Contains(all[0].Findings[0], want) {
		t.Errorf("%+v, %v; want %q", all, err, want)
	}
}

// TestLintFinds breaks the one good file in ways that Load does not mind, and in
// one that it does.
func TestLintFinds(t *testing.T) {
	raw, err := os.ReadFile("security-group/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(raw)
	why, err := os.ReadFile("security-group/debrief.md")
	if err != nil {
		t.Fatal(err)
	}
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the file has no %q any more", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	hints := func(list string) string {
		from, to := strings.Index(good, "\nhints:"), strings.Index(good, "\nwas:")
		return good[:from] + "\nhints: " + list + "\n" + good[to:]
	}
	const probe = "\nsteady:\n  - { name: mine, below: 1, say: bad, query: '"
	for name, c := range map[string]struct{ yaml, debrief, want string }{
		"nothing":               {good, string(why), ""},
		"what Load refuses":     {swap("difficulty: ", "difficulty: very "), string(why), "difficulty"},
		"a field unknown":       {swap("title:", "titel:"), string(why), "titel"},
		"no PromQL":             {good + probe + "sum(rate(x[$window])' }\n", string(why), `probe "mine" at the pace aws: it is no PromQL`},
		"a range":               {good + probe + "x[$window]' }\n", string(why), "gives a matrix"},
		"an alert that is not":  {swap("[ShopErrorRatioHigh]", "[ShopOnFire]"), string(why), "ShopOnFire, which no rule raises"},
		"a hint twice":          {hints("[What fails?, what  fails?, '`aws help`']"), string(why), "hint 2 says again"},
		"a repair too early":    {hints("[What fails?, 'Try authorize-security-group-ingress.', '`aws help`']"), string(why), "hint 2 gives the answer: AuthorizeSecurityGroupIngress, by which authorize-cidr repairs"},
		"the answer too early":  {hints("[Somehow a rule goes missing., Where?, '`aws help`']"), string(why), `hint 1 gives the answer: "a rule goes missing"`},
		"a page that tells":     {swap("The support desk has a queue.", "We think that a rule\n  goes missing."), string(why), `the briefing gives the answer: "a rule goes missing"`},
		"a page like a novel":   {swap("The support desk has a queue.", strings.Repeat("The support desk has a queue. ", 20)), string(why), "a page is read in a hurry"},
		"a command at once":     {hints("['`aws help`', What fails?, 'see `aws help`']"), string(why), "the first hint names"},
		"nothing to type":       {hints("[What fails?, And why?, Think.]"), string(why), "the last hint names nothing"},
		"a move without its Go": {swap("name: authorize-cidr", "name: pray"), string(why), "the move pray has no program"},
		"another's program":     {swap("name: authorize-cidr", "program: security-group/authorize-cidr\n    name: by-address"), string(why), ""},
		"a task that tells":     {swap("params: {", "params: { task: group-leak,"), string(why), `the task "group-leak" gives the scenario away`},
		"a debrief of nothing":  {good, "See [this](https://docs.aws.amazon.com/x).", "the debrief has 42 characters"},
		"no link":               {good, strings.Repeat("It happens. ", 50), "no link"},
		"a link elsewhere":      {good, string(why) + " https://example.org/blog", "links to https://example.org/blog"},
	} {
		files := fstest.MapFS{"security-group/scenario.yaml": {Data: []byte(c.yaml)}, "security-group/debrief.md": {Data: []byte(c.debrief)}}
		all, err := scenarios.Lint(files, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := strings.Join(all[0].Findings, "\n")
		if (found == "") != (c.want == "") || !strings.Contains(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
	if _, err := scenarios.Lint(scenarios.Files, "coffee-machine"); err == nil {
		t.Error("what is not there was checked")
	}
}

// TestAProgramOfAnotherScenario: whoever only recombines what there is writes no
// Go.
func TestAProgramOfAnotherScenario(t *testing.T) {
	raw, err := os.ReadFile("security-group/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	yaml := strings.Replace(string(raw), "id: security-group", "id: new-one", 1)
	for _, name := range []string{"authorize-group", "authorize-cidr", "attach-group", "restart-api"} {
		yaml = strings.Replace(yaml, "- name: "+name, "- program: security-group/"+name+"\n    name: "+name, 1)
	}
	files := fstest.MapFS{"new-one/scenario.yaml": {Data: []byte(yaml)}, "new-one/debrief.md": {Data: []byte("why")}}
	c, err := scenarios.Load(files, monitoring.Rehearsal())
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.FixOf("new-one", "", "attach-group", first)
	if err != nil || f.Do == nil || f.Tidy == nil {
		t.Errorf("%+v, %v", f, err)
	}
}
