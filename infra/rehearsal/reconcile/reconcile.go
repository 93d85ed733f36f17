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
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
	"github.com/chaotic-good/scenarios/monitoring"
)

// Config is everything a Reconciler needs from outside. No field is optional.
type Config struct {
	Log         *slog.Logger
	AWS         aws.Config // at moto itself, which nobody else may reach
	Gate        aws.Config // at the gateway, with a key that it trusts
	Group       *process.Group
	Dir         string   // in which each round gets a folder
	Shop        []string // argv that plays the shop's roles
	Postgres    postgres.Tool
	Template    string // a prepared data folder of that PostgreSQL
	Profile     monitoring.Profile
	RunbookBase string
}

// Reconciler looks after every stack that moto holds.
type Reconciler struct {
	cfg  Config
	aws  clients
	kick chan struct{}

	mu    sync.Mutex // guards what follows
	sites map[round.ID]*site
	calm  chan struct{} // closed and replaced by each pass that found nothing to do
}

// The pauses between two passes.
const (
	breath   = 150 * time.Millisecond // at least: moto answers one caller at a time, and we are not the only one
	restless = 150 * time.Millisecond // something is on its way
	resting  = 2 * time.Second        // a backstop: writes kick
)

// New returns a Reconciler that has looked at nothing yet.
func New(cfg Config) *Reconciler {
	return &Reconciler{cfg: cfg, aws: newClients(cfg.AWS, cfg.Gate), kick: make(chan struct{}, 1), sites: map[round.ID]*site{}, calm: make(chan struct{})}
}

// Kick asks for a pass soon. It never blocks.
func (r *Reconciler) Kick() {
	select {
	case r.kick <- struct{}{}:
	default:
	}
}

// Run makes passes until ctx ends, then takes everything local down.
func (r *Reconciler) Run(ctx context.Context) error {
	defer r.close(context.WithoutCancel(ctx))
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time // the end of the last pass
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
		wait := resting
		if r.pass(ctx) {
			wait = restless
		} else {
			r.rest()
		}
		last = time.Now()
		timer.Reset(wait)
	}
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
func (r *Reconciler) pass(ctx context.Context) bool {
	found, err := r.aws.rounds(ctx)
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "look for stacks", "error", err)
		return true
	}
	var busy bool
	for _, id := range found {
		r.site(id)
	}
	for _, s := range r.all() {
		moving, err := s.pass(ctx)
		if err != nil && ctx.Err() == nil {
			r.cfg.Log.WarnContext(ctx, "reconcile", "round", s.id, "error", err)
		}
		busy = busy || moving || err != nil
		if !contains(found, s.id) {
			busy = busy || !s.empty()
			if s.empty() {
				s.close(ctx)
				r.forget(s.id)
			}
		}
	}
	return busy
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
	var all []*site
	for _, s := range r.sites {
		all = append(all, s)
	}
	return all
}

func (r *Reconciler) forget(id round.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sites, id)
}

func (r *Reconciler) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, s := range r.all() {
		s.close(ctx)
		r.forget(s.id)
	}
}

func contains(all []round.ID, id round.ID) bool {
	for _, x := range all {
		if x == id {
			return true
		}
	}
	return false
}

var errPending = errors.New("not yet")
