package round

import (
	"context"
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
