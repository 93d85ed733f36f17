package discord

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// outside is a real ledger whose appends happen outside of the bubble. bbolt
// waits a moment for company there; inside, the engine's lock, which is held
// meanwhile, would keep the clock from ever reaching the end of that moment.
type outside struct {
	*ledger.Ledger
	idle, work chan *appending

	mu    sync.Mutex
	grown chan struct{} // belongs to the bubble: whoever waits for it lets time pass
}

// appending is one call of Append. Its channel belongs to no bubble.
type appending struct {
	events []round.Event
	kept   []round.Event
	err    error
	done   chan struct{}
}

func openOutside(t *testing.T, path string) *outside {
	t.Helper()
	o := &outside{Ledger: openLedger(t, path), idle: make(chan *appending, 16), work: make(chan *appending)}
	for range cap(o.idle) {
		o.idle <- &appending{done: make(chan struct{})}
	}
	var worker sync.WaitGroup
	worker.Go(func() {
		for a := range o.work {
			a.kept, a.err = o.Ledger.Append(context.Background(), a.events...)
			a.done <- struct{}{}
		}
	})
	t.Cleanup(func() { close(o.work); worker.Wait() })
	return o
}

// Append implements round.Ledger.
func (o *outside) Append(_ context.Context, events ...round.Event) ([]round.Event, error) {
	a := <-o.idle
	a.events = events
	o.work <- a
	<-a.done
	kept, err := a.kept, a.err
	o.idle <- a
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.grown != nil {
		close(o.grown)
		o.grown = nil
	}
	return kept, err
}

// Wait implements Book.
func (o *outside) Wait(ctx context.Context, after uint64) error {
	for {
		o.mu.Lock()
		if o.Len() > after {
			o.mu.Unlock()
			return nil
		}
		if o.grown == nil {
			o.grown = make(chan struct{})
		}
		grown := o.grown
		o.mu.Unlock()
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the ledger: %w", ctx.Err())
		case <-grown:
		}
	}
}
