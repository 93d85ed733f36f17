package round

import (
	"context"
	"time"
)

// warnings are given when a round has this long left.
var warnings = []time.Duration{30 * time.Minute, 10 * time.Minute, 2 * time.Minute}

// ending keeps the two clocks that end a round: its lifetime, and the time in
// which nobody did anything. It reports whether the round is ending at now.
func (e *Engine) ending(ctx context.Context, id ID, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	// The state, not a snapshot: an extension or a command may just have come.
	r := e.state.Rounds[id]
	if r.Phase == Destroying || r.Phase == Closed {
		return true // somebody was faster
	}
	return e.lifetime(ctx, r, now) || e.idle(ctx, r, now)
}

// lifetime warns of the end of the round's lifetime and brings it about. Called
// with mu held.
func (e *Engine) lifetime(ctx context.Context, r *Round, now time.Time) bool {
	left := r.Expires.Sub(now)
	if left <= 0 {
		if err := e.endRound(ctx, bot, r, "lifetime"); err != nil {
			e.trouble(ctx, "end a round whose time is over", err, "round", r.ID)
			return false
		}
		return true
	}
	due := time.Duration(0)
	for _, w := range warnings {
		if left <= w && w < e.cfg.Lifetime && (r.Warned == 0 || w < r.Warned) {
			due = w
		}
	}
	if due > 0 {
		if err := e.recordLocked(ctx, bot, r.ID, "", LifetimeWarned, Warning{Left: due}); err != nil {
			e.trouble(ctx, "warn of a round's end", err, "round", r.ID)
		}
	}
	return false
}
