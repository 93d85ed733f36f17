// Package prom runs Prometheus and Alertmanager inside rehearsal's process, as
// the libraries that their own binaries are made of, on the rules and routes of
// package monitoring.
//
// It knows how to start, feed and stop the two, and answers the part of
// Prometheus' HTTP API that its clients and Grafana use; Alertmanager's API is
// the real one. It does not know the shop, the rounds or who receives the
// webhook.
package prom

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/monitoring"
)

// drainTime is how long a server waits for requests under way; a stop must
// stay under a second.
const drainTime = 250 * time.Millisecond

// Webhook is where Alertmanager delivers, and the bearer token that it shows
// there.
type Webhook struct{ URL, Token string }

// Config is everything that a Stack needs from outside. No field is optional.
type Config struct {
	Dir         string // for the series, the configuration and the token; made when it is missing
	Log         *slog.Logger
	Profile     monitoring.Profile
	Round       string // value of the label round on every target and alert
	Webhook     Webhook
	RunbookBase string // URL
}

// Stack is a running Prometheus with its Alertmanager. Its methods may be
// called from several goroutines.
type Stack struct {
	cfg      Config
	prom     prometheusParts
	promAddr string
	amAddr   string

	closing sync.Once
	closed  chan struct{} // closed when Close begins
	reading sync.RWMutex  // held for reading by every query; Close takes it before the series go
	stops   []stop        // stopped last first
	err     error         // of Close
}

// stop is one named step of the way down.
type stop struct {
	name string
	do   func(context.Context) error
}

// Start starts both on ports of the kernel's choice on 127.0.0.1. ctx bounds
// the start only; Close ends what was started. Rules are first evaluated when
// there is a target to judge, so an empty stack pages nobody.
func Start(ctx context.Context, cfg Config) (_ *Stack, err error) {
	if cfg.Log == nil || cfg.Dir == "" || cfg.Webhook.Token == "" {
		return nil, errors.New("start monitoring: want a logger, a directory and a webhook token")
	}
	if cfg.Dir, err = filepath.Abs(cfg.Dir); err != nil {
		return nil, fmt.Errorf("start monitoring: %w", err)
	}
	s := &Stack{cfg: cfg, closed: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start monitoring: %w", err)
	}
	promListener, err := s.listen("prometheus")
	if err != nil {
		return nil, err
	}
	amListener, err := s.listen("alertmanager")
	if err != nil {
		return nil, err
	}
	s.promAddr, s.amAddr = promListener.Addr().String(), amListener.Addr().String()

	files, err := writeFiles(cfg, s.amAddr)
	if err != nil {
		return nil, err
	}
	alertmanager, err := s.startAlertmanager(files.routes)
	if err != nil {
		return nil, fmt.Errorf("start alertmanager: %w", err)
	}
	s.serve("alertmanager", amListener, alertmanager)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start monitoring: %w", err)
	}
	if err := s.startPrometheus(files); err != nil {
		return nil, fmt.Errorf("start prometheus: %w", err)
	}
	s.serve("prometheus", promListener, s.api())
	return s, nil
}

// PrometheusURL is the base of Prometheus' HTTP API, without a slash at its end.
func (s *Stack) PrometheusURL() string { return "http://" + s.promAddr }

// Round is the round that it watches.
func (s *Stack) Round() string { return s.cfg.Round }

// AlertmanagerURL is the base of Alertmanager's HTTP API, without a slash at
// its end.
func (s *Stack) AlertmanagerURL() string { return "http://" + s.amAddr }

// Close stops both and returns when none of their goroutines works any more,
// which takes well under a second, also while a webhook hangs. Calling it
// again does nothing and returns the same error. What Dir holds stays.
func (s *Stack) Close(ctx context.Context) error {
	s.closing.Do(func() {
		close(s.closed)
		for i := len(s.stops) - 1; i >= 0; i-- {
			if err := s.stops[i].do(ctx); err != nil {
				s.err = errors.Join(s.err, fmt.Errorf("stop %s: %w", s.stops[i].name, err))
			}
		}
	})
	return s.err
}

func (s *Stack) onClose(name string, do func(context.Context) error) {
	s.stops = append(s.stops, stop{name, do})
}

// listen binds before anything is configured, because each of the two has to
// know the other's address.
func (s *Stack) listen(name string) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", name, err)
	}
	s.onClose(name+" listener", func(context.Context) error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return l, nil
}

func (s *Stack) serve(name string, l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           atHome(h),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Log.Error("monitoring stopped listening", "server", name, "error", err)
		}
	}()
	s.onClose(name+" server", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		err := server.Shutdown(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = server.Close() // a client that holds on is not worth a slow stop
		}
		<-done
		return err
	})
}
