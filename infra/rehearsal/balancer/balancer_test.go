package balancer_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quick is a configuration for tests: much happens within a second.
func quick() balancer.Config {
	return balancer.Config{Interval: 20 * time.Millisecond, HealthTimeout: 200 * time.Millisecond,
		Timeout: 300 * time.Millisecond, Drain: 5 * time.Second}
}

func start(t *testing.T, cfg balancer.Config) *balancer.Balancer {
	t.Helper()
	b, err := balancer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return b
}

// host is a target whose behaviour a test may change.
type host struct {
	balancer.Target
	server *httptest.Server
	health atomic.Int32 // the status of /healthz
	asked  atomic.Int32 // requests other than /healthz
}

func newHost(t *testing.T, id string, serve http.HandlerFunc) *host {
	t.Helper()
	h := &host{}
	h.health.Store(http.StatusOK)
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			w.WriteHeader(int(h.health.Load()))
			return
		}
		h.asked.Add(1)
		if serve != nil {
			serve(w, r)
			return
		}
		_, _ = io.WriteString(w, id)
	}))
	t.Cleanup(h.server.Close)
	h.Target = balancer.Target{ID: id, Addr: h.server.Listener.Addr().String()}
	return h
}

// client makes a connection for each request, so that nothing is left behind.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

func get(t *testing.T, b *balancer.Balancer) (int, string) {
	t.Helper()
	resp, err := client.Get("http://" + b.Addr() + "/api/products?page=2")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(10 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}

func health(t *testing.T, b *balancer.Balancer, want map[string]string) {
	t.Helper()
	eventually(t, "health", func() bool { return maps.Equal(b.Health(), want) })
}

func TestRoundRobin(t *testing.T) {
	b := start(t, quick())
	a, c := newHost(t, "a", nil), newHost(t, "c", nil)
	b.SetTargets([]balancer.Target{a.Target, c.Target, a.Target})
	health(t, b, map[string]string{"a": "healthy", "c": "healthy"})
	var order string
	for range 6 {
		_, body := get(t, b)
		order += body
	}
	if order != "acacac" && order != "cacaca" {
		t.Errorf("order %s", order)
	}
}

func TestRequestIsPassedOn(t *testing.T) {
	b := start(t, quick())
	h := newHost(t, "a", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Host != "shop.example" || r.Method != http.MethodPost || r.URL.RequestURI() != "/api/orders?x=1" ||
			string(body) != "two hats" || r.Header.Get("X-Forwarded-For") != "127.0.0.1" {
			t.Errorf("%s %s at %s from %s: %q", r.Method, r.URL.RequestURI(), r.Host, r.Header.Get("X-Forwarded-For"), body)
		}
		w.WriteHeader(http.StatusCreated)
	})
	b.SetTargets([]balancer.Target{h.Target})
	health(t, b, map[string]string{"a": "healthy"})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.Addr()+"/api/orders?x=1", strings.NewReader("two hats"))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "shop.example"
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestFailures: each way in which a target can fail has its own status.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  int
	}{
		{"answers an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, http.StatusTeapot},
		{"breaks off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, http.StatusBadGateway},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that we are gone
			<-r.Context().Done()
		}, http.StatusGatewayTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, quick())
			h := newHost(t, "a", c.serve)
			b.SetTargets([]balancer.Target{h.Target})
			health(t, b, map[string]string{"a": "healthy"})
			begun := time.Now()
			resp, err := client.Post("http://"+b.Addr()+"/api/orders", "text/plain", strings.NewReader("hat"))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != c.want || time.Since(begun) > 5*time.Second {
				t.Errorf("status %d after %v, want %d", resp.StatusCode, time.Since(begun), c.want)
			}
			if n := h.asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestNoTarget(t *testing.T) {
	b := start(t, quick())
	if code, _ := get(t, b); code != http.StatusServiceUnavailable {
		t.Errorf("without targets: %d", code)
	}
	h := newHost(t, "a", nil)
	h.health.Store(http.StatusInternalServerError)
	b.SetTargets([]balancer.Target{h.Target})
	if got := b.TargetHealth(); len(got) != 1 || got[0].State != "initial" || got[0].Reason != "Elb.InitialHealthChecking" || got[0].Target != h.Target {
		t.Errorf("a new target: %+v", got)
	}
	health(t, b, map[string]string{"a": "unhealthy"})
	if code, _ := get(t, b); code != http.StatusServiceUnavailable || h.asked.Load() != 0 {
		t.Errorf("with an unhealthy target: %d, asked %d times", code, h.asked.Load())
	}
}

// TestReasons: an unhealthy target says why in AWS's words, and comes back.
func TestReasons(t *testing.T) {
	b := start(t, quick())
	mismatch := newHost(t, "mismatch", nil)
	mismatch.health.Store(http.StatusInternalServerError)
	dead := newHost(t, "dead", nil)
	dead.server.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // the kernel connects, no one answers
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	b.SetTargets([]balancer.Target{mismatch.Target, dead.Target, {ID: "mute", Addr: mute.Addr().String()}})
	health(t, b, map[string]string{"mismatch": "unhealthy", "dead": "unhealthy", "mute": "unhealthy"})
	want := map[string]string{
		"mismatch": "Target.ResponseCodeMismatch: Health checks failed with these codes: [500]",
		"dead":     "Target.FailedHealthChecks: Health checks failed",
		"mute":     "Target.Timeout: Request timed out",
	}
	for _, h := range b.TargetHealth() {
		if got := h.Reason + ": " + h.Description; got != want[h.ID] {
			t.Errorf("%s: %s, want %s", h.ID, got, want[h.ID])
		}
	}
	mismatch.health.Store(http.StatusOK)
	health(t, b, map[string]string{"mismatch": "healthy", "dead": "unhealthy", "mute": "unhealthy"})
	if h := b.TargetHealth()[0]; h.Reason != "" || h.Description != "" {
		t.Errorf("a healthy target: %+v", h)
	}
}

// TestUnhealthyIsAvoided: a target that turns bad gets no more requests.
func TestUnhealthyIsAvoided(t *testing.T) {
	b := start(t, quick())
	a, c := newHost(t, "a", nil), newHost(t, "c", nil)
	b.SetTargets([]balancer.Target{a.Target, c.Target})
	health(t, b, map[string]string{"a": "healthy", "c": "healthy"})
	a.health.Store(http.StatusServiceUnavailable)
	health(t, b, map[string]string{"a": "unhealthy", "c": "healthy"})
	for range 4 {
		if _, body := get(t, b); body != "c" {
			t.Errorf("asked %s", body)
		}
	}
}

// TestDraining: what a removed target has begun it may finish, and no more.
func TestDraining(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	serve := func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-finish
		_, _ = io.WriteString(w, "finished")
	}
	cfg := quick()
	cfg.Timeout = 5 * time.Second
	b := start(t, cfg)
	old, heir := newHost(t, "old", serve), newHost(t, "heir", nil)
	release := sync.OnceFunc(func() { close(finish) })
	t.Cleanup(release)
	b.SetTargets([]balancer.Target{old.Target})
	health(t, b, map[string]string{"old": "healthy"})
	got := make(chan string)
	go func() { _, body := get(t, b); got <- body }()
	<-begun
	b.SetTargets([]balancer.Target{heir.Target})
	health(t, b, map[string]string{"old": "draining", "heir": "healthy"})
	if h := b.TargetHealth()[1]; h.Reason != "Target.DeregistrationInProgress" {
		t.Errorf("draining: %+v", h)
	}
	for range 3 {
		if _, body := get(t, b); body != "heir" {
			t.Errorf("asked %s", body)
		}
	}
	release()
	if body := <-got; body != "finished" {
		t.Errorf("the old request: %q", body)
	}
	health(t, b, map[string]string{"heir": "healthy"})
}

// TestDrainingEnds: a request that never ends is cut off at the bound.
func TestDrainingEnds(t *testing.T) {
	begun := make(chan struct{})
	cfg := quick()
	cfg.Timeout, cfg.Drain = time.Minute, 50*time.Millisecond
	b := start(t, cfg)
	h := newHost(t, "a", func(_ http.ResponseWriter, r *http.Request) { close(begun); <-r.Context().Done() })
	b.SetTargets([]balancer.Target{h.Target})
	health(t, b, map[string]string{"a": "healthy"})
	got := make(chan int)
	go func() { code, _ := get(t, b); got <- code }()
	<-begun
	b.SetTargets(nil)
	if code := <-got; code != http.StatusBadGateway {
		t.Errorf("status %d, want 502", code)
	}
	health(t, b, map[string]string{})
}

// TestMoved: the same id at another address is another target.
func TestMoved(t *testing.T) {
	b := start(t, quick())
	a, c := newHost(t, "a", nil), newHost(t, "c", nil)
	b.SetTargets([]balancer.Target{a.Target})
	health(t, b, map[string]string{"a": "healthy"})
	moved := balancer.Target{ID: "a", Addr: c.Addr}
	b.SetTargets([]balancer.Target{moved})
	eventually(t, "moved", func() bool {
		all := b.TargetHealth()
		return len(all) == 1 && all[0].Target == moved && all[0].State == "healthy"
	})
	if _, body := get(t, b); body != "c" {
		t.Errorf("asked %s", body)
	}
}

func TestMetrics(t *testing.T) {
	begun := make(chan struct{})
	b := start(t, quick())
	_, _ = get(t, b)
	h := newHost(t, "a", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			close(begun)
			<-r.Context().Done()
		}
	})
	b.SetTargets([]balancer.Target{h.Target})
	health(t, b, map[string]string{"a": "healthy"})
	_, _ = get(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+b.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-begun; cancel() }()
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("the impatient client: %v", err)
	}
	var text string
	eventually(t, "all three are counted", func() bool {
		answer := httptest.NewRecorder()
		b.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		text = answer.Body.String()
		return strings.Contains(text, `code="460"`)
	})
	for _, want := range []string{`balancer_requests_total{code="503"} 1`, `balancer_requests_total{code="200"} 1`,
		`balancer_requests_total{code="460"} 1`, `balancer_targets{state="healthy"} 1`, `balancer_targets{state="draining"} 0`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
}

// TestClose cuts off what does not end in time, and gives the port back.
func TestClose(t *testing.T) {
	begun := make(chan struct{})
	cfg := quick()
	cfg.Timeout = time.Minute
	b := start(t, cfg)
	h := newHost(t, "a", func(_ http.ResponseWriter, r *http.Request) { close(begun); <-r.Context().Done() })
	b.SetTargets([]balancer.Target{h.Target})
	health(t, b, map[string]string{"a": "healthy"})
	over := make(chan struct{})
	go func() {
		defer close(over)
		if resp, err := client.Get("http://" + b.Addr()); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error(err)
	}
	<-over
	b.SetTargets([]balancer.Target{{ID: "late", Addr: "127.0.0.1:1"}})
	if conn, err := net.Dial("tcp", b.Addr()); err == nil {
		t.Error("it listens on")
		_ = conn.Close()
	}
}
