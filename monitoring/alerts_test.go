package monitoring

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
)

// calm is half a minute of a healthy shop, one sample a second: two tasks, 30
// requests a second, one in a thousand failed.
var calm = map[string]string{
	`up{job="shop",instance="a"}`:                                                  "1x30",
	`up{job="shop",instance="b"}`:                                                  "1x30",
	`shop_database_up{job="shop",instance="a"}`:                                    "1x30",
	`shop_database_up{job="shop",instance="b"}`:                                    "1x30",
	`shop_inventory_up{job="shop",instance="a"}`:                                   "1x30",
	`shop_inventory_up{job="shop",instance="b"}`:                                   "1x30",
	`visitors_requests_total{job="visitors",route="order",outcome="ok"}`:           "0+30x30",
	`visitors_requests_total{job="visitors",route="order",outcome="error"}`:        "0+0.03x30",
	`visitors_request_duration_seconds_bucket{job="visitors",route="o",le="0.1"}`:  "0+29x30",
	`visitors_request_duration_seconds_bucket{job="visitors",route="o",le="1"}`:    "0+30x30",
	`visitors_request_duration_seconds_bucket{job="visitors",route="o",le="5"}`:    "0+30x30",
	`visitors_request_duration_seconds_bucket{job="visitors",route="o",le="+Inf"}`: "0+30x30",
	`node_filesystem_size_bytes{job="node",mountpoint="/"}`:                        "1000+0x30",
	`node_filesystem_avail_bytes{job="node",mountpoint="/"}`:                       "900+0x30",
	`node_filesystem_size_bytes{job="node",mountpoint="/log"}`:                     "1000+0x30",
	`node_filesystem_avail_bytes{job="node",mountpoint="/log"}`:                    "990+0x30",
}

// with returns a load script: calm with some series replaced, "" removes one.
func with(changes map[string]string) string {
	all := map[string]string{}
	for k, v := range calm {
		all[k] = v
	}
	for k, v := range changes {
		if _, known := all[k]; !known && v == "" {
			panic("no such series: " + k)
		}
		all[k] = v
	}
	var b strings.Builder
	b.WriteString("load 1s\n")
	for k, v := range all {
		if v == "" {
			continue
		}
		// "1x30" is promqltest's constant series.
		if strings.HasPrefix(v, "1x") {
			v = "1+0" + v[1:]
		}
		fmt.Fprintf(&b, "  %s %s\n", k, v)
	}
	return b.String()
}

// firing evaluates the rendered rules every second and returns, per second,
// the alerts that fire.
func firing(t *testing.T, script string) [31][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, mustRules(t, Rehearsal()), 0o600); err != nil {
		t.Fatal(err)
	}
	store := promqltest.LoadedStorage(t, script)
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery)
	m := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:    rules.EngineQueryFunc(engine, store),
		AppendableV2: store,
		Queryable:    store,
		NotifyFunc:   func(context.Context, string, ...*rules.Alert) {},
		Context:      t.Context(),
		Parser:       parser.NewParser(parser.Options{}),
	})
	groups, errs := m.LoadGroups(time.Second, labels.EmptyLabels(), "", nil, false, path)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var out [31][]string
	for s := range out {
		for _, g := range groups {
			g.Eval(t.Context(), time.Unix(int64(s), 0))
			for _, r := range g.AlertingRules() {
				if r.LastError() != nil {
					t.Fatalf("%s: %v", r.Name(), r.LastError())
				}
				if r.State() == rules.StateFiring {
					out[s] = append(out[s], r.Name())
				}
			}
		}
		slices.Sort(out[s])
	}
	return out
}

func TestAlertsFireExactlyWhen(t *testing.T) {
	const (
		upA, upB   = `up{job="shop",instance="a"}`, `up{job="shop",instance="b"}`
		dbA, dbB   = `shop_database_up{job="shop",instance="a"}`, `shop_database_up{job="shop",instance="b"}`
		invA, invB = `shop_inventory_up{job="shop",instance="a"}`, `shop_inventory_up{job="shop",instance="b"}`
		ok         = `visitors_requests_total{job="visitors",route="order",outcome="ok"}`
		failed     = `visitors_requests_total{job="visitors",route="order",outcome="error"}`
		late       = `visitors_requests_total{job="visitors",route="order",outcome="timeout"}`
		fast       = `visitors_request_duration_seconds_bucket{job="visitors",route="o",le="0.1"}`
		middling   = `visitors_request_duration_seconds_bucket{job="visitors",route="o",le="1"}`
		slow       = `visitors_request_duration_seconds_bucket{job="visitors",route="o",le="5"}`
		waitA      = `pods_pending{job="shop",instance="a"}`
		waitB      = `pods_pending{job="shop",instance="b"}`
		all        = `visitors_request_duration_seconds_bucket{job="visitors",route="o",le="+Inf"}`
	)
	for _, c := range []struct {
		name    string
		changes map[string]string
		alert   string // "" : none at all
		from    int    // first second at which it fires
		to      int    // last one; 30 is the end
	}{
		{name: "healthy"},
		// Second 10 is the last good sample. The first bad one is 11, bad at
		// once in the window: pending at 11, firing two seconds later.
		{name: "every request fails", alert: "ShopErrorRatioHigh", from: 13, to: 30,
			changes: map[string]string{ok: "0+30x10 300+0x19", failed: "0+0x10 30+30x19"}},
		{name: "requests time out", alert: "ShopErrorRatioHigh", from: 13, to: 30,
			changes: map[string]string{ok: "0+30x10 300+0x19", late: "0+0x10 30+30x19"}},
		// A series that begins with the failure has a rate from its second sample on.
		{name: "a kind of failure never seen before", alert: "ShopErrorRatioHigh", from: 14, to: 30,
			changes: map[string]string{ok: "0+30x10 300+0x19", late: "_x11 30+30x18"}},
		{name: "a burst until it leaves the window", alert: "ShopErrorRatioHigh", from: 13, to: 14,
			changes: map[string]string{ok: "0+30x30", failed: "0+0x10 30+0x19"}},
		{name: "one in a hundred fails", changes: map[string]string{failed: "0+0.3x30"}},
		{name: "slow answers", alert: "ShopLatencyHigh", from: 13, to: 30,
			changes: map[string]string{fast: "0+29x10 290+0x19", middling: "0+30x10 300+0x19"}},
		{name: "one task goes", alert: "ShopTargetDown", from: 13, to: 30,
			changes: map[string]string{upB: "1+0x10 0+0x19", dbB: "1+0x10 stale", invB: "1+0x10 stale"}},
		{name: "a task is replaced at once", changes: map[string]string{upB: "1+0x10 0 1+0x18"}},
		{name: "pods wait for long", alert: "ShopPodsPending", from: 17, to: 30,
			changes: map[string]string{waitA: "0+0x10 2+0x19", waitB: "0+0x10 2+0x19"}},
		{name: "pods wait while a node starts", changes: map[string]string{waitA: "0+0x10 2+0x4 0+0x14", waitB: "0+0x10 2+0x5 0+0x13"}},
		{name: "no task is known", alert: "ShopTargetDown", from: 13, to: 30,
			changes: map[string]string{upA: "1+0x10 stale", upB: "1+0x10 stale", dbA: "1+0x10 stale", dbB: "1+0x10 stale", invA: "1+0x10 stale", invB: "1+0x10 stale"}},
		{name: "no task reaches the database", alert: "ShopDatabaseUnreachable", from: 13, to: 30,
			changes: map[string]string{dbA: "1+0x10 0+0x19", dbB: "1+0x10 0+0x19"}},
		{name: "one of two tasks reaches the database", changes: map[string]string{dbA: "1+0x10 0+0x19"}},
		{name: "the tasks say nothing of the database", alert: "ShopDatabaseUnreachable", from: 13, to: 30,
			changes: map[string]string{dbA: "1+0x10 stale", dbB: "1+0x10 stale"}},
		{name: "the inventory does not answer, then does", alert: "ShopInventoryDown", from: 13, to: 20,
			changes: map[string]string{invA: "1+0x10 0+0x9 1+0x9", invB: "1+0x10 0+0x9 1+0x9"}},
		// 200 are left at second 9, which is not above the threshold yet.
		{name: "a disk fills", alert: "BoxDiskFillingUp", from: 12, to: 30,
			changes: map[string]string{`node_filesystem_avail_bytes{job="node",mountpoint="/log"}`: "1100-100x10 0+0x19"}},
		{name: "a disk has grown", alert: "BoxDiskFillingUp", from: 5, to: 14,
			changes: map[string]string{`node_filesystem_avail_bytes{job="node",mountpoint="/log"}`: "900+0x2 0+0x11 1000+0x15",
				`node_filesystem_size_bytes{job="node",mountpoint="/log"}`: "1000+0x14 2000+0x15"}},
		{name: "the box says nothing of its disks", changes: map[string]string{
			`node_filesystem_avail_bytes{job="node",mountpoint="/log"}`: "", `node_filesystem_avail_bytes{job="node",mountpoint="/"}`: ""}},
		// At 14 the window (5 s, its start excluded) holds one sample that counts; then a window of silence.
		{name: "the visitors are gone", alert: "ShopTrafficMissing", from: 19, to: 30,
			changes: map[string]string{ok: "0+30x10 stale", failed: "0+0x10 stale", fast: "0+29x10 stale", middling: "0+30x10 stale", slow: "0+30x10 stale", all: "0+30x10 stale"}},
		{name: "the visitors stand still", alert: "ShopTrafficMissing", from: 19, to: 30,
			changes: map[string]string{ok: "0+30x10 300+0x19", failed: "0+0x30"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := firing(t, with(c.changes))
			for s, names := range got {
				var want []string
				if c.alert != "" && s >= c.from && s <= c.to {
					want = []string{c.alert}
				}
				if !slices.Equal(names, want) {
					t.Fatalf("second %d: firing %v, want %v", s, names, want)
				}
			}
		})
	}
}
