package monitoring

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/common/model"
	promconfig "github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var (
	facts = Facts{Round: "R7", RunbookBase: "https://example.org/runbooks/"}
	hook  = Webhook{URL: "http://127.0.0.1:1/alerts/R7", TokenFile: "/run/round/token"}
)

func mustRules(t *testing.T, p Profile) []byte {
	t.Helper()
	out, err := Rules(p, facts)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ruleNodes parses strictly: unknown fields, bad expressions and bad templates
// all fail.
func ruleNodes(t *testing.T, p Profile) []rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.Parse(mustRules(t, p), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatalf("%s: %v", p.Name, errs)
	}
	var list []rulefmt.Rule
	for _, g := range groups.Groups {
		if g.Interval != 0 {
			t.Errorf("%s: group %s fixes an interval", p.Name, g.Name)
		}
		list = append(list, g.Rules...)
	}
	return list
}

func TestEveryAlertIsComplete(t *testing.T) {
	// Words that would tell which scenario runs. "database" and "inventory"
	// are symptoms: what does not answer, not why. So is a disk that fills up, to
	// the one alert that is about it: not who fills it.
	spoiler := regexp.MustCompile(`(?i)(security|group|rule\b|ingress|subnet|\bip\b|address|connection|leak|report|overload|instance|crash|disk|volume|node|capacity|deploy|version|release|exhaust)`)
	address := regexp.MustCompile(`\d+\.\d+\.\d+\.\d+|\d{12}|labels\.instance`)
	seen := map[string]bool{}
	for _, p := range []Profile{AWS(), Rehearsal()} {
		for _, r := range ruleNodes(t, p) {
			seen[r.Alert] = true
			if !strings.HasPrefix(r.Alert, "Shop") && !strings.HasPrefix(r.Alert, "Box") {
				t.Errorf("%s: want a name that begins with Shop or Box", r.Alert)
			}
			if want := "https://example.org/runbooks/" + r.Alert; r.Annotations["runbook_url"] != want {
				t.Errorf("%s: runbook_url %q, want %q", r.Alert, r.Annotations["runbook_url"], want)
			}
			if r.Labels["round"] != "R7" {
				t.Errorf("%s: round %q", r.Alert, r.Labels["round"])
			}
			if s := r.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			for _, key := range []string{"summary", "description"} {
				text := r.Annotations[key]
				if text == "" || strings.Contains(text, "\n") || !strings.HasSuffix(strings.TrimSuffix(text, "{{ end }}"), ".") {
					t.Errorf("%s: %s %q is not one sentence", r.Alert, key, text)
				}
				said := r.Alert + " " + text
				if r.Alert == "BoxDiskFillingUp" {
					said = regexp.MustCompile(`(?i)disk`).ReplaceAllString(said, "")
				}
				if m := spoiler.FindString(said); m != "" {
					t.Errorf("%s: %s gives the answer away with %q", r.Alert, key, m)
				}
				if m := address.FindString(text); m != "" {
					t.Errorf("%s: %s shows %q", r.Alert, key, m)
				}
			}
			if !strings.Contains(r.Annotations["description"], "$value") {
				t.Errorf("%s: description without its value", r.Alert)
			}
		}
	}
	for _, name := range []string{"ShopErrorRatioHigh", "ShopLatencyHigh", "ShopTargetDown", "ShopDatabaseUnreachable", "ShopInventoryDown", "ShopTrafficMissing", "BoxDiskFillingUp"} {
		if !seen[name] {
			t.Errorf("no alert %s", name)
		}
	}
}

func TestAWSAndRehearsalDifferInDurationsOnly(t *testing.T) {
	duration := regexp.MustCompile(`\b(\d+(ms|s|m|h))+\b`)
	mask := func(b []byte) string { return duration.ReplaceAllString(string(b), "DURATION") }
	if a, r := mask(mustRules(t, AWS())), mask(mustRules(t, Rehearsal())); a != r {
		t.Errorf("rules differ:\n%s\n%s", a, r)
	}
	var routes [2]string
	for i, p := range []Profile{AWS(), Rehearsal()} {
		out, err := Routes(p, hook)
		if err != nil {
			t.Fatal(err)
		}
		routes[i] = mask(out)
	}
	if routes[0] != routes[1] {
		t.Errorf("routes differ:\n%s\n%s", routes[0], routes[1])
	}
	if string(mustRules(t, AWS())) == string(mustRules(t, Rehearsal())) {
		t.Error("the two rule files have the same durations")
	}
}

// A bot that asks has no address to be called at.
func TestNobodyIsCalledWhereTheBotAsks(t *testing.T) {
	out, err := Routes(Rehearsal(), Webhook{TokenFile: "/token"})
	if err != nil {
		t.Fatal(err)
	}
	conf, err := amconfig.Load(string(out))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(conf.Receivers[0].WebhookConfigs); len(conf.Receivers) != 1 || n != 0 {
		t.Errorf("%d receivers, the first with %d webhooks", len(conf.Receivers), n)
	}
}

func TestEveryAlertIsRoutedToTheBotAlone(t *testing.T) {
	for _, p := range []Profile{AWS(), Rehearsal()} {
		out, err := Routes(p, hook)
		if err != nil {
			t.Fatal(err)
		}
		conf, err := amconfig.Load(string(out))
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if n := len(conf.InhibitRules); n != 0 {
			t.Errorf("%s: %d inhibit rules; one of them could hide the expected alert", p.Name, n)
		}
		tree := dispatch.NewRoute(conf.Route, nil)
		for _, r := range ruleNodes(t, p) {
			matched := tree.Match(model.LabelSet{
				"alertname": model.LabelValue(r.Alert), "round": "R7", "severity": model.LabelValue(r.Labels["severity"]),
			})
			if len(matched) != 1 || matched[0].RouteOpts.Receiver != "bot" {
				t.Fatalf("%s: %s matches %v", p.Name, r.Alert, matched)
			}
			opts := matched[0].RouteOpts
			if opts.GroupWait != p.GroupWait || opts.GroupInterval != p.GroupInterval || opts.RepeatInterval != p.RepeatInterval {
				t.Errorf("%s: waits are %v", p.Name, opts)
			}
			if _, ok := opts.GroupBy["alertname"]; !ok || len(opts.GroupBy) != 2 {
				t.Errorf("%s: grouped by %v", p.Name, opts.GroupBy)
			}
		}
		w := conf.Receivers[0].WebhookConfigs[0]
		if w.HTTPConfig.FollowRedirects || w.Timeout != p.WebhookTimeout || !w.SendResolved() {
			t.Errorf("%s: webhook %+v", p.Name, w)
		}
		if got := w.HTTPConfig.Authorization.CredentialsFile; got != hook.TokenFile {
			t.Errorf("%s: token is read from %q", p.Name, got)
		}
	}
}

func TestPrometheusAcceptsRehearsalsFile(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yml")
	out, err := Prometheus(Rehearsal(), Scrapes{RulesFile: rules, Alertmanager: "127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := promconfig.LoadFile(path, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for _, s := range conf.ScrapeConfigs {
		jobs = append(jobs, s.JobName)
	}
	if strings.Join(jobs, " ") != strings.Join(Jobs(), " ") {
		t.Errorf("jobs %v, want %v", jobs, Jobs())
	}
	if len(conf.RuleFiles) != 1 || conf.RuleFiles[0] != rules {
		t.Errorf("rule files %v", conf.RuleFiles)
	}
}

func TestFactsThatWouldBreakAFileAreRefused(t *testing.T) {
	for _, f := range []Facts{
		{Round: "", RunbookBase: "https://example.org"},
		{Round: `R1"`, RunbookBase: "https://example.org"},
		{Round: "{{ $value }}", RunbookBase: "https://example.org"},
		{Round: "R1", RunbookBase: "runbooks"},
		{Round: "R1", RunbookBase: "https://example.org/{{ $labels }}"},
	} {
		if _, err := Rules(Rehearsal(), f); err == nil {
			t.Errorf("%+v: rules rendered", f)
		}
	}
	for _, w := range []Webhook{
		{URL: "", TokenFile: "token"},
		{URL: "http://127.0.0.1/x", TokenFile: "token"},
		{URL: "file:///x", TokenFile: "/token"},
	} {
		if _, err := Routes(Rehearsal(), w); err == nil {
			t.Errorf("%+v: routes rendered", w)
		}
	}
}
