package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is a role that runs in the test, seen from outside.
type process struct {
	url  string
	logs *logTap
	stop func() error
}

// start runs a role until the test ends and returns once it listens.
func start(t *testing.T, env map[string]string) *process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "address")
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{logs: &logTap{changed: make(chan struct{})}}
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, func(key string) string {
			switch v, ok := env[key]; {
			case ok:
				return v
			case key == "SHOP_LISTEN":
				return "127.0.0.1:0"
			case key == "SHOP_ADDRESS_FILE":
				return file
			}
			return ""
		}, p.logs)
	}()
	var once sync.Once
	var result error
	p.stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case result = <-done:
			case <-time.After(10 * time.Second):
				t.Error("did not stop within 10 s")
			}
		})
		return result
	}
	t.Cleanup(func() { p.stop() })
	p.logs.wait(t, "listening on")
	address, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := net.SplitHostPort(string(address)); err != nil {
		t.Fatalf("address file holds %q: %v", address, err)
	}
	p.url = "http://" + string(address)
	return p
}

// startShop runs serve on a new database behind a path that can be cut.
func startShop(t *testing.T, env map[string]string) (p *process, path *path, name string) {
	t.Helper()
	address, name := newDatabase(t)
	path = newPath(t, address)
	p = start(t, shopEnv(path.address(), name, env))
	p.logs.wait(t, "schema ready")
	return p, path, name
}

func shopEnv(address, name string, more map[string]string) map[string]string {
	env := map[string]string{
		"SHOP_ROLE":              "serve",
		"SHOP_NAME":              "task-1",
		"SHOP_RELEASE":           "1.4.0",
		"SHOP_DATABASE_HOST":     "database.shop.test",
		"SHOP_DATABASE_NAME":     name,
		"SHOP_DATABASE_PASSWORD": "not-in-any-log",
		"SHOP_PAYMENT_WAIT":      "1ms",
		"SHOP_SLOTS":             "64",
		"SHOP_RESOLVE":           "database.shop.test:5432=" + address,
	}
	for k, v := range more {
		env[k] = v
	}
	return env
}

// reply is an answer with its body read.
type reply struct {
	code   int
	header http.Header
	text   string
	err    error
}

func (r reply) reason() string {
	var b struct{ Reason string }
	_ = json.Unmarshal([]byte(r.text), &b)
	return b.Reason
}

func (p *process) get(path string) reply { return p.do(http.MethodGet, path, "") }

func (p *process) order(body string) reply { return p.do(http.MethodPost, "/api/orders", body) }

func (p *process) do(method, path, body string) reply {
	req, err := http.NewRequest(method, p.url+path, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	req.Header.Set(requestIDHeader, "from-the-test")
	client := http.Client{Timeout: 20 * time.Second} // an answer that never comes fails the test, not the run
	resp, err := client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data), err}
}

// until asks again until ok or the deadline, and returns when ok held.
func until(t *testing.T, within time.Duration, what string, ok func() bool) time.Time {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); ; <-tick.C {
		if ok() {
			return time.Now()
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// logTap keeps what is logged and wakes those who wait for a line.
type logTap struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	changed chan struct{}
}

func (l *logTap) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	return l.buf.Write(p)
}

func (l *logTap) text() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String(), l.changed
}

// wait returns the first line that contains all of parts.
func (l *logTap) wait(t *testing.T, parts ...string) string {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		text, changed := l.text()
		for line := range strings.Lines(text) {
			found := true
			for _, part := range parts {
				found = found && strings.Contains(line, part)
			}
			if found {
				return line
			}
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no log line with %q in:\n%s", parts, text)
		}
	}
}
