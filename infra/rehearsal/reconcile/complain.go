package reconcile

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// complaintEvery is how often the same trouble is said again: a pass comes many
// times a second.
const complaintEvery = 10 * time.Second

// complaints logs trouble once, then only now and then.
type complaints struct {
	mu    sync.Mutex
	about map[string]*complaint
}

type complaint struct {
	said  time.Time
	since int // how often it was not said
}

// warn logs about a thing unless that was done a moment ago.
func (c *complaints) warn(ctx context.Context, log *slog.Logger, about string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.about == nil {
		c.about = map[string]*complaint{}
	}
	last := c.about[about]
	if last == nil {
		last = &complaint{}
		c.about[about] = last
	}
	if !last.said.IsZero() && time.Since(last.said) < complaintEvery {
		last.since++
		return
	}
	args := []any{"error", err}
	if last.since > 0 {
		args = append(args, "also", last.since)
	}
	log.WarnContext(ctx, about, args...)
	last.said, last.since = time.Now(), 0
}
