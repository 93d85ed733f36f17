package round_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func warnedTimes(m *memory) int {
	return strings.Count(strings.Join(m.kinds(), " "), "lifetime.warned")
}

func TestExtendUpToEightHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		_, _, err := e.Extend(t.Context(), admin)
		wantRefusal(t, err, "no-round")
		opened := time.Now()
		ready(t, e)
		_, _, err = e.Extend(t.Context(), ana)
		wantRefusal(t, err, "role")
		for i := range 4 {
			_, end, err := e.Extend(t.Context(), admin)
			if want := time.Duration(5+i) * time.Hour; err != nil || end.Sub(opened) != want {
				t.Fatalf("extended to %s, %v; want %s", end.Sub(opened), err, want)
			}
		}
		_, _, err = e.Extend(t.Context(), admin)
		wantRefusal(t, err, "longest")
		stop()
		e, _ = start(t, m, w)
		_, _, err = e.Extend(t.Context(), admin)
		wantRefusal(t, err, "longest")
		time.Sleep(8*time.Hour - time.Minute)
		stillOpen(t, m)
		time.Sleep(2 * time.Minute)
		if _, ok := m.last(round.DestroyDone); !ok {
			t.Errorf("not ended: %v", m.kinds())
		}
	})
}

// The last extension is as long as eight hours in all allow.
func TestAnExtensionMayBeShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		c := config(m, w)
		c.Lifetime = 7*time.Hour + 20*time.Minute
		e, _ := startWith(t, c)
		ready(t, e)
		if _, _, err := e.Extend(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		if got := all[round.Extension](t, m, round.LifetimeExtended); got[0].By != 40*time.Minute {
			t.Errorf("extended by %s", got[0].By)
		}
		_, _, err := e.Extend(t.Context(), admin)
		wantRefusal(t, err, "longest")
	})
}

func TestWarningsComeAgainAfterAnExtension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		ready(t, e)
		time.Sleep(4*time.Hour - time.Minute)
		if n := warnedTimes(m); n != 3 {
			t.Fatalf("warned %d times before it", n)
		}
		if _, _, err := e.Extend(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Minute)
		stop()
		start(t, m, w)
		time.Sleep(33 * time.Minute)
		if n := warnedTimes(m); n != 5 {
			t.Errorf("warned %d times, want 5: of half an hour and of ten minutes again", n)
		}
		stillOpen(t, m)
		time.Sleep(4 * time.Minute)
		if _, ok := m.last(round.DestroyDone); !ok || warnedTimes(m) != 6 {
			t.Errorf("warned %d times: %v", warnedTimes(m), m.kinds())
		}
	})
}

// An idle warning says nothing about the lifetime, and takes no warning from it.
func TestAnIdleWarningIsNoLifetimeWarning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		c := config(m, w)
		c.Idle = 3*time.Hour + 30*time.Minute
		e, _ := startWith(t, c)
		ready(t, e)
		time.Sleep(3*time.Hour + 25*time.Minute) // warned of at 3:20
		_, _ = e.Status(t.Context(), ana)
		time.Sleep(40 * time.Minute)
		var left []time.Duration
		for _, x := range all[round.Warning](t, m, round.LifetimeWarned) {
			if x.Why == "" {
				left = append(left, x.Left)
			}
		}
		if len(left) != 3 || left[0] != 30*time.Minute {
			t.Errorf("warned of the lifetime: %v", left)
		}
	})
}

func TestARoundThatIsDestroyedIsNotExtended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.left = 1
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		_, _, err := e.Extend(t.Context(), admin)
		wantRefusal(t, err, "destroying")
		w.mu.Lock()
		w.left = 0
		w.mu.Unlock()
	})
}
