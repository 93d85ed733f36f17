package monitoring

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"strings"
)

//go:embed host
var hostFiles embed.FS

// address stands in the host's files for its own, which nobody knows before it
// is made: start.sh fills it in.
const address = "https://address.invalid"

// HostFacts are what the files of the monitoring host on AWS say about the
// stack. What the host can ask for itself is not among them.
type HostFacts struct {
	Round    string
	Region   string
	PortApp  int32
	PortNode int32
	Webhook  string // URL; empty: the bot polls, and Alertmanager calls nobody
}

// OnTheBox is the jobs whose target is the box, with their ports.
func (f HostFacts) OnTheBox() map[string]int32 {
	return map[string]int32{"inventory": f.PortApp, "node": f.PortNode}
}

// Host renders all files of the monitoring host, by their path in its folder.
// None holds a secret.
func Host(p Profile, f HostFacts) (map[string][]byte, error) {
	all := map[string][]byte{}
	err := fs.WalkDir(hostFiles, "host", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[strings.TrimPrefix(name, "host/")], err = hostFiles.ReadFile(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the monitoring host's files: %w", err)
	}
	if all["rules.yml"], err = Rules(p, Facts{Round: f.Round, RunbookBase: address + "/runbooks"}); err != nil {
		return nil, err
	}
	if f.Webhook == "" {
		all["alertmanager.yml"], err = render("alertmanager.yml.tmpl", p, Webhook{})
	} else {
		all["alertmanager.yml"], err = Routes(p, Webhook{URL: f.Webhook, TokenFile: "/etc/alertmanager/token"})
	}
	if err != nil {
		return nil, err
	}
	if all["prometheus.yml"], err = render("prometheus-aws.yml.tmpl", p, f); err != nil {
		return nil, err
	}
	if all["grafana/dashboards/shop.json"], err = dashboard(p, f.Round); err != nil {
		return nil, err
	}
	pages, err := runbookPages(f.Round)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, pages)
	return all, nil
}

// runbookPages renders the runbooks as files, for a server that knows no more
// than files, and of one round. Their links are relative already.
func runbookPages(round string) (map[string][]byte, error) {
	all := map[string][]byte{}
	style, err := runbookFiles.ReadFile("runbooks/style.css")
	if err != nil {
		return nil, fmt.Errorf("read the runbooks' style: %w", err)
	}
	all["runbooks/style.css"] = style
	page := runbookTemplate()
	names := runbookNames()
	for _, name := range names {
		text, err := runbookFiles.ReadFile("runbooks/" + name + ".md")
		if err != nil {
			return nil, fmt.Errorf("read the runbook %s: %w", name, err)
		}
		if all["runbooks/"+name], err = renderPage(page, runbookPage{Title: name, Name: name, Names: names, Body: markdown(forRound(text, round))}); err != nil {
			return nil, fmt.Errorf("render the runbook %s: %w", name, err)
		}
	}
	if all["runbooks/index"], err = renderPage(page, runbookPage{Title: "Runbooks", Names: names, Body: markdown([]byte(runbookList(names)))}); err != nil {
		return nil, fmt.Errorf("render the list of runbooks: %w", err)
	}
	return all, nil
}

// units are Grafana's words for those of the graphs.
var units = map[string]string{"ratio": "percentunit", "requests/s": "reqps", "s": "s"}

// dashboard is the graphs as Grafana reads them: two in a row.
func dashboard(p Profile, round string) ([]byte, error) {
	type object = map[string]any
	var panels []object
	for i, g := range Graphs(p) {
		defaults := object{"unit": units[g.Unit], "custom": object{"spanNulls": false}}
		if g.Threshold != 0 {
			defaults["custom"] = object{"spanNulls": false, "thresholdsStyle": object{"mode": "line"}}
			low, high := "green", "red"
			if g.Below {
				low, high = high, low
			}
			defaults["thresholds"] = object{"mode": "absolute", "steps": []object{{"color": low, "value": nil}, {"color": high, "value": g.Threshold}}}
		}
		panels = append(panels, object{
			"id": i + 1, "title": g.Title, "type": "timeseries",
			"datasource":  object{"type": "prometheus", "uid": "prometheus"},
			"gridPos":     object{"w": 12, "h": 8, "x": 12 * (i % 2), "y": 8 * (i / 2)},
			"fieldConfig": object{"defaults": defaults, "overrides": []object{}},
			"targets":     []object{{"refId": "A", "expr": g.Expr}},
		})
	}
	text, err := json.MarshalIndent(object{
		"uid": "shop", "title": "The shop of " + round, "schemaVersion": 39, "refresh": "10s",
		"time": object{"from": "now-30m", "to": "now"}, "panels": panels,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the dashboard: %w", err)
	}
	return text, nil
}
