package edge_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/edge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an edge in front of a balancer, and a task that echoes what it gets.
func world(t *testing.T, targets int) (e *edge.Edge, b *balancer.Balancer) {
	t.Helper()
	b, err := balancer.New(balancer.Config{Interval: 20 * time.Millisecond, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	e, err = edge.New(edge.Config{Log: slog.New(slog.DiscardHandler), Paths: infra.ShopPaths(), Shop: b, Site: frontend.Handler()})
	if err != nil {
		t.Fatal(err)
	}
	task := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", r.Header.Get("X-Request-Id"))
		switch {
		case strings.HasSuffix(r.URL.Path, "/broken"):
			panic(http.ErrAbortHandler)
		case strings.HasSuffix(r.URL.Path, "/refused"):
			w.WriteHeader(http.StatusConflict)
		}
		head, _ := httputil.DumpRequest(r, true)
		fmt.Fprintf(w, "%q", head)
	}))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		task.Close()
	})
	if targets > 0 {
		b.SetTargets([]balancer.Target{{ID: "task", Addr: task.Listener.Addr().String()}})
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for b.Health()["task"] != balancer.Healthy {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				t.Fatal("the task never became healthy")
			}
		}
	}
	return e, b
}

var dated = regexp.MustCompile(`(?m)^Date: .*\r\n`)

// raw sends bytes on a connection of their own and returns the answer's, but for
// the date.
func raw(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	return dated.ReplaceAllString(string(got), "")
}

func request(method, path, body string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: shop.example\r\nX-Request-Id: id-1\r\nX-Forwarded-For: 192.0.2.7\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", method, path, len(body), body)
}

// What the shop answers through the edge is what the balancer answers, byte for
// byte, and the task is asked the same.
func TestTheShopsPathsAreTheBalancers(t *testing.T) {
	for _, targets := range []int{1, 0} {
		e, b := world(t, targets)
		for _, c := range []struct{ method, path, body string }{
			{"GET", "/api/products?q=lantern&page=2", ""},
			{"GET", "/api/products/7/stock", ""},
			{"POST", "/api/orders", `{"customer":1,"product":2,"quantity":3}`},
			{"POST", "/api/refused", "{}"},
			{"POST", "/api/broken", "{}"},
			{"DELETE", "/api/%2e%2e/x//y?a=b;c", ""},
			{"HEAD", "/api/products", ""},
			{"GET", "/healthz", ""},
			{"GET", "/status", ""},
		} {
			ask := request(c.method, c.path, c.body)
			if got, want := raw(t, e.Addr(), ask), raw(t, b.Addr(), ask); got != want || got == "" {
				t.Errorf("%d targets, %s %s\nthrough the edge: %q\nthe balancer:     %q", targets, c.method, c.path, got, want)
			}
		}
	}
}

// The site is served whether the shop has a task or not, and nothing else of the
// tasks can be reached.
func TestAllElseIsTheSite(t *testing.T) {
	for _, targets := range []int{1, 0} {
		e, _ := world(t, targets)
		for path, want := range map[string]string{
			"/": "HTTP/1.1 200 OK", "/index.html": "HTTP/1.1 200 OK", "/shop.js": "HTTP/1.1 200 OK", "/?q=tent": "HTTP/1.1 200 OK",
			"/metrics": "HTTP/1.1 403 Forbidden", "/healthz/x": "HTTP/1.1 403 Forbidden", "/api": "HTTP/1.1 403 Forbidden", "/x/api/products": "HTTP/1.1 403 Forbidden",
		} {
			if got, _, _ := strings.Cut(raw(t, e.Addr(), request("GET", path, "")), "\r\n"); got != want {
				t.Errorf("%d targets, %s: %s, want %s", targets, path, got, want)
			}
		}
	}
}

// Closing ends what does not end by itself, and gives the port back.
func TestClose(t *testing.T) {
	begun := make(chan struct{})
	hangs := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { close(begun); <-r.Context().Done() })
	e, err := edge.New(edge.Config{Log: slog.New(slog.DiscardHandler), Paths: []string{"/api/*"}, Shop: hangs, Site: http.NotFoundHandler()})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() {
		conn, err := net.Dial("tcp", e.Addr())
		if err == nil {
			defer conn.Close()
			_, _ = io.WriteString(conn, request("GET", "/api/slow", ""))
			_, err = io.ReadAll(conn)
		}
		over <- err
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Error(err)
	}
	<-over
	if conn, err := net.Dial("tcp", e.Addr()); err == nil {
		t.Error("it listens on")
		_ = conn.Close()
	}
}
