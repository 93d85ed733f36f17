// Package reconcile makes local reality match what moto holds: the processes,
// the network paths and the database of a stack do what its AWS resources say.
//
// It knows AWS's resources and the local parts that stand in for them. One pass
// reads what moto has (observe), lets each rule say what differs from what runs
// here (rules, pure functions of the two), and does it (act). Each property has
// one rule. It does not know rounds under way, scenarios or the bot: whoever
// changed a resource, the consequence is the same.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
	"github.com/chaotic-good/scenarios/monitoring"
)

// Config is everything a Reconciler needs from outside. Only Fit, Power, Say
// and Session are optional.
type Config struct {
	Log      *slog.Logger
	AWS      aws.Config // at moto itself, which nobody else may reach
	Gate     aws.Config // at the gateway, with a key that it trusts
	Group    *process.Group
	Dir      string   // in which each round gets a folder
	Shop     []string // argv that plays the shop's roles
	Box      []string // argv of a box's process
	LogRate  int64    // bytes a second that the inventory logs when it says everything
	Postgres postgres.Tool
	Template string            // a prepared data folder of that PostgreSQL
	Cage     []string          // argv of the cage that it runs in; nil: none
	Fit      map[string]string // variables of the shop that fit this machine, in the place of the stack's own
	Profile  monitoring.Profile
	Pages    Pages
	Power    Power                     // nil: no instance ever crashes or reboots
	Say      func(source, line string) // what Kubernetes logs; nil: nobody reads it
	// Session is told what people do on a box; nil: nobody wants to know. It must
	// return soon.
	Session func(round.ID, infra.Session)
}

// Pages are the URLs of what people look at beside the chat. All are there before
// any stack is.
type Pages struct{ Graphs, Logs, Runbooks string }

// Reconciler looks after every stack that moto holds.
type Reconciler struct {
	cfg        Config
	aws        clients
	calls      atomic.Int64
	passes     atomic.Int64
	news       news
	complaints complaints
	kick       chan struct{}
	found      map[round.ID][]string // networks, by the round that they are of; Run's own

	mu    sync.Mutex // guards what follows
	sites map[round.ID]*site
	calm  chan struct{} // closed and replaced by each pass that found nothing to do
}

// The pauses between two passes.
const (
	breath   = 60 * time.Millisecond  // at least: moto answers one caller at a time, and we are not the only one
	restless = 60 * time.Millisecond  // something is on its way here, which costs moto nothing
	watching = time.Second            // somebody scales by traffic, which costs moto nothing to ask
	sore     = 500 * time.Millisecond // something failed
	resting  = 5 * time.Second        // then everything is read, as a backstop: writes kick
)

// callTime bounds one call to moto, which answers in milliseconds or hangs.
const callTime = 10 * time.Second

// New returns a Reconciler that has looked at nothing yet.
func New(cfg Config) *Reconciler {
	r := &Reconciler{cfg: cfg, kick: make(chan struct{}, 1), sites: map[round.ID]*site{}, calm: make(chan struct{})}
	r.aws = newClients(cfg.AWS, cfg.Gate, &r.calls)
	return r
}

// Wrote says that a service of AWS was written to. It never blocks.
func (r *Reconciler) Wrote(service string) {
	if r.news.add(service) {
		r.poke()
	}
}

// Kick asks for a look at everything soon. It never blocks.
func (r *Reconciler) Kick() {
	r.news.addAll()
	r.poke()
}

// poke asks for a pass: something changed, here or in moto.
func (r *Reconciler) poke() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Stats is what the Reconciler has done so far.
type Stats struct{ Passes, Calls int64 }

// Stats counts passes and the calls to moto that they took.
func (r *Reconciler) Stats() Stats { return Stats{r.passes.Load(), r.calls.Load()} }

// Run makes passes until ctx ends, then takes everything local down.
func (r *Reconciler) Run(ctx context.Context) error {
	defer r.close(context.WithoutCancel(ctx))
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last, whole time.Time // the end of the last pass, the last look at everything
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.kick:
		case <-timer.C:
		}
		if !pause(ctx, time.Until(last.Add(breath))) {
			return nil
		}
		if time.Since(whole) >= resting {
			r.news.addAll()
			whole = time.Now()
		}
		busy, err := r.pass(ctx)
		last = time.Now()
		switch {
		case err != nil:
			r.news.addAll() // what was read is not known
			timer.Reset(sore)
		case busy:
			timer.Reset(restless)
		default:
			r.rest()
			timer.Reset(r.nap())
		}
	}
}

// nap is the pause after a pass that found nothing to do: traffic changes
// without any write, and pods and services follow it.
func (r *Reconciler) nap() time.Duration {
	for _, s := range r.all() {
		if s.seen.Kubernetes != nil || len(s.seen.Scaling) > 0 {
			return watching
		}
	}
	return resting
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// pass looks at every round once, and reports whether something is on its way.
// What goes wrong is logged here; the error says only that something did.
func (r *Reconciler) pass(ctx context.Context) (busy bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			r.cfg.Log.DebugContext(ctx, "a pass panicked", "stack", string(debug.Stack()))
			r.complaints.warn(ctx, r.cfg.Log, "a pass panicked", err)
		}
	}()
	r.passes.Add(1)
	about := r.news.take()
	if about[fromEC2] {
		found, err := r.aws.networks(ctx)
		if err != nil {
			if ctx.Err() == nil {
				r.complaints.warn(ctx, r.cfg.Log, "look for stacks", err)
			}
			return true, err
		}
		r.found = found
	}
	for id := range r.found {
		r.site(id)
	}
	for _, s := range r.all() {
		moving, serr := s.pass(ctx, about, r.found[s.id])
		err = errors.Join(err, serr)
		busy = busy || moving
		if len(r.found[s.id]) > 0 {
			continue
		}
		if s.empty() {
			s.close(ctx)
			r.forget(s.id)
		} else {
			busy = true
		}
	}
	return busy, err
}

// rest tells those who wait for it that what runs matches what moto has.
func (r *Reconciler) rest() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.calm)
	r.calm = make(chan struct{})
}

// Settle waits until a whole pass, begun after this call, found nothing to do
// and nothing on its way. It gives up when ctx ends: what is then still there
// is there.
func (r *Reconciler) Settle(ctx context.Context) {
	for range 2 { // the first may have begun before
		r.mu.Lock()
		calm := r.calm
		r.mu.Unlock()
		r.Kick()
		select {
		case <-calm:
		case <-ctx.Done():
			return
		}
	}
}

func (r *Reconciler) site(id round.ID) *site {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sites[id]
	if s == nil {
		s = newSite(id, r)
		r.sites[id] = s
	}
	return s
}

func (r *Reconciler) all() []*site {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.sites))
}

func (r *Reconciler) forget(id round.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sites, id)
}

func (r *Reconciler) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	for _, s := range r.all() {
		s.close(ctx)
		r.forget(s.id)
	}
}
