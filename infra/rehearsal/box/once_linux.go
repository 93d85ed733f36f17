package box

import (
	"context"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

// mostOnce bounds how much may wait or run in a box beside its scripts.
const mostOnce = 16

// Later has something run once, in the box as it is on now: what waits when its
// power goes is forgotten, as systemd forgets its transient units.
func (h *hardware) Later(unit string, after time.Duration, run func(context.Context)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	live, mine := h.live, h.once
	if live == nil {
		return nil // it would never come to that
	}
	if mine[unit] != nil {
		return shell.ErrUnitExists
	}
	if len(mine) >= mostOnce {
		return shell.ErrManyUnits
	}
	waits, forget := context.WithCancel(live)
	mine[unit] = forget
	go func() {
		defer func() {
			forget()
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(mine, unit)
		}()
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-waits.Done():
			return
		case <-timer.C:
		}
		run(live)
	}()
	return nil
}

// Forget keeps what still waits from running, and stops nothing that runs.
func (h *hardware) Forget(unit string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	forget := h.once[unit]
	if forget == nil {
		return false
	}
	forget()
	return true
}
