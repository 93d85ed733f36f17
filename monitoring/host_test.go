package monitoring

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/prometheus/config"
	_ "github.com/prometheus/prometheus/discovery/file"
)

func hostFacts() HostFacts {
	return HostFacts{Round: "R7", Region: "us-east-1", PortApp: 8080, PortNode: 9100, Webhook: "https://bot.example.org/alerts/R7"}
}

func TestPrometheusReadsTheHostsFile(t *testing.T) {
	all, err := Host(AWS(), hostFacts())
	if err != nil {
		t.Fatal(err)
	}
	text, boxes := withoutEC2(t, all["prometheus.yml"])
	if want := map[string]int{"inventory": 8080, "node": 9100}; !maps.Equal(boxes, want) {
		t.Errorf("EC2 is asked for %v, want %v", boxes, want)
	}
	got, err := config.Load(text, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("%v:\n%s", err, all["prometheus.yml"])
	}
	scrapes, err := got.GetScrapeConfigs()
	if err != nil {
		t.Fatal(err)
	}
	var jobs []string
	for _, s := range scrapes {
		jobs = append(jobs, s.JobName)
		if len(s.ServiceDiscoveryConfigs) != 1 {
			t.Errorf("%s finds its targets in %d ways", s.JobName, len(s.ServiceDiscoveryConfigs))
		}
	}
	want := Jobs()
	slices.Sort(want)
	slices.Sort(jobs)
	if !slices.Equal(jobs, want) {
		t.Errorf("jobs %v, want %v: the rules and the graphs name them", jobs, want)
	}
}

// withoutEC2 replaces what asks EC2, which the program that we have here does
// not know, and gives the jobs that do with their ports.
func withoutEC2(t *testing.T, text []byte) (string, map[string]int) {
	t.Helper()
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	boxes := map[string]int{}
	for _, job := range doc["scrape_configs"].([]any) {
		job := job.(map[string]any)
		asks, ok := job["ec2_sd_configs"]
		if !ok {
			continue
		}
		var ec2 []struct {
			Region  string
			Port    int
			Refresh string `yaml:"refresh_interval"`
			Filters []struct {
				Name   string
				Values []string
			}
		}
		again, err := yaml.Marshal(asks)
		if err == nil {
			err = yaml.UnmarshalWithOptions(again, &ec2, yaml.DisallowUnknownField())
		}
		if err != nil || len(ec2) != 1 || ec2[0].Region != "us-east-1" || len(ec2[0].Filters) != 2 || ec2[0].Filters[0].Values[0] != "R7" {
			t.Fatalf("%v asks EC2 for %+v, %v", job["job_name"], ec2, err)
		}
		boxes[job["job_name"].(string)] = ec2[0].Port
		delete(job, "ec2_sd_configs")
		job["static_configs"] = []any{map[string]any{"targets": []string{"127.0.0.1:1"}}}
	}
	out, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), boxes
}

func TestAlertmanagerReadsTheHostsFile(t *testing.T) {
	for webhook, calls := range map[string]int{hostFacts().Webhook: 1, "": 0} {
		f := hostFacts()
		f.Webhook = webhook
		all, err := Host(AWS(), f)
		if err != nil {
			t.Fatal(err)
		}
		got, err := amconfig.Load(string(all["alertmanager.yml"]))
		if err != nil {
			t.Fatalf("%v:\n%s", err, all["alertmanager.yml"])
		}
		if len(got.Receivers) != 1 || len(got.Receivers[0].WebhookConfigs) != calls {
			t.Errorf("webhook %q: receivers %+v", webhook, got.Receivers)
		}
	}
}

func TestTheHostsFilesAreWhole(t *testing.T) {
	all, err := Host(AWS(), hostFacts())
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(all))
	for _, name := range []string{"start.sh", "targets.sh", "nginx.conf", "filebeat.yml", "rules.yml",
		"grafana/datasources/prometheus.yml", "grafana/dashboards/files.yml", "runbooks/index", "runbooks/ShopTargetDown"} {
		if len(all[name]) == 0 {
			t.Errorf("no %s among %v", name, names)
		}
	}
	for name, text := range all {
		if strings.HasSuffix(name, ".yml") {
			if err := yaml.Unmarshal(text, new(any)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if strings.Contains(string(text), "[[") && !strings.HasSuffix(name, ".sh") {
			t.Errorf("%s: a name was not filled in", name)
		}
	}
	if rules := string(all["rules.yml"]); !strings.Contains(rules, address+"/runbooks/") || !strings.Contains(string(all["start.sh"]), address) {
		t.Error("start.sh does not fill in the address that the rules have")
	}
	// Every name that a script takes from its environment is written by the host's
	// user data; that is Terraform's, and infra's test compares.
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(all["grafana/dashboards/shop.json"], &board); err != nil {
		t.Fatal(err)
	}
	graphs := Graphs(AWS())
	if len(board.Panels) != len(graphs) {
		t.Fatalf("%d panels for %d graphs", len(board.Panels), len(graphs))
	}
	for i, g := range graphs {
		if p := board.Panels[i]; p.Title != g.Title || p.Targets[0].Expr != g.Expr {
			t.Errorf("panel %d is %+v, want %s", i, p, g.Title)
		}
	}
}

// A graph that is bad below its line is red there, and a runbook's lines are
// about the host's own round.
func TestTheHostSaysWhatIsBadAndWhichRound(t *testing.T) {
	f := hostFacts()
	f.Round = "R12"
	all, err := Host(AWS(), f)
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title       string
			FieldConfig struct {
				Defaults struct {
					Thresholds struct{ Steps []struct{ Color string } }
				}
			}
		}
	}
	if err := json.Unmarshal(all["grafana/dashboards/shop.json"], &board); err != nil {
		t.Fatal(err)
	}
	for i, g := range Graphs(AWS()) {
		steps := board.Panels[i].FieldConfig.Defaults.Thresholds.Steps
		if (len(steps) == 2) != (g.Threshold != 0) || len(steps) == 2 && (steps[0].Color == "red") != g.Below {
			t.Errorf("%s: %+v, below its line is bad: %v", g.Title, steps, g.Below)
		}
	}
	page := string(all["runbooks/ShopErrorRatioHigh"])
	if strings.Contains(page, "R7") || strings.Contains(page, "r7") || !strings.Contains(page, "S=chaotic-r12") {
		t.Errorf("the runbook is about another round:\n%s", page)
	}
}
