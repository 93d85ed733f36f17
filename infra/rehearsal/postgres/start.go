package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// Ports that the kernel gives to no one by itself: one of its own choice could
// be taken by an outgoing connection while the server restarts.
const firstPort, lastPort = 20000, 32000

// Start starts a server on a free port and returns when its logins and its
// database are there. The end of ctx does not stop it.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := newServer(cfg)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := s.place(ctx); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	const tries = 8
	for range tries {
		s.port = firstPort + rand.IntN(lastPort-firstPort)
		if !free(s.Addr()) {
			continue
		}
		if err = s.launch(ctx); !errors.Is(err, errPort) {
			break
		}
	}
	if s.proc == nil && err == nil {
		err = errPort
	}
	if err == nil {
		if err = s.populate(ctx); err != nil {
			err = errors.Join(err, s.proc.Stop(context.WithoutCancel(ctx)))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

func newServer(cfg Config) (*Server, error) {
	if cfg.Group == nil || cfg.Tool.Bin == "" || cfg.Dir == "" {
		return nil, errors.New("needs a group, a tool and a directory")
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, err
	}
	cfg.Dir = dir
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 60
	}
	if cfg.Name == "" {
		cfg.Name = "postgres"
	}
	settings := maps.Clone(cfg.Settings)
	if settings == nil {
		settings = make(map[string]string)
	}
	return &Server{cfg: cfg, settings: settings, cpus: cfg.CPUs, first: rand.IntN(1 << 10)}, nil
}

// place makes the data directory if it is missing.
func (s *Server) place(ctx context.Context) error {
	if prepared(s.cfg.Tool, s.cfg.Dir) {
		return nil
	}
	if s.cfg.Template == "" {
		return Prepare(ctx, s.cfg.Tool, s.cfg.Dir)
	}
	if !prepared(s.cfg.Tool, s.cfg.Template) {
		return fmt.Errorf("template %s is not ready for PostgreSQL %d", s.cfg.Template, s.cfg.Tool.Major)
	}
	as, err := runAs()
	if err != nil {
		return err
	}
	return clone(ctx, s.cfg.Template, s.cfg.Dir, as)
}

// errPort says that someone else has the port.
var errPort = errors.New("the port is taken")

// free reports whether no one listens there. Go binds as PostgreSQL does.
func free(addr string) bool {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return false
	}
	return ln.Close() == nil
}

// launch starts the postmaster and waits until it takes connections. It is
// called with the lock held.
func (s *Server) launch(ctx context.Context) error {
	as, err := runAs()
	if err != nil {
		return err
	}
	if err := s.writeConfig(s.settings, as); err != nil {
		return err
	}
	argv, err := s.command()
	if err != nil {
		return err
	}
	p, err := s.cfg.Group.Start(ctx, process.Spec{
		Name: s.cfg.Name, Source: s.cfg.Source,
		Path: argv[0],
		Args: argv[1:],
		Env:  environment(),
		Dir:  s.cfg.Dir,
		User: as,
		// A fast shutdown, and an immediate one. Never SIGKILL: a busy backend
		// would run its query to the end without its postmaster.
		Signal: syscall.SIGINT,
		Death:  syscall.SIGQUIT,
	})
	if err != nil {
		return err
	}
	s.proc = p
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := s.ready(ctx, p); err != nil {
		err = errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
		if !free(s.Addr()) {
			err = errors.Join(errPort, err)
		}
		return err
	}
	// Not before: until then it may be the cage, whose threads do not all obey.
	if err := pin(p.PID(), s.first, s.cpus); err != nil {
		return errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// ready waits until this very postmaster has written that it is ready.
func (s *Server) ready(ctx context.Context, p *process.Process) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.Done():
			return fmt.Errorf("the server ended at its start, its log says why: %w", p.Err())
		case <-ctx.Done():
			return fmt.Errorf("the server does not get ready: %w", ctx.Err())
		}
		raw, err := os.ReadFile(filepath.Join(s.cfg.Dir, "postmaster.pid"))
		if err != nil {
			continue
		}
		const pidLine, statusLine = 0, 7
		lines := strings.Split(string(raw), "\n")
		if len(lines) > statusLine && lines[pidLine] == strconv.Itoa(p.PID()) && strings.TrimSpace(lines[statusLine]) == "ready" {
			return nil
		}
	}
}
