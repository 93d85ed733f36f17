package round_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// startWith is start with a changed configuration.
func startWith(t *testing.T, c round.Config) (*round.Engine, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e, err := round.New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return e, stop
}

// slow is a configuration whose incidents last, so that clocks of minutes show.
func slow(m *memory, w *world) round.Config {
	c := config(m, w)
	c.IncidentLimit = time.Hour
	return c
}

// all gives the data of every event of a kind, in order.
func all[T any](t *testing.T, m *memory, kind round.Kind) (of []T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.events {
		if e.Kind == kind {
			var d T
			if err := e.Into(&d); err != nil {
				t.Fatal(err)
			}
			of = append(of, d)
		}
	}
	return of
}

// suspend is a clock that can jump while no timer moves.
type suspend struct{ slept atomic.Int64 }

func (s *suspend) now() time.Time        { return time.Now().Add(time.Duration(s.slept.Load())) }
func (s *suspend) sleep(d time.Duration) { s.slept.Add(int64(d)) }

func inject(t *testing.T, e *round.Engine) {
	t.Helper()
	if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * time.Second)
}

func TestAsleepWhileTheSteadyStateHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w, clock := &memory{}, newWorld(), &suspend{}
		c := slow(m, w)
		c.Now = clock.now
		e, _ := startWith(t, c)
		ready(t, e)
		inject(t, e)
		page(t, e, true)
		w.set(round.Good)
		time.Sleep(3 * time.Second)
		clock.sleep(9 * time.Second) // longer than the hold
		time.Sleep(5 * time.Second)
		if _, lost := m.last(round.RecoveryLost); !lost || w.count("rollback") != 0 {
			t.Fatalf("time in which the machine slept counted as held: %v", m.kinds())
		}
		time.Sleep(8 * time.Second)
		if got := outcome(t, m); got.Outcome != round.Resolved {
			t.Errorf("ended %+v", got)
		}
	})
}

func TestAsleepWhileThePageWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w, clock := &memory{}, newWorld(), &suspend{}
		c := slow(m, w)
		c.Now = clock.now
		e, _ := startWith(t, c)
		ready(t, e)
		inject(t, e)
		clock.sleep(10 * time.Minute)
		time.Sleep(3 * time.Second)
		if w.count("rollback") != 0 {
			t.Errorf("a fault whose page could not come counts as one without effect: %+v", outcome(t, m))
		}
	})
}

func TestAsleepPastTheLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w, clock := &memory{}, newWorld(), &suspend{}
		c := slow(m, w)
		c.Now = clock.now
		e, _ := startWith(t, c)
		ready(t, e)
		inject(t, e)
		page(t, e, true)
		probes := w.count("probe")
		clock.sleep(5 * time.Hour)
		time.Sleep(1500 * time.Millisecond)
		why := all[round.DestroyAsked](t, m, round.DestroyRequested)
		if _, ok := m.last(round.DestroyDone); !ok || len(why) != 1 || why[0].Why != "lifetime" || w.count("probe") > probes+1 {
			t.Errorf("not ended at the first look: %v, %v", why, m.kinds())
		}
		if n := strings.Count(strings.Join(m.kinds(), " "), "lifetime.warned") + len(all[round.Repeat](t, m, round.PageRepeated)); n != 0 {
			t.Errorf("%d words about a round that was over", n)
		}
	})
}
