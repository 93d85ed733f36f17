package round

import (
	"context"
	"fmt"
	"time"
)

// revealWithin is how long keys wait for somebody to look at them.
const revealWithin = 30 * time.Minute

// since gives the start of the clock of keys that e asks for. The bot makes keys
// again that a restart lost: they are no younger for it. u may be nil.
func (u *User) since(e Event) time.Time {
	if u == nil || u.Revealed || u.Revoked || u.Since.IsZero() || e.Actor.ID != bot.ID {
		return e.At
	}
	return u.Since
}

// late reports whether nobody looked at the keys in time.
func (u *User) late(now time.Time) bool {
	return !u.Revealed && !u.Revoked && !u.Since.IsZero() && now.Sub(u.Since) >= revealWithin
}

// keepCredentials makes keys again that a restart or a failure lost, and ends
// those that nobody looked at. It runs beside the measuring, which must not wait
// for it, and tries again what failed.
func (e *Engine) keepCredentials(ctx context.Context, id ID) {
	for failed := 0; ctx.Err() == nil; {
		wait := max(e.cfg.Tick, time.Second)
		err := e.expireCredentials(ctx, id)
		if err == nil {
			err = e.mendCredentials(ctx, id)
		}
		switch {
		case err == nil:
			failed = 0
		case ctx.Err() == nil:
			failed++
			wait = min(e.backoff(failed), time.Minute)
			e.trouble(ctx, "keep the credentials", err, "round", id, "attempt", failed)
		}
		e.pause(ctx, wait)
	}
}

// mendCredentials issues again what was lost: keys that were made, or about to
// be, and that nobody has seen.
func (e *Engine) mendCredentials(ctx context.Context, id ID) error {
	e.mu.Lock()
	r := e.state.Rounds[id]
	var lost bool
	for name, u := range r.Users {
		if _, held := e.access[name]; !held && !u.Revealed && !u.Revoked && !u.late(e.cfg.Now()) {
			lost = true
		}
	}
	t, p, expires := Target{Round: id, Outputs: r.Outputs}, r.Player, r.Expires
	if !lost || e.issuing[id] || r.Phase != Ready {
		e.mu.Unlock()
		return nil
	}
	done := e.issuingLocked(id)
	e.mu.Unlock()
	defer done()
	return e.issue(ctx, bot, id, t, p, expires)
}

// expireCredentials ends the keys that nobody looked at in time.
func (e *Engine) expireCredentials(ctx context.Context, id ID) error {
	e.mu.Lock()
	r := e.state.Rounds[id]
	var late []User
	if r.Phase == Ready && !e.issuing[id] {
		for _, u := range r.Users {
			if u.late(e.cfg.Now()) {
				late = append(late, *u)
				delete(e.access, u.Name)
			}
		}
	}
	if len(late) == 0 {
		e.mu.Unlock()
		return nil
	}
	done := e.issuingLocked(id) // else a new key could be ended in the old one's place
	e.mu.Unlock()
	defer done()
	for _, u := range late {
		if err := e.cfg.Identities.Revoke(ctx, u.Name); err != nil {
			return fmt.Errorf("revoke %s: %w", u.Name, err)
		}
		if err := e.record(ctx, bot, id, "", CredentialsExpired, CredentialsGiven{Person: u.Person, User: u.Name}); err != nil {
			return err
		}
	}
	return nil
}
