package shop

import (
	"context"
	"errors"
)

var errBusy = errors.New("all slots taken and the queue is full")

// limit lets so many requests run at a time and so many more wait in order of
// arrival; the rest is refused at once. What the task can carry is therefore
// slots divided by the time that one request takes, whatever the CPU.
type limit struct {
	running chan struct{}
	waiting chan struct{}
}

func newLimit(slots, queue int) *limit {
	return &limit{running: make(chan struct{}, slots), waiting: make(chan struct{}, queue)}
}

// enter returns the function that gives the slot back, errBusy where the
// queue is full, or ctx's error where ctx ends first.
func (l *limit) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-l.running }
	// A freed slot goes to the sender that has been blocked longest, so this
	// first try cannot overtake the queue.
	select {
	case l.running <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case l.waiting <- struct{}{}:
		defer func() { <-l.waiting }()
	default:
		return nil, errBusy
	}
	select {
	case l.running <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
