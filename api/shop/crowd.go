package shop

import (
	"context"
	"sync"
	"time"
)

// crowd is an open loop: visitor n arrives at start + n/rate, however long the
// answers take. A closed loop would slow down together with the shop and hide
// the outage.
type crowd struct {
	rate     float64 // arrivals a second
	inFlight int     // at most; who arrives above that is dropped and counted

	visit func(n int, intended time.Time)
	drop  func(n int)
}

// run lets visitors arrive until ctx ends, then waits for those inside. After
// a pause of the whole machine the missed arrivals come at once: they did
// intend to come, and what they waited counts.
func (c crowd) run(ctx context.Context) {
	var inside sync.WaitGroup
	defer inside.Wait()
	room := make(chan struct{}, c.inFlight)
	start := time.Now()
	t := time.NewTimer(0)
	defer t.Stop()
	for n := 0; ; n++ {
		intended := start.Add(arrival(n, c.rate))
		t.Reset(time.Until(intended))
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		select {
		case room <- struct{}{}:
			inside.Go(func() {
				defer func() { <-room }()
				c.visit(n, intended)
			})
		default:
			c.drop(n)
		}
	}
}

// arrival is when visitor n comes, after the start. It is computed from n and
// never summed up, so rounding does not drift.
func arrival(n int, rate float64) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}
