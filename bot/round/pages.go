package round

import (
	"context"
	"time"
)

// repeats are the pages that are sent again while nobody acknowledges; the last
// goes to the admin.
var repeats = []Repeat{
	{N: 1, After: 2 * time.Minute},
	{N: 2, After: 4 * time.Minute},
	{N: 3, After: 6 * time.Minute, Admin: true},
}

// pageAgain repeats the page of the open incident when that is due at now. Of those
// that were missed, while the bot was away, only the latest is sent.
func (e *Engine) pageAgain(ctx context.Context, id ID, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	in := e.state.Rounds[id].Open
	if in == nil || in.Phase != Active || in.Alerted.IsZero() || !in.Acked.IsZero() {
		return
	}
	var due Repeat
	for _, again := range repeats {
		if again.N > in.Repeats && now.Sub(in.Alerted) >= again.After {
			due = again
		}
	}
	if due.N == 0 {
		return
	}
	if err := e.recordLocked(ctx, bot, id, in.ID, PageRepeated, due); err != nil {
		e.trouble(ctx, "repeat a page", err, "round", id, "incident", in.ID)
	}
}
