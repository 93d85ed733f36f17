package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/infra/rehearsal/prom"
)

// site is what runs here for one round. Only pass and close change it, and both
// run in the reconciler's goroutine; the mutex is for those who look.
type site struct {
	id    round.ID
	names infra.Names
	r     *Reconciler
	log   *slog.Logger
	dir   string

	stopping sync.WaitGroup

	mu       sync.Mutex
	seen     Seen // by the last pass
	next     Seen // by the pass that is under way
	database *postgres.Server
	balancer *balancer.Balancer
	monitors *prom.Stack
	procs    map[string]*proc
	paths    map[string]*netpath.Path
	history  map[string]*history // by service
	watched  bool                // there were visitors once, so that missing ones are news
	lent     map[string]string   // network interfaces of tasks that ran -> task
	ending   map[string]bool     // tasks whose process is stopping
}

func newSite(id round.ID, r *Reconciler) *site {
	return &site{
		id: id, names: infra.NamesOf(id), r: r, log: r.cfg.Log.With("round", id),
		dir:   filepath.Join(r.cfg.Dir, strings.ToLower(string(id))),
		procs: map[string]*proc{}, paths: map[string]*netpath.Path{}, history: map[string]*history{}, lent: map[string]string{}, ending: map[string]bool{},
	}
}

// pass makes what runs match what moto has, and reports whether something is
// still on its way.
func (s *site) pass(ctx context.Context) (moving bool, err error) {
	seen, err := s.r.aws.observe(ctx, s.names)
	if err != nil {
		return true, err
	}
	for _, t := range seen.Tasks {
		if t.Interface != "" {
			s.lent[t.Interface] = t.ARN
		}
	}
	s.lay(ctx, seen)
	s.settle(seen) // before a task is stopped nobody may send to it any more
	steps := plan(seen, s.local())
	var failed []error
	for _, step := range steps {
		if err := s.act(ctx, seen, step); err != nil && !errors.Is(err, errPending) {
			failed = append(failed, err)
		}
	}
	s.settle(seen)
	s.mu.Lock()
	s.seen = seen
	s.mu.Unlock()
	return len(steps) > 0 || s.moving(seen), errors.Join(failed...)
}

// local says what runs here.
func (s *site) local() Local {
	here := Local{
		Database: s.database != nil, Balancer: s.balancer != nil, Monitors: s.monitors != nil,
		Procs: map[string]Proc{}, Health: map[string]string{}, Paths: map[string]Way{}, Lent: s.lent,
	}
	for id, p := range s.procs {
		here.Procs[id] = Proc{Alive: p.alive(), Listening: p.addr() != ""}
	}
	for name, p := range s.paths {
		here.Paths[name] = wayOf(p.State())
	}
	if s.balancer != nil {
		here.Health = s.health()
	}
	return here
}

// moving reports whether the next look will show something else without any
// write: a process that starts, a target that is being checked.
func (s *site) moving(seen Seen) bool {
	here := s.local()
	for _, p := range here.Procs {
		if p.Alive && !p.Listening {
			return true
		}
	}
	for _, svc := range seen.Services {
		var serving, other int
		for _, t := range seen.Tasks {
			switch {
			case t.Service != svc.Name:
			case t.Release == svc.Release && serves(svc, t, here):
				serving++
			default:
				other++
			}
		}
		if serving < svc.Desired || other > 0 {
			return true
		}
	}
	return false
}

// empty reports whether nothing runs here any more.
func (s *site) empty() bool {
	return s.database == nil && s.balancer == nil && s.monitors == nil && len(s.procs) == 0
}

// close takes everything down.
func (s *site) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	var stops sync.WaitGroup
	for id := range s.procs {
		p := s.procs[id]
		stops.Go(func() { p.stop(ctx) })
	}
	stops.Wait()
	s.stopping.Wait()
	for _, step := range []Verb{StopMonitors, StopBalancer, StopDatabase} {
		if err := s.act(ctx, Seen{}, Step{Verb: step}); err != nil {
			s.log.WarnContext(ctx, "take down", "what", step, "error", err)
		}
	}
	s.mu.Lock()
	clear(s.procs)
	s.mu.Unlock()
	s.lay(ctx, Seen{})
	s.removeFolder(ctx)
}

func wayOf(state netpath.State) Way {
	switch state {
	case netpath.Dropped:
		return Dropped
	case netpath.Refused:
		return Refused
	default:
		return Open
	}
}

func stateOf(w Way) netpath.State {
	switch w {
	case Dropped:
		return netpath.Dropped
	case Refused:
		return netpath.Refused
	default:
		return netpath.Allowed
	}
}
