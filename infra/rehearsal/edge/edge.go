// Package edge is what stands in front of the shop's balancer in the rehearsed
// world, as CloudFront does on AWS: some paths go to the shop, all else is the
// shop's static site.
//
// It knows HTTP and which paths are the shop's. It does not know what the site
// is made of, the balancer behind it, or AWS. Only people come this way: the
// visitors enter at the balancer itself.
package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config is what an Edge needs from outside. No field is optional.
type Config struct {
	Log   *slog.Logger
	Paths []string     // the shop's; one that ends in a star stands for all that begin so
	Shop  http.Handler // answers those, without a hop more than its own listener has
	Site  http.Handler // answers all else
}

// Edge listens from New to Close.
type Edge struct {
	cfg    Config
	ln     net.Listener
	server *http.Server
	run    sync.WaitGroup
}

// New starts an edge on a free port of 127.0.0.1.
func New(cfg Config) (*Edge, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the edge: %w", err)
	}
	e := &Edge{cfg: cfg, ln: ln}
	e.server = &http.Server{
		Handler:           e,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}
	e.run.Go(func() {
		if err := e.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			cfg.Log.Error("edge ended", "error", err)
		}
	})
	return e, nil
}

// Addr is where the edge listens.
func (e *Edge) Addr() string { return e.ln.Addr().String() }

// ServeHTTP hands the request on as it came.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, p := range e.cfg.Paths {
		if matches(p, r.URL.Path) {
			e.cfg.Shop.ServeHTTP(w, r)
			return
		}
	}
	e.cfg.Site.ServeHTTP(w, r)
}

func matches(pattern, path string) bool {
	if begin, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(path, begin)
	}
	return path == pattern
}

// Close takes no more requests, and gives those that run until the end of ctx.
func (e *Edge) Close(ctx context.Context) error {
	late := e.server.Shutdown(ctx)
	var err error
	if late != nil {
		e.cfg.Log.Warn("requests are cut off, the edge closes")
		err = e.server.Close()
	}
	e.run.Wait()
	if err != nil {
		return fmt.Errorf("close the edge: %w", err)
	}
	return nil
}
