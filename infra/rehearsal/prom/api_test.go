package prom

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/chaotic-good/scenarios/monitoring"
)

func TestPrometheusOwnClientIsServed(t *testing.T) {
	t.Parallel()
	visitors, hook := newShop(t), newBot(t)
	s := start(t, testConfig(t, hook.URL, io.Discard))
	began := time.Now()
	visitors.turn(true)
	s.SetTargets(visitors.targets())
	hook.next(t, 20*time.Second) // an alert fires, so there is one to list

	c, err := api.NewClient(api.Config{Address: s.PrometheusURL(), Client: client})
	if err != nil {
		t.Fatal(err)
	}
	p, ctx, now := v1.NewAPI(c), t.Context(), time.Now()

	if v, _, _, err := p.Query(ctx, `sum(up) by (round)`, now); err != nil || v.String() == "" || v.(model.Vector)[0].Value != 4 || v.(model.Vector)[0].Metric["round"] != "R1" {
		t.Errorf("query: %v, %v", v, err)
	}
	if v, _, _, err := p.Query(ctx, `1 + 1`, now); err != nil || v.(*model.Scalar).Value != 2 {
		t.Errorf("scalar: %v, %v", v, err)
	}
	if v, _, _, err := p.Query(ctx, `nothing_has_this_name`, now); err != nil || len(v.(model.Vector)) != 0 {
		t.Errorf("empty: %v, %v", v, err)
	}
	if v, _, _, err := p.Query(ctx, `up[1m]`, now); err != nil || len(v.(model.Matrix)) != 4 {
		t.Errorf("range vector: %v, %v", v, err)
	}
	v, _, _, err := p.QueryRange(ctx, `up{job="shop"}`, v1.Range{Start: began, End: now, Step: time.Second})
	if err != nil || len(v.(model.Matrix)) != 1 || len(v.(model.Matrix)[0].Values) < 3 {
		t.Errorf("query range: %v, %v", v, err)
	}
	if names, _, _, err := p.LabelNames(ctx, nil, began, now); err != nil || !slices.Contains(names, "outcome") {
		t.Errorf("labels: %v, %v", names, err)
	}
	if values, _, _, err := p.LabelValues(ctx, "job", nil, began, now); err != nil || !slices.Equal(values, model.LabelValues{"database", "node", "shop", "visitors"}) {
		t.Errorf("label values: %v, %v", values, err)
	}
	if values, _, _, err := p.LabelValues(ctx, "outcome", []string{`visitors_requests_total{job="visitors"}`, `up`}, began, now); err != nil || len(values) != 2 {
		t.Errorf("label values of a selector: %v, %v", values, err)
	}
	if series, _, _, err := p.Series(ctx, []string{`up`, `shop_database_up{job="shop"}`}, began, now); err != nil || len(series) != 5 {
		t.Errorf("series: %v, %v", series, err)
	}
	if m, err := p.Metadata(ctx, "", ""); err != nil || len(m["visitors_requests_total"]) != 1 || m["visitors_requests_total"][0].Type != "counter" {
		t.Errorf("metadata: %v, %v", m, err)
	}
	if b, err := p.Buildinfo(ctx); err != nil || b.Version == "" {
		t.Errorf("build info: %v, %v", b, err)
	}
	alerts, err := monitoring.AlertNames()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := p.Rules(ctx, nil); err != nil || len(r.Groups) != 1 || len(r.Groups[0].Rules) != len(alerts) {
		t.Errorf("rules: %+v, %v", r, err)
	} else if first := r.Groups[0].Rules[0].(v1.AlertingRule); first.State != "firing" || first.Duration != 2 || first.Alerts[0].Labels["round"] != "R1" {
		t.Errorf("rule: %+v", first)
	}
	if a, err := p.Alerts(ctx); err != nil || len(a.Alerts) == 0 || a.Alerts[0].State != v1.AlertStateFiring {
		t.Errorf("alerts: %+v, %v", a, err)
	}
	if g, err := p.Targets(ctx); err != nil || len(g.Active) != 4 || g.Active[0].Health != v1.HealthGood {
		t.Errorf("targets: %+v, %v", g, err)
	}

	for what, err := range map[string]error{
		"expression": second(p.Query(ctx, `sum(`, now)),
		"step":       second(p.QueryRange(ctx, `up`, v1.Range{Start: began, End: now})),
		"points":     second(p.QueryRange(ctx, `up`, v1.Range{Start: now.Add(-6 * time.Hour), End: now, Step: time.Second})),
		"selector":   second(p.Series(ctx, []string{`{job=~".*"}`}, began, now)),
		"label":      second(p.LabelValues(ctx, "", nil, began, now)),
	} {
		var e *v1.Error
		if !errors.As(err, &e) || (e.Type != v1.ErrBadData && what != "label") {
			t.Errorf("a bad %s is answered with %v", what, err)
		}
	}
	long, err := client.PostForm(s.PrometheusURL()+"/api/v1/query", url.Values{"query": {strings.Repeat("x", maxForm)}})
	if err != nil {
		t.Fatal(err)
	}
	defer long.Body.Close()
	if long.StatusCode != http.StatusBadRequest {
		t.Errorf("a megabyte of query: %s", long.Status)
	}
	if got := get(t, s.PrometheusURL()+"/-/ready"); got != "Ready.\n" {
		t.Errorf("ready: %q", got)
	}
	graphs(t, s, began, now)
}

func second[A, B, C any](_ A, _ B, _ C, err error) error { return err }

// graphs asks for what the graphs tab asks for.
func graphs(t *testing.T, s *Stack, start, end time.Time) {
	for _, g := range monitoring.Graphs(monitoring.Rehearsal()) {
		list, err := s.QueryRange(t.Context(), g.Expr, start, end, time.Second)
		if err != nil {
			t.Errorf("%s: %v", g.Title, err)
		}
		// The fake page has no histogram.
		if len(list) == 0 && g.Unit != "s" {
			t.Errorf("%s: no line", g.Title)
		}
		if g.Title == "Error ratio" {
			last := list[0].Points[len(list[0].Points)-1]
			if last.Value < 0.9 || last.Time.Before(start) || last.Time.After(end) {
				t.Errorf("%s ends with %+v", g.Title, last)
			}
		}
	}
	if list, err := s.Query(t.Context(), `vector(0) / 0`, end); err != nil || len(list) != 0 {
		t.Errorf("what is no number is shown: %v, %v", list, err)
	}
	if list, err := s.Query(t.Context(), `42`, end); err != nil || len(list) != 1 || list[0].Points[0].Value != 42 {
		t.Errorf("a scalar: %v, %v", list, err)
	}
	for _, bad := range []string{`sum(`, `"text"`} {
		if _, err := s.Query(t.Context(), bad, end); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if _, err := s.QueryRange(t.Context(), `up`, end, start, time.Second); err == nil {
		t.Error("a range that runs backwards: no error")
	}
}
