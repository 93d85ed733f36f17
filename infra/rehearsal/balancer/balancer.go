// Package balancer is the load balancer of the rehearsed world: it spreads HTTP
// requests over targets and takes out those that fail their health checks.
//
// It knows HTTP, and the words that AWS has for a target's health. It does not
// know AWS, who its targets are, or how they are started.
//
// Like an Application Load Balancer it answers 502 for a target that breaks,
// 504 for one that is too slow and 503 when there is no one to ask, and sends
// no request that may have had an effect a second time. Unlike one it does not
// fall back to unhealthy targets when no other is left: it answers 503 then.
package balancer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"
)

// Config is what a Balancer needs from outside.
type Config struct {
	Log *slog.Logger // nil discards

	HealthPath string        // asked of each target; "/healthz" if empty
	Interval   time.Duration // between two checks of a target; 1 s if zero
	Timeout    time.Duration // until a target has begun to answer a request; 10 s if zero

	// HealthTimeout is how long a check may take; the Interval if zero.
	HealthTimeout time.Duration
	// Healthy and Unhealthy are how many checks in a row change a target's
	// health; 2 each if zero. A new target is healthy after one good check.
	Healthy, Unhealthy int
	// Drain is how long requests may go on at a removed target; 10 s if zero.
	Drain time.Duration
}

// Target is a process that serves requests. A target that changes its address
// is a new one.
type Target struct {
	ID   string
	Addr string // host:port
}

// Balancer listens from New to Close.
type Balancer struct {
	cfg     Config
	ln      net.Listener
	server  *http.Server
	proxy   *httputil.ReverseProxy
	wire    *http.Transport
	checker *http.Client
	counts  *counts
	meter   meter

	run sync.WaitGroup

	mu      sync.Mutex
	targets []*target // in the order of the last SetTargets, then those that drain
	next    int
	closed  bool
}

// New starts a balancer without targets on a free port of 127.0.0.1.
func New(cfg Config) (*Balancer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start balancer: %w", err)
	}
	b := &Balancer{cfg: cfg.withDefaults(), ln: ln, counts: newCounts()}
	b.wire = &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second, DisableCompression: true}
	b.checker = &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		Timeout:       b.cfg.HealthTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	errorLog := slog.NewLogLogger(b.cfg.Log.Handler(), slog.LevelDebug)
	b.proxy = b.newProxy(errorLog)
	b.server = &http.Server{
		Handler:           b,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          errorLog,
	}
	b.run.Go(func() {
		if err := b.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			b.cfg.Log.Error("balancer ended", "error", err)
		}
	})
	return b, nil
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HealthPath == "" {
		c.HealthPath = "/healthz"
	}
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{{&c.Interval, time.Second}, {&c.Timeout, 10 * time.Second}, {&c.Drain, 10 * time.Second}} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	if c.HealthTimeout == 0 {
		c.HealthTimeout = c.Interval
	}
	if c.Healthy == 0 {
		c.Healthy = 2
	}
	if c.Unhealthy == 0 {
		c.Unhealthy = 2
	}
	return c
}

// Addr is where the balancer listens.
func (b *Balancer) Addr() string { return b.ln.Addr().String() }

// Close takes no more requests, gives those that run until the end of ctx, and
// ends the health checks.
func (b *Balancer) Close(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	late := b.server.Shutdown(ctx)

	b.mu.Lock()
	for _, t := range b.targets {
		t.cut()
	}
	b.mu.Unlock()
	var err error
	if late != nil {
		b.cfg.Log.Warn("requests are cut off, the balancer closes")
		err = b.server.Close()
	}
	b.run.Wait()
	b.wire.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close balancer: %w", err)
	}
	return nil
}
