package round_test

import (
	"context"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Append is the disk. It takes what the engine gives it, and complains of what
// should never have come.
func (l *life) Append(_ context.Context, events ...round.Event) ([]round.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return nil, errDead
	}
	if l.fails["append"] {
		return nil, errFull
	}
	dies, heard := l.burn()
	if heard {
		for i := range events {
			events[i].Seq = uint64(len(l.events) + 1)
			l.keep(events[i])
		}
	}
	if dies {
		return nil, errDead
	}
	return events, nil
}

func (l *life) keep(e round.Event) {
	if !l.model.legal(e) {
		l.complain("%s is not legal", spell(e))
		return
	}
	l.proven(e)
	l.events = append(l.events, e)
	l.model.take(e)
}

// proven complains of a result that is told of what has not happened, and of
// what should be there once only.
func (l *life) proven(e round.Event) {
	r := l.model.Rounds[e.Round]
	switch e.Kind {
	case round.ProvisionRequested:
		for id, other := range l.model.Rounds {
			if other.Phase != round.Closed && id != e.Round {
				l.complain("%s is opened while %s is %s", e.Round, id, other.Phase)
			}
		}
	case round.ProvisionDone:
		if !l.stacks[e.Round] || l.tagged[e.Round].IsZero() {
			l.complain("%s is ready without a stack", e.Round)
		}
	case round.CredentialsIssued:
		if user := told[round.CredentialsGiven](e).User; !l.users[user] {
			l.complain("%s is told of and does not exist", user)
		}
	case round.CredentialsRevealed:
		if u := r.Users[told[round.CredentialsGiven](e).User]; !u.Issued || u.Revealed || u.Revoked {
			l.complain("keys are shown that are %+v", u)
		}
	case round.CredentialsRevoked, round.CredentialsExpired:
		if user := told[round.CredentialsGiven](e).User; l.users[user] {
			l.complain("%s has ended and exists", user)
		}
	case round.FaultRequested:
		if r.Phase != round.Ready || r.Open != nil {
			l.complain("a fault is asked for in %s, which is %s with %v", e.Round, r.Phase, r.Open)
		}
		if l.healthOf(e.Round) != round.Good {
			l.complain("a fault is asked for in %s, whose steady state is %s", e.Round, l.healthOf(e.Round))
		}
	case round.FaultInjected:
		if !l.broken[e.Round] {
			l.complain("%s is injected, and nothing is broken", e.Incident)
		}
	case round.RollbackRequested:
		l.undone[e.Incident] = false
	case round.RollbackDone:
		// What cannot be rolled back at all goes with the stack.
		if given := r.Phase == round.Destroying && r.Open.Attempt > 3; !l.undone[e.Incident] && !given {
			l.complain("%s has ended and was not rolled back", e.Incident)
		}
	case round.LifetimeWritten:
		if end := told[round.Extension](e).Expires; !l.tagged[e.Round].Equal(end) {
			l.complain("%s is to end at %s, and its resources say %s", e.Round, end, l.tagged[e.Round])
		}
	case round.DestroyDone:
		if l.stacks[e.Round] || l.broken[e.Round] || len(l.users) > 0 {
			l.complain("%s is closed, and there is a stack: %v, a fault: %v, users: %v", e.Round, l.stacks[e.Round], l.broken[e.Round], l.users)
		}
	}
}

func (l *life) Replay(_ context.Context, from uint64, each func(round.Event) error) error {
	l.mu.Lock()
	events := append([]round.Event(nil), l.events...)
	l.mu.Unlock()
	for _, e := range events[from-1:] {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

// heal lets everything work again.
func (p *planet) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.fails)
	clear(p.slow)
	p.health = ""
}

// told of the planet under its lock.
func (p *planet) with(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *planet) set(what string, fails bool, lasts time.Duration) {
	p.with(func() { p.fails[what], p.slow[what] = fails, lasts })
}
