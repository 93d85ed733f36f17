package round_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// idle is the default configuration: a zero Idle means an hour.
func idle(m *memory, w *world) round.Config {
	c := slow(m, w)
	c.Idle = 0
	return c
}

func wantIdleEnd(t *testing.T, m *memory, warned int, after time.Duration, since time.Time) {
	t.Helper()
	ends := all[round.DestroyAsked](t, m, round.DestroyRequested)
	if len(ends) != 1 || ends[0].Why != "idle" {
		t.Fatalf("ended %v: %v", ends, m.kinds())
	}
	end, _ := m.last(round.DestroyRequested)
	if late := end.At.Sub(since) - after; late < 0 || late > 3*time.Second {
		t.Errorf("ended %s after, want %s", end.At.Sub(since), after)
	}
	warnings := all[round.Warning](t, m, round.LifetimeWarned)
	if len(warnings) != warned {
		t.Errorf("warned %v, want %d", warnings, warned)
	}
	for _, x := range warnings {
		if x != (round.Warning{Left: 10 * time.Minute, Why: "idle"}) {
			t.Errorf("warned %+v", x)
		}
	}
}

func stillOpen(t *testing.T, m *memory) {
	t.Helper()
	if got := all[round.DestroyAsked](t, m, round.DestroyRequested); len(got) != 0 {
		t.Fatalf("ended: %v", got)
	}
}

func TestAnIdleRoundEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := startWith(t, idle(m, w))
		ready(t, e)
		since := time.Now()
		time.Sleep(49 * time.Minute)
		if len(all[round.Warning](t, m, round.LifetimeWarned)) != 0 {
			t.Error("warned too early")
		}
		time.Sleep(12 * time.Minute)
		wantIdleEnd(t, m, 1, time.Hour, since)
	})
}

func TestAnIdleRoundThatIsStuckEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(context.Context) error { return errors.New("no capacity") }
		e, _ := startWith(t, idle(m, w))
		since := time.Now()
		ready(t, e)
		time.Sleep(61 * time.Minute)
		wantIdleEnd(t, m, 1, time.Hour, since)
	})
}

// Whatever a person does puts the end off: a call to AWS, a command that only
// reads, one that is refused. Each is warned of anew.
func TestActivityPutsTheEndOff(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, e *round.Engine){
		"a call": func(t *testing.T, e *round.Engine) {
			if err := e.Observe(t.Context(), "R1", round.Call{EventID: "1", User: "r1-player-ana", ReadOnly: true}); err != nil {
				t.Fatal(err)
			}
		},
		"a look": func(t *testing.T, e *round.Engine) { _, _ = e.Status(t.Context(), viewer) },
		"a refusal": func(t *testing.T, e *round.Engine) {
			_, _, err := e.Hint(t.Context(), ana)
			wantRefusal(t, err, "no-incident")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, _ := startWith(t, idle(m, w))
				ready(t, e)
				time.Sleep(55 * time.Minute)
				do(t, e)
				since := time.Now()
				time.Sleep(58 * time.Minute)
				stillOpen(t, m)
				time.Sleep(3 * time.Minute)
				wantIdleEnd(t, m, 2, time.Hour, since)
			})
		})
	}
}

func TestTheBotAloneIsNoActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := startWith(t, idle(m, w))
		ready(t, e)
		since := time.Now()
		time.Sleep(30 * time.Minute)
		page(t, e, true)
		if err := e.Observe(t.Context(), "R1", round.Call{EventID: "1", User: "somebody"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(31 * time.Minute)
		wantIdleEnd(t, m, 1, time.Hour, since)
	})
}

func TestAnOpenIncidentIsNotIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		c := idle(m, w)
		c.IncidentLimit = 90 * time.Minute
		e, _ := startWith(t, c)
		ready(t, e)
		inject(t, e)
		page(t, e, true)
		time.Sleep(91 * time.Minute)
		stillOpen(t, m)
		ended, _ := m.last(round.RollbackDone)
		time.Sleep(58 * time.Minute)
		wantWarned := all[round.Warning](t, m, round.LifetimeWarned)
		stillOpen(t, m)
		time.Sleep(3 * time.Minute)
		wantIdleEnd(t, m, len(wantWarned), time.Hour, ended.At)
	})
}

func TestIdleAcrossARestart(t *testing.T) {
	for name, c := range map[string]struct{ before, away, end time.Duration }{
		"the clock goes on":                   {20 * time.Minute, time.Minute, time.Hour},
		"a warning that was given stands":     {55 * time.Minute, time.Minute, time.Hour},
		"a warning that was missed is given":  {20 * time.Minute, 2 * time.Hour, 150 * time.Minute},
		"the bot was away at the end of it":   {55 * time.Minute, time.Hour, 115 * time.Minute},
		"a restart between the last and next": {40 * time.Minute, 15 * time.Minute, 65 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, stop := startWith(t, idle(m, w))
				ready(t, e)
				since := time.Now()
				time.Sleep(c.before)
				stop()
				time.Sleep(c.away)
				startWith(t, idle(m, w))
				time.Sleep(time.Hour)
				wantIdleEnd(t, m, 1, c.end, since)
			})
		})
	}
}

func TestSeenIsRareAndNeverAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := startWith(t, idle(m, w))
		ready(t, e)
		for range 120 {
			time.Sleep(10 * time.Second)
			_, _ = e.Status(t.Context(), viewer)
		}
		if n := len(all[round.Activity](t, m, round.ActivitySeen)); n != 3 {
			t.Errorf("%d events in twenty minutes, want 3", n)
		}
		time.Sleep(6 * time.Minute)
		m.full(errFull)
		if s, err := e.Status(t.Context(), viewer); err != nil || !s.Open {
			t.Errorf("a full disk: %v", err)
		}
		m.full(nil)
	})
}
