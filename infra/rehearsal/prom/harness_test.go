package prom

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "a-token-of-the-round"

// client keeps no connection, or the test's own would count as leaks.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

// shop is a /metrics page whose visitors make 30 requests a second.
type shop struct {
	*httptest.Server
	mu         sync.Mutex
	last       time.Time
	ok, failed float64
	bad        bool
}

func newShop(t *testing.T) *shop {
	s := &shop{last: time.Now()}
	s.Server = httptest.NewServer(http.HandlerFunc(s.metrics))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) advance() {
	now := time.Now()
	n := 30 * now.Sub(s.last).Seconds()
	s.last = now
	if s.bad {
		s.failed += n
	} else {
		s.ok += n
	}
}

// turn makes every request fail from now on, or succeed again.
func (s *shop) turn(bad bool) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	s.bad = bad
	return s.last
}

func (s *shop) metrics(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	fmt.Fprintf(w, `# HELP visitors_requests_total Requests by their outcome.
# TYPE visitors_requests_total counter
visitors_requests_total{route="order",outcome="ok"} %f
visitors_requests_total{route="order",outcome="error"} %f
shop_database_up 1
shop_inventory_up 1
shop_build_info{release="1.4.0"} 1
shop_http_requests_total{route="order",method="POST",code="500"} 0
pg_stat_database_numbackends{datname="shop"} 8
pg_settings_max_connections 160
pods_wanted 2
pods_running 2
pods_pending 0
nodes{group="nodes",type="t3.small"} 2
node_filesystem_size_bytes{mountpoint="/var/log/inventory"} 64
node_filesystem_avail_bytes{mountpoint="/var/log/inventory"} 48
`, s.ok, s.failed)
}

func (s *shop) address() string { return strings.TrimPrefix(s.URL, "http://") }

// targets are a task, the visitors, the box and the database, all played by one page.
func (s *shop) targets() []Target {
	return []Target{
		{Job: "shop", Address: s.address(), Instance: "task-1", Labels: map[string]string{"release": "1.4.0"}},
		{Job: "visitors", Address: s.address(), Instance: "visitors"},
		{Job: "node", Address: s.address(), Instance: "box"},
		{Job: "database", Address: s.address(), Instance: "database"},
	}
}

// page is one delivery of Alertmanager.
type page struct {
	at     time.Time
	bearer string
	Status string `json:"status"`
	Alerts []struct {
		Status       string            `json:"status"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
		GeneratorURL string            `json:"generatorURL"`
	} `json:"alerts"`
	CommonLabels map[string]string `json:"commonLabels"`
}

// bot receives the webhook. It refuses as often as it is told to.
type bot struct {
	*httptest.Server
	pages chan page

	mu      sync.Mutex
	refuse  int
	refused int
}

func newBot(t *testing.T) *bot {
	b := &bot{pages: make(chan page, 100)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.refuse > 0 {
			b.refuse--
			b.refused++
			http.Error(w, "not now", http.StatusInternalServerError)
			return
		}
		p := page{at: time.Now(), bearer: r.Header.Get("Authorization")}
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			t.Errorf("webhook body: %v", err)
		}
		b.pages <- p
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bot) next(t *testing.T, within time.Duration) page {
	t.Helper()
	select {
	case p := <-b.pages:
		return p
	case <-time.After(within):
		t.Fatalf("no webhook within %s", within)
		return page{}
	}
}

// output is where the stack's log goes; the test that reads it is not alone.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func testConfig(t *testing.T, hook string, log io.Writer) Config {
	return Config{
		Dir:         t.TempDir(),
		Log:         slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Profile:     monitoring.Rehearsal(),
		Round:       "R1",
		Webhook:     Webhook{URL: hook, Token: token},
		RunbookBase: "https://example.org/runbooks",
	}
}

func start(t *testing.T, cfg Config) *Stack {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopWithinASecond(t, s) })
	return s
}

func stopWithinASecond(t *testing.T, s *Stack) {
	t.Helper()
	began := time.Now()
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("close: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("close took %s", took)
	}
}

// eventually waits for a condition that nothing announces.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// value is the only value of expr now, or ok is false.
func value(t *testing.T, s *Stack, expr string) (v float64, ok bool) {
	t.Helper()
	list, err := s.Query(t.Context(), expr, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		return 0, false
	}
	return list[0].Points[0].Value, true
}

func is(t *testing.T, s *Stack, expr string, want float64) func() bool {
	return func() bool {
		v, ok := value(t, s, expr)
		return ok && v == want
	}
}
