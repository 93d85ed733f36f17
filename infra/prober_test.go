package infra

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestProbe(t *testing.T) {
	answers := map[string]string{
		"p95":    `{"resultType":"vector","result":[{"metric":{},"value":[1,"1.234"]}]}`,
		"fast":   `{"resultType":"vector","result":[{"metric":{},"value":[1,"0.0123"]}]}`,
		"ratio":  `{"resultType":"vector","result":[{"metric":{},"value":[1,"0.0012"]}]}`,
		"up":     `{"resultType":"scalar","result":[1,"2"]}`,
		"none":   `{"resultType":"vector","result":[]}`,
		"two":    `{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}]}`,
		"nan":    `{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}`,
		"matrix": `{"resultType":"matrix","result":[]}`,
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := answers[r.FormValue("query")]
		if !ok {
			http.Error(w, `{"status":"error","errorType":"bad_data","error":"parse error"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","data":%s}`, data)
	}))
	defer web.Close()
	under, least := 0.4, 2.0
	two := 0.02
	cases := []struct {
		probe  round.Probe
		health round.Health
		say    string
	}{
		{round.Probe{Name: "checkout p95", Query: "p95", Below: &under, Unit: "s"}, round.Bad, "checkout p95 is 1.23 s (needs under 0.4 s)"},
		{round.Probe{Name: "checkout p95", Query: "fast", Below: &under, Unit: "s"}, round.Good, "checkout p95 is 12.3 ms (needs under 0.4 s)"},
		{round.Probe{Name: "failing orders", Query: "ratio", Below: &two, Unit: "ratio"}, round.Good, "failing orders is 0.12 % (needs under 2 %)"},
		{round.Probe{Name: "tasks", Query: "up", Above: &least}, round.Good, "tasks is 2 (needs at least 2)"},
		{round.Probe{Name: "tasks", Query: "up", Below: &least}, round.Bad, "tasks is 2 (needs under 2)"},
		{round.Probe{Name: "tasks", Query: "up"}, round.Unknown, "tasks is 2"},
		{round.Probe{Name: "orders", Query: "none", Above: &two}, round.Unknown, "orders is unknown: there is no value"},
		{round.Probe{Name: "orders", Query: "two", Above: &two}, round.Unknown, "orders is unknown: there are 2 values instead of one"},
		{round.Probe{Name: "orders", Query: "nan", Above: &two}, round.Unknown, "orders is unknown: there is nothing to measure"},
		{round.Probe{Name: "orders", Query: "matrix", Above: &two}, round.Unknown, "orders is unknown: the answer is no single value"},
		{round.Probe{Name: "orders", Query: "(", Above: &two}, round.Unknown, "orders is unknown: Prometheus did not answer"},
	}
	var probes []round.Probe
	for _, c := range cases {
		probes = append(probes, c.probe)
	}
	p := NewProber(quiet(), OpenDoors())
	defer p.Close()
	target := round.Target{Round: "R1", Outputs: round.Outputs{Prometheus: web.URL}}
	for i, got := range p.Probe(t.Context(), target, probes) {
		if c := cases[i]; got.Probe != c.probe.Name || got.Health != c.health || got.Say != c.say {
			t.Errorf("%s of %q: %+v; want %s, %q", c.probe.Name, c.probe.Query, got, c.health, c.say)
		}
	}
}

func TestProbeOfASilentPrometheusIsBounded(t *testing.T) {
	release := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer web.Close()
	defer close(release)
	p := NewProber(quiet(), OpenDoors())
	defer p.Close()
	probes := []round.Probe{{Name: "a", Query: "1"}, {Name: "b", Query: "1"}, {Name: "c", Query: "1"}}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	for _, prometheus := range []string{web.URL, "", "://"} {
		for _, r := range p.Probe(ctx, round.Target{Outputs: round.Outputs{Prometheus: prometheus}}, probes) {
			if r.Health != round.Unknown || r.Probe == "" {
				t.Errorf("%q: %+v", prometheus, r)
			}
		}
	}
}
