package balancer

import (
	"context"
	"slices"
	"time"
)

// SetTargets replaces the targets. One that stays keeps its health; one that is
// new is checked first; one that is missing gets no more requests, and is gone
// when those that it has are answered, or after Config.Drain.
func (b *Balancer) SetTargets(wanted []Target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	var now, draining []*target
	for _, t := range b.targets {
		switch {
		case t.health.State == Draining:
			draining = append(draining, t)
		case !slices.Contains(wanted, t.Target):
			b.drain(t)
			draining = append(draining, t)
		}
	}
	for _, w := range wanted {
		if slices.ContainsFunc(now, func(t *target) bool { return t.Target == w }) {
			continue // named twice
		}
		t := b.find(w)
		if t == nil {
			t = b.add(w)
		}
		now = append(now, t)
	}
	b.targets = append(now, draining...)
}

// target is one target and what we know of it. The balancer's lock guards it.
type target struct {
	Target
	health TargetHealth
	good   int // checks in a row
	bad    int

	flying int                // requests that are being answered
	empty  chan struct{}      // while draining: closed when flying is 0
	life   context.Context    // of the target, not of a call
	cut    context.CancelFunc // ends its checks and what still flies
	still  context.CancelFunc // ends its checks only
}

func (b *Balancer) find(w Target) *target {
	for _, t := range b.targets {
		if t.Target == w && t.health.State != Draining {
			return t
		}
	}
	return nil
}

func (b *Balancer) add(w Target) *target {
	t := &target{Target: w, health: TargetHealth{State: Initial, Reason: "Elb.InitialHealthChecking",
		Description: "Initial health checks in progress"}}
	t.life, t.cut = context.WithCancel(context.Background())
	checks, still := context.WithCancel(t.life)
	t.still = still
	b.run.Go(func() { b.watch(checks, t) })
	return t
}

// drain is called with the lock held.
func (b *Balancer) drain(t *target) {
	t.still()
	t.health = TargetHealth{State: Draining, Reason: "Target.DeregistrationInProgress",
		Description: "Target deregistration is in progress"}
	t.empty = make(chan struct{})
	if t.flying == 0 {
		close(t.empty)
	}
	b.cfg.Log.Info("target drains", "target", t.ID, "addr", t.Addr, "requests", t.flying)
	b.run.Go(func() {
		defer t.cut()
		late := time.NewTimer(b.cfg.Drain)
		defer late.Stop()
		select {
		case <-t.empty:
		case <-late.C:
			b.cfg.Log.Warn("requests are cut off, their target was removed", "target", t.ID)
		case <-t.life.Done():
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.targets = slices.DeleteFunc(b.targets, func(u *target) bool { return u == t })
	})
}

// pick takes the next healthy target in turn, or nil. The caller must land it.
func (b *Balancer) pick() *target {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.targets {
		t := b.targets[(b.next+i)%len(b.targets)]
		if t.health.State == Healthy {
			b.next = (b.next + i + 1) % len(b.targets)
			t.flying++
			return t
		}
	}
	return nil
}

func (b *Balancer) land(t *target) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.flying--
	if t.flying == 0 && t.empty != nil {
		close(t.empty)
	}
}
