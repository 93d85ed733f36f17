package shop

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestVisitorsArriveHoweverLongAnswersTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		start := time.Now()
		var mu sync.Mutex
		came, dropped := map[int]time.Duration{}, 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			crowd{rate: 30, inFlight: 50,
				visit: func(n int, intended time.Time) {
					mu.Lock()
					came[n] = intended.Sub(start)
					mu.Unlock()
					time.Sleep(2990 * time.Millisecond)
				},
				drop: func(int) { mu.Lock(); defer mu.Unlock(); dropped++ },
			}.run(ctx)
		}()
		time.Sleep(10*time.Second - time.Millisecond)
		cancel()
		<-done
		// 300 arrivals in ten seconds; of each 90 within an answer's time, 50 fit.
		if len(came)+dropped != 300 {
			t.Errorf("%d came and %d were dropped, want 300 together", len(came), dropped)
		}
		if len(came) != 50*3+30 {
			t.Errorf("%d found room, want 180", len(came))
		}
		if got := came[49]; got != arrival(49, 30) {
			t.Errorf("visitor 49 intended %s, want %s", got, arrival(49, 30))
		}
	})
}

func TestArrivalsDoNotDrift(t *testing.T) {
	for _, rate := range []float64{.5, 3, 30, 77, 1999} {
		const hours = 3 * time.Hour
		n := int(rate * hours.Seconds())
		if d := arrival(n, rate) - hours; d.Abs() > time.Microsecond {
			t.Errorf("at %v a second visitor %d is off by %s", rate, n, d)
		}
	}
}

func TestTheMixIsFiveThreeTwo(t *testing.T) {
	mix := map[string]int{}
	for _, route := range visitorRoutes {
		mix[route]++
	}
	if mix[routeProducts] != 5 || mix[routeOrder] != 3 || mix[routeStock] != 2 {
		t.Error(mix)
	}
}
