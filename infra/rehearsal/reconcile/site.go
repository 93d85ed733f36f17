package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/balancer"
	"github.com/chaotic-good/scenarios/infra/rehearsal/edge"
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

	known    *known // by passes alone
	mu       sync.Mutex
	seen     Seen // by the last pass
	database *postgres.Server
	server   Server // what it is
	monitors *prom.Stack
	procs    map[string]*proc
	machines map[string]*host // by instance id

	balancers map[string]*balancer.Balancer // by what stands behind each
	edge      *edge.Edge                    // in front of the shop's, while that runs
	paths     map[string]*netpath.Path
	history   map[string]*history // by service
	trackers  map[string]*tracker // by service: its autoscaler
	wanted    map[string]int      // what those ask for
	watched   bool                // there were visitors once, so that missing ones are news
	lent      map[string]string   // network interfaces of tasks that ran -> task
	ending    map[string]bool     // tasks whose process is stopping
	exits     map[string]exit     // tasks whose process has ended
	written   map[string]string   // endpoints that were written down: name -> URL
	looked    bool                // everything was read once
	had       bool                // there was an RDS instance once
	starting  map[Verb]bool       // what is being started beside the passes
	tier      *tier
}

func newSite(id round.ID, r *Reconciler) *site {
	return &site{
		id: id, names: infra.NamesOf(id), r: r, log: r.cfg.Log.With("round", id), known: newKnown(),
		dir:   filepath.Join(r.cfg.Dir, strings.ToLower(string(id))),
		procs: map[string]*proc{}, machines: map[string]*host{}, balancers: map[string]*balancer.Balancer{}, paths: map[string]*netpath.Path{}, history: map[string]*history{}, trackers: map[string]*tracker{}, lent: map[string]string{},
		ending: map[string]bool{}, exits: map[string]exit{}, written: map[string]string{}, starting: map[Verb]bool{}, tier: newTier(),
	}
}

// pass makes what runs match what moto has, and reports whether something is
// still on its way. It logs what fails.
func (s *site) pass(ctx context.Context, about map[string]bool, networks []string) (busy bool, err error) {
	if !s.looked {
		about = s.r.news.whole() // what was written before there was a network counts too
	}
	seen, err := look{s.r.aws, s.names, networks, s.known}.observe(ctx, s.seen, about)
	if err != nil {
		s.complain(ctx, "look at the stack", err)
		return true, err
	}
	s.looked = true
	seen.Hosts = powered(seen.Hosts, s.r.cfg.Power)
	seen.Tasks = withPods(seen.Tasks, s.tend(seen))
	seen.Database = rebooted(seen.Database, s.r.cfg.Power)
	s.had = s.had || seen.Database != nil
	for _, t := range seen.Tasks {
		if t.Interface != "" {
			s.lent[t.Interface] = t.ARN
		}
	}
	s.scale(seen)
	s.lay(ctx, seen)
	s.settle(seen) // before a task is stopped nobody may send to it any more
	steps := plan(seen, s.local())
	for _, step := range steps {
		if failed := s.act(ctx, seen, step); failed != nil {
			s.complain(ctx, "reconcile: "+string(step.Verb), failed)
			err = errors.Join(err, failed)
		}
	}
	s.settle(seen)
	s.tellPods(ctx, seen)
	s.mu.Lock()
	s.seen = seen
	s.mu.Unlock()
	return len(steps) > 0 || moving(seen, s.local()), err
}

func (s *site) complain(ctx context.Context, about string, err error) {
	if ctx.Err() == nil {
		s.r.complaints.warn(ctx, s.log, about, err)
	}
}

// local says what runs here.
func (s *site) local() Local {
	s.mu.Lock()
	defer s.mu.Unlock()
	here := Local{
		HadDatabase: s.had, Balancer: s.balancers[frontShop] != nil, BoxFront: s.balancers[frontBox] != nil, Monitors: s.monitors != nil || s.starting[StartMonitors],
		Procs: map[string]Proc{}, Machines: map[string]Machine{}, Health: map[string]string{}, Paths: map[string]Way{}, Lent: s.lent,
		Ends: map[string]string{}, Written: s.written, Failing: map[string]bool{}, Unplaced: map[string]bool{}, Wanted: s.wanted, Ending: maps.Clone(s.ending),
	}
	s.tier.local(&here, time.Now())
	for service, h := range s.history {
		here.Unplaced[service] = time.Now().Before(h.tryAgain)
		if h.failing != "" {
			here.Failing[h.failing] = time.Now().Before(h.notUntil)
		}
	}
	switch {
	case s.starting[StartDatabase]:
		here.Database = &Proc{Alive: true}
	case s.database != nil && s.starting[RestartDatabase]: // whose process is not asked for: that would wait
		here.Database, here.Server = &Proc{Alive: true}, s.server
		here.Server.Busy = true
	case s.database != nil:
		alive := running(s.database.Process())
		here.Database, here.Server = &Proc{Alive: alive, Listening: alive}, s.server
		here.Server.Addr = s.database.Addr()
	}
	for name, p := range s.paths {
		here.Paths[name] = wayOf(p.State())
	}
	if b := s.balancers[frontShop]; b != nil {
		here.Health = b.Health()
	}
	if s.edge != nil {
		here.Ends[endShop] = "http://" + s.edge.Addr()
	}
	for id, h := range s.machines {
		here.Machines[id] = h.view()
	}
	for id, p := range s.procs {
		if p.host != nil {
			st := p.host.state()
			here.Procs[id] = Proc{Machine: true, Alive: st.On, Listening: st.Inventory != "", Node: st.Metrics != "", Boots: p.boots}
			continue
		}
		here.Procs[id] = Proc{Alive: p.alive(), Listening: p.addr() != "", Boots: p.boots, Draining: p.target != "" && here.Health[p.target] == balancer.Draining}
	}
	for _, h := range s.seen.Hosts {
		if p := s.procs[h.ID]; p != nil && p.host != nil && p.host.state().SSH != "" {
			here.Ends[endBox] = p.host.state().SSH
			break
		}
	}
	if s.monitors != nil {
		here.Ends[endPrometheus], here.Ends[endAlertmanager] = s.monitors.PrometheusURL(), s.monitors.AlertmanagerURL()
		here.Ends[endGraphs], here.Ends[endLogs], here.Ends[endRunbooks] = s.r.cfg.Pages.Graphs, s.r.cfg.Pages.Logs, s.r.cfg.Pages.Runbooks
	}
	return here
}

// empty reports whether nothing runs here any more.
func (s *site) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.database == nil && len(s.balancers) == 0 && s.monitors == nil && len(s.procs) == 0 && len(s.machines) == 0 && len(s.starting) == 0
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
	for id := range s.machines {
		s.endMachine(ctx, id)
	}
	s.stopping.Wait()
	for _, step := range []Step{{Verb: StopMonitors}, {Verb: StopBalancer, Thing: frontShop}, {Verb: StopBalancer, Thing: frontBox}, {Verb: StopDatabase}} {
		if err := s.act(ctx, Seen{}, step); err != nil {
			s.log.WarnContext(ctx, "take down", "what", step.Verb, "error", err)
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
