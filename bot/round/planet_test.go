package round_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var (
	errDead = errors.New("this process is dead")
	errAct  = errors.New("throttled")
)

// planet is the disk and the cloud of random histories. It outlives engines,
// remembers what exists, fails when it is told to, and holds every act and every
// event against what the ledger says by then.
type planet struct {
	mu     sync.Mutex
	events []round.Event
	model  *plain
	wrong  []string // what must never happen, and did

	stacks map[round.ID]bool
	users  map[string]bool
	broken map[round.ID]bool      // the fault is in place
	tagged map[round.ID]time.Time // the end that stands on the resources
	undone map[round.IncidentID]bool

	fails  map[string]bool          // acts that fail
	slow   map[string]time.Duration // acts that last
	health round.Health             // when it is not what it should be
	did    map[string]int
}

func newPlanet() *planet {
	return &planet{
		model: newPlain(), stacks: map[round.ID]bool{}, users: map[string]bool{}, broken: map[round.ID]bool{},
		tagged: map[round.ID]time.Time{}, undone: map[round.IncidentID]bool{}, fails: map[string]bool{},
		slow: map[string]time.Duration{}, did: map[string]int{},
	}
}

func (p *planet) complain(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// life is what one process of the bot sees of the planet. It ends at a planned
// stop, or at the act or the append at which its fuse burns down, which AWS or
// the disk may have heard or not.
type life struct {
	*planet
	fuse   int // 0: none
	heard  bool
	dead   bool
	acting map[round.ID][]string
}

// burn reports whether the process dies now, and whether it was heard. Called
// with mu held.
func (l *life) burn() (dies, heard bool) {
	if l.dead {
		return true, false
	}
	if l.fuse > 0 {
		if l.fuse--; l.fuse == 0 {
			l.dead = true
			return true, l.heard
		}
	}
	return false, true
}

// act is one call to AWS: may asks whether it is allowed now, do is its effect,
// half of the time that it lasts before it and half behind.
func (l *life) act(ctx context.Context, id round.ID, what string, may, do func()) error {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return errDead
	}
	if r := l.model.Rounds[id]; r == nil || r.Phase == round.Closed {
		l.complain("%s for %s, which is not open", what, id)
	} else {
		may()
	}
	l.acting[id] = append(l.acting[id], what)
	half := l.slow[what] / 2
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		i := slices.Index(l.acting[id], what)
		l.acting[id] = slices.Delete(l.acting[id], i, i+1)
	}()
	if err := nap(ctx, half); err != nil {
		return err
	}
	l.mu.Lock()
	dies, heard := l.burn()
	fails := l.fails[what]
	if heard && !fails {
		l.did[what]++
		do()
	}
	l.mu.Unlock()
	switch {
	case dies:
		return errDead
	case fails:
		return errAct
	}
	return nap(ctx, half)
}

func nap(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone complains of another act on the round that is under way.
func (l *life) alone(id round.ID, what string, but ...string) {
	for _, other := range l.acting[id] {
		if !slices.Contains(but, other) {
			l.complain("%s of %s during %s", what, id, other)
		}
	}
}

func (l *life) Provision(ctx context.Context, s round.Spec, p func(round.Progress)) (round.Outputs, error) {
	l.mu.Lock()
	if !l.dead {
		l.stacks[s.Round] = true // something of it, from the first call on
	}
	l.mu.Unlock()
	p(round.Progress{Phase: "network", Done: 1, Total: 2})
	err := l.act(ctx, s.Round, "provision", func() {
		if phase := l.model.Rounds[s.Round].Phase; phase != round.Provisioning && phase != round.Destroying {
			l.complain("provision of %s while %s", s.Round, phase)
		}
		l.alone(s.Round, "provision", "issue")
	}, func() {
		l.tagged[s.Round] = s.Expires
	})
	return round.Outputs{Shop: "http://shop"}, err
}

func (l *life) Destroy(ctx context.Context, s round.Spec, _ func(round.Progress)) (round.Destroyed, error) {
	left := 1
	err := l.act(ctx, s.Round, "destroy", func() {
		r := l.model.Rounds[s.Round]
		if r.Phase != round.Destroying || r.Open != nil {
			l.complain("destroy of %s while %s, with %v open", s.Round, r.Phase, r.Open)
		}
		for name, u := range r.Users {
			if !u.Revoked {
				l.complain("destroy of %s before %s was revoked", s.Round, name)
			}
		}
		l.alone(s.Round, "destroy")
	}, func() {
		if left = 0; l.fails["clean"] {
			left = 2
			return
		}
		l.stacks[s.Round], l.broken[s.Round] = false, false
	})
	return round.Destroyed{Removed: 3, Left: left}, err
}

func (l *life) Extend(ctx context.Context, s round.Spec) error {
	return l.act(ctx, s.Round, "extend", func() {
		if r := l.model.Rounds[s.Round]; !r.Unwritten {
			l.complain("extend of %s, whose end stands everywhere", s.Round)
		}
	}, func() { l.tagged[s.Round] = s.Expires })
}

func (l *life) Issue(ctx context.Context, ask round.CredentialsAsked, t round.Target, _ time.Time) (round.Access, error) {
	err := l.act(ctx, t.Round, "issue", func() {
		if u, ok := l.model.Rounds[t.Round].Users[ask.User]; !ok || u.Issued || u.Revoked {
			l.complain("issue of %s without an intent", ask.User)
		}
		l.alone(t.Round, "issue", "provision", "inject", "rollback", "extend")
	}, func() { l.users[ask.User] = true })
	return round.Access{SecretAccessKey: round.NewSecret("very-secret-value")}, err
}

func (l *life) Login(context.Context, round.ID) (round.Login, error) { return round.Login{}, nil }

func (l *life) Revoke(ctx context.Context, user string) error {
	id := round.ID(strings.ToUpper(strings.Split(user, "-")[0]))
	return l.act(ctx, id, "revoke", func() {
		if _, ok := l.model.Rounds[id].Users[user]; !ok {
			l.complain("revoke of %s, whom nobody asked for", user)
		}
	}, func() { delete(l.users, user) })
}

func (l *life) UserName(id round.ID, role round.Role, p round.Person) string {
	return (*world)(nil).UserName(id, role, p)
}

func (l *life) Plan(context.Context, round.Target, round.Fault) (round.Plan, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fails["plan"] {
		return round.Plan{}, round.Refuse("no-target", "No rule lets the tasks reach the database.")
	}
	return round.Plan{Receipt: json.RawMessage(`{"rule":"sgr-1"}`)}, nil
}

func (l *life) Inject(ctx context.Context, t round.Target, _ round.Fault, _ json.RawMessage) error {
	return l.act(ctx, t.Round, "inject", func() {
		r := l.model.Rounds[t.Round]
		if r.Open == nil || r.Open.Phase != round.Injecting {
			l.complain("a fault of %s without an intent: %+v", t.Round, r.Open)
		}
		if r.Phase != round.Ready {
			l.complain("a fault in %s, which is %s", t.Round, r.Phase)
		}
		l.alone(t.Round, "inject", "issue", "revoke", "extend")
	}, func() { l.broken[t.Round] = true })
}

func (l *life) Rollback(ctx context.Context, t round.Target, _ round.Fault, _ json.RawMessage) error {
	var id round.IncidentID
	return l.act(ctx, t.Round, "rollback", func() {
		in := l.model.Rounds[t.Round].Open
		if in == nil || in.Phase != round.RollingBack {
			l.complain("a rollback in %s without an intent: %+v", t.Round, in)
			return
		}
		id = in.ID
		l.alone(t.Round, "rollback", "issue", "revoke", "extend")
	}, func() { l.broken[t.Round], l.undone[id] = false, true })
}

func (l *life) Probe(_ context.Context, t round.Target, probes []round.Probe) (rs []round.Reading) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range probes {
		rs = append(rs, round.Reading{Probe: p.Name, Health: l.healthOf(t.Round), Say: "every order fails"})
	}
	return rs
}

// healthOf is what all probes say of a round's stack. Called with mu held.
func (p *planet) healthOf(id round.ID) round.Health {
	switch {
	case p.health != "":
		return p.health
	case p.broken[id]:
		return round.Bad
	}
	return round.Good
}

func (l *life) Follow(ctx context.Context, _ round.Target, _ func(context.Context, round.Call) error) error {
	<-ctx.Done()
	return ctx.Err()
}
