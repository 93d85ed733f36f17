package round_test

import (
	"context"
	"sync"

	"github.com/chaotic-good/scenarios/bot/round"
)

// memory is a ledger that keeps events in a slice.
type memory struct {
	mu      sync.Mutex
	events  []round.Event
	appends int // asked for, also those that failed
	fail    error
}

func (m *memory) full(err error) { m.mu.Lock(); m.fail = err; m.mu.Unlock() }

func (m *memory) Append(_ context.Context, events ...round.Event) ([]round.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.appends++
	if m.fail != nil {
		return nil, m.fail
	}
	for i := range events {
		events[i].Seq = uint64(len(m.events) + 1)
		m.events = append(m.events, events[i])
	}
	return events, nil
}

func (m *memory) Replay(_ context.Context, from uint64, each func(round.Event) error) error {
	m.mu.Lock()
	events := append([]round.Event(nil), m.events...)
	m.mu.Unlock()
	for _, e := range events {
		if e.Seq >= from {
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) kinds() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var k []string
	for _, e := range m.events {
		k = append(k, string(e.Kind))
	}
	return k
}

func (m *memory) last(kind round.Kind) (round.Event, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.events) - 1; i >= 0; i-- {
		if m.events[i].Kind == kind {
			return m.events[i], true
		}
	}
	return round.Event{}, false
}
