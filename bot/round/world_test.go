package round_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// world is everything outside the engine, scripted by a test.
type world struct {
	mu          sync.Mutex
	log         []string
	health      round.Health // what the probe says
	provision   func(context.Context) error
	inject      func(context.Context) error
	issue       func()
	planErr     error
	plan        func(round.Fault) (round.Plan, error)
	rollbackErr error
	extendErr   error
	tagged      time.Time // the end that an extension wrote last
	left        int
	closed      bool // the login of the pages cannot be read
	users       map[string]bool
}

func newWorld() *world { return &world{health: round.Good, users: map[string]bool{}} }

func (w *world) did(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, what)
}

func (w *world) count(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.log {
		if l == what {
			n++
		}
	}
	return n
}

func (w *world) failRollback(err error) { w.mu.Lock(); w.rollbackErr = err; w.mu.Unlock() }

func (w *world) set(h round.Health) { w.mu.Lock(); w.health = h; w.mu.Unlock() }

func (w *world) Provision(ctx context.Context, s round.Spec, p func(round.Progress)) (round.Outputs, error) {
	w.did("provision")
	p(round.Progress{Phase: "network", Done: 1, Total: 2})
	if w.provision != nil {
		if err := w.provision(ctx); err != nil {
			return round.Outputs{}, err
		}
	}
	return round.Outputs{Shop: "http://shop", Prometheus: "http://prom", Graphs: "http://graphs", Logs: "http://logs", Runbooks: "http://runbooks"}, nil
}

func (w *world) Destroy(context.Context, round.Spec, func(round.Progress)) (round.Destroyed, error) {
	w.did("destroy")
	w.mu.Lock()
	defer w.mu.Unlock()
	return round.Destroyed{Removed: 3, Left: w.left}, nil
}

func (w *world) Extend(_ context.Context, s round.Spec) error {
	w.did("extend")
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.extendErr == nil {
		w.tagged = s.Expires
	}
	return w.extendErr
}

func (w *world) Issue(ctx context.Context, ask round.CredentialsAsked, _ round.Target, _ time.Time) (round.Access, error) {
	w.did("issue")
	if w.issue != nil {
		w.issue()
	}
	if err := ctx.Err(); err != nil {
		return round.Access{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[ask.User] = true
	return round.Access{SecretAccessKey: round.NewSecret("very-secret-value")}, nil
}

func (w *world) Login(context.Context, round.ID) (round.Login, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return round.Login{}, errors.New("nobody answers")
	}
	return round.Login{User: "chaotic", Password: round.NewSecret("very-secret-word")}, nil
}

func (w *world) Revoke(_ context.Context, user string) error {
	w.did("revoke")
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.users, user)
	return nil
}

func (w *world) UserName(id round.ID, role round.Role, p round.Person) string {
	return strings.ToLower(string(id)) + "-" + string(role) + "-" + p.Name
}

func (w *world) Plan(_ context.Context, _ round.Target, f round.Fault) (round.Plan, error) {
	if w.plan != nil {
		return w.plan(f)
	}
	return round.Plan{Receipt: json.RawMessage(`{"rule":"sgr-1"}`), Blast: "one rule"}, w.planErr
}

func (w *world) Inject(ctx context.Context, _ round.Target, _ round.Fault, r json.RawMessage) error {
	w.did("inject")
	if w.inject != nil {
		return w.inject(ctx)
	}
	w.set(round.Bad)
	return nil
}

func (w *world) Rollback(context.Context, round.Target, round.Fault, json.RawMessage) error {
	w.did("rollback")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rollbackErr
}

func (w *world) Probe(_ context.Context, _ round.Target, probes []round.Probe) []round.Reading {
	w.did("probe")
	w.mu.Lock()
	defer w.mu.Unlock()
	var rs []round.Reading
	for _, p := range probes {
		rs = append(rs, round.Reading{Probe: p.Name, Health: w.health, Say: "every order fails"})
	}
	return rs
}

func (w *world) Follow(ctx context.Context, _ round.Target, _ func(context.Context, round.Call) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// opened asks for a round and says yes to what is shown.
func opened(ctx context.Context, e *round.Engine, by round.Caller, player round.Person, stage string) (round.ID, error) {
	shown, err := e.Prepare(ctx, by, player, stage)
	if err != nil {
		return "", err
	}
	return e.Provision(ctx, by, shown.Ticket)
}

// closed asks for the end of the round, and says so again where an incident is open.
func closed(ctx context.Context, e *round.Engine, by round.Caller) (round.ID, error) {
	c, err := e.Destroy(ctx, by)
	if err != nil || c.Incident == "" {
		return c.Round, err
	}
	return e.DestroyRound(ctx, by, c.Round, c.Incident)
}

// offered asks for an injection and says yes to what is shown.
func offered(ctx context.Context, e *round.Engine, by round.Caller, scenario string) (round.Injection, error) {
	shown, err := e.Preview(ctx, by, scenario, "", false)
	if err != nil {
		return round.Injection{}, err
	}
	return e.Inject(ctx, by, shown.Ticket)
}
