package round

import (
	"context"
	"fmt"
	"time"
)

const (
	extension = time.Hour     // one /extend
	longest   = 8 * time.Hour // a round, all its extensions included
)

// Extend puts the end of the open round off by an hour, as long as the round
// lasts no longer than eight hours in all. It gives the new end.
func (e *Engine) Extend(ctx context.Context, by Caller) (ID, time.Time, error) {
	defer e.Seen(ctx, by, "/extend")
	if err := admins(by, "/extend"); err != nil {
		return "", time.Time{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.current(by)
	if err != nil {
		return "", time.Time{}, err
	}
	if r.Phase == Destroying {
		return "", time.Time{}, e.notReady(r)
	}
	end := r.Expires.Add(extension)
	if most := r.Opened.Add(longest); end.After(most) {
		end = most
	}
	if !end.After(r.Expires) {
		return "", time.Time{}, Refuse("longest", "%s cannot last longer: %s in all is the most. `/provision` starts another one.", r.ID, Spell(longest))
	}
	more := Extension{By: end.Sub(r.Expires), Expires: end}
	return r.ID, end, e.recordLocked(ctx, by.Person, r.ID, "", LifetimeExtended, more)
}

// writeTime bounds one writing of a round's end.
const writeTime = 2 * time.Minute

// keepLifetime writes the end of an extended round on what carries it in AWS. It
// runs beside the measuring and tries again what failed; what a restart cut
// short is done by the next start.
func (e *Engine) keepLifetime(ctx context.Context, id ID) {
	for failed := 0; ctx.Err() == nil; {
		wait := max(e.cfg.Tick, time.Second)
		err := e.writeLifetime(ctx, id)
		switch {
		case err == nil:
			failed = 0
		case ctx.Err() == nil:
			failed++
			wait = e.backoff(failed)
			e.trouble(ctx, "write the later end of a round on its resources", err, "round", id, "attempt", failed)
		}
		e.pause(ctx, wait)
	}
}

// writeLifetime does it once, if it is to be done. The extension is the intent.
func (e *Engine) writeLifetime(ctx context.Context, id ID) error {
	r := e.snapshot(id)
	if !r.Unwritten || r.Phase != Ready {
		return nil
	}
	act, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := e.cfg.Stacks.Extend(act, e.spec(r)); err != nil {
		return fmt.Errorf("extend the stack of %s: %w", id, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state.Rounds[id].Phase != Ready {
		return nil // it is being destroyed: nobody needs the result
	}
	return e.recordLocked(ctx, bot, id, "", LifetimeWritten, Extension{Expires: r.Expires})
}
