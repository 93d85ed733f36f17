package prom

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/monitoring"
)

func TestABadMetricPagesWithinTheBoundAndResolves(t *testing.T) {
	t.Parallel()
	var log output
	visitors, hook := newShop(t), newBot(t)
	cfg := testConfig(t, hook.URL, &log)
	s := start(t, cfg)
	s.SetTargets(visitors.targets())

	ratio := monitoring.Graphs(cfg.Profile)[0].Expr
	eventually(t, "the shop is healthy", 30*time.Second, is(t, s, ratio, 0))

	broken := visitors.turn(true)
	bound := cfg.Profile.PageBound(0)
	p := hook.next(t, bound+2*time.Second)
	took := p.at.Sub(broken)
	t.Logf("paged after %s, bound %s", took, bound)
	if took > bound+500*time.Millisecond {
		t.Errorf("paged after %s, bound %s", took, bound)
	}
	if p.bearer != "Bearer "+token {
		t.Errorf("authorization %q", p.bearer)
	}
	if p.Status != "firing" || len(p.Alerts) != 1 {
		t.Fatalf("page %+v", p)
	}
	a := p.Alerts[0]
	if a.Labels["alertname"] != "ShopErrorRatioHigh" || a.Labels["round"] != "R1" || a.Labels["severity"] != "critical" {
		t.Errorf("labels %v", a.Labels)
	}
	if d := a.Annotations["description"]; !strings.Contains(d, "% of the visitors' requests fail") {
		t.Errorf("description %q", d)
	}
	if r := a.Annotations["runbook_url"]; r != "https://example.org/runbooks/ShopErrorRatioHigh" {
		t.Errorf("runbook %q", r)
	}
	if body := get(t, a.GeneratorURL); !strings.Contains(body, `"status":"success"`) {
		t.Errorf("the alert's link answers %s", body)
	}

	mended := visitors.turn(false)
	// What failed must leave the window; then an evaluation, then the group's interval.
	bound = cfg.Profile.Scrape + cfg.Profile.Window + cfg.Profile.Evaluate + cfg.Profile.GroupInterval
	p = hook.next(t, bound+2*time.Second)
	if took := p.at.Sub(mended); p.Status != "resolved" || took > bound+500*time.Millisecond {
		t.Errorf("%s after %s, bound %s", p.Status, took, bound)
	}
	if strings.Contains(log.String(), token) {
		t.Error("the token is in the log")
	}
}

func TestTheTokenIsForThisUserOnly(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t, "http://127.0.0.1:1/alerts/R1", io.Discard)
	// A file that is there already must not keep its mode.
	if err := os.WriteFile(filepath.Join(cfg.Dir, "webhook-token"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	start(t, cfg)
	err := filepath.WalkDir(cfg.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(content), token) {
			return err
		}
		if filepath.Base(path) != "webhook-token" {
			t.Errorf("the token is also in %s", path)
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Not parallel: it counts goroutines.
func TestStartAndStopThreeTimesLeavesNothing(t *testing.T) {
	visitors := newShop(t)
	before := goleak.IgnoreCurrent()
	for range 3 {
		s, err := Start(t.Context(), testConfig(t, "http://127.0.0.1:1/", io.Discard))
		if err != nil {
			t.Fatal(err)
		}
		s.SetTargets(visitors.targets())
		eventually(t, "the target is scraped", 30*time.Second, is(t, s, `up{job="shop"}`, 1))
		stopWithinASecond(t, s)
		stopWithinASecond(t, s) // again: nothing happens
		s.SetTargets(nil)
		if _, err := s.Query(t.Context(), "up", time.Now()); err == nil {
			t.Error("a stopped stack answers")
		}
		visitors.CloseClientConnections() // the page's own side of what was scraped
		goleak.VerifyNone(t, before)
	}
}

func TestAnEmptyStackStopsAtOnce(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := Start(t.Context(), testConfig(t, "http://127.0.0.1:1/", io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	stopWithinASecond(t, s)
	goleak.VerifyNone(t, before)
}

func TestAStartThatFailsLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(canceled, testConfig(t, "http://127.0.0.1:1/", io.Discard)); err == nil {
		t.Error("started on a context that has ended")
	}
	for name, spoil := range map[string]func(*Config){
		"no token":         func(c *Config) { c.Webhook.Token = "" },
		"no round":         func(c *Config) { c.Round = "" },
		"series no folder": func(c *Config) { _ = os.WriteFile(filepath.Join(c.Dir, "series"), nil, 0o600) },
	} {
		cfg := testConfig(t, "http://127.0.0.1:1/", io.Discard)
		spoil(&cfg)
		if s, err := Start(t.Context(), cfg); err == nil {
			t.Errorf("%s: started", name)
			stopWithinASecond(t, s)
		}
	}
	goleak.VerifyNone(t, before)
}

func TestTwoStacksDoNotMeet(t *testing.T) {
	t.Parallel()
	visitors := newShop(t)
	first, second := testConfig(t, "http://127.0.0.1:1/", io.Discard), testConfig(t, "http://127.0.0.1:1/", io.Discard)
	second.Round = "R2"
	a, b := start(t, first), start(t, second)
	targets := visitors.targets()
	a.SetTargets(targets)
	b.SetTargets(targets)
	// All of them: a smaller number would be seen in passing only, or not at all.
	all := float64(len(targets))
	eventually(t, "R1 sees itself", 30*time.Second, is(t, a, `sum(up{round="R1"})`, all))
	eventually(t, "R2 sees itself", 30*time.Second, is(t, b, `sum(up{round="R2"})`, all))
	if _, ok := value(t, a, `sum(up{round="R2"})`); ok {
		t.Error("R1 sees R2")
	}
}
