package round_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func (w *world) failExtend(err error) { w.mu.Lock(); w.extendErr = err; w.mu.Unlock() }

func (w *world) wantTagged(t *testing.T, end time.Time) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.tagged.Equal(end) {
		t.Errorf("the resources say %s, the round ends %s", w.tagged, end)
	}
}

func extend(t *testing.T, e *round.Engine) time.Time {
	t.Helper()
	_, end, err := e.Extend(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// Whatever sweeps goes by what is written on the resources: an extension has to
// come to stand there, and its failure is no failure of the command.
func TestAnExtensionIsWrittenOnTheResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		ready(t, e)
		time.Sleep(time.Minute)
		if n := w.count("extend"); n != 0 {
			t.Fatalf("written %d times without an extension", n)
		}
		end := extend(t, e)
		time.Sleep(2 * time.Second)
		w.wantTagged(t, end)

		w.failExtend(errors.New("throttled"))
		extend(t, e)
		end = extend(t, e)
		time.Sleep(20 * time.Second)
		if n := w.count("extend"); n < 3 || n > 6 {
			t.Errorf("tried %d times in 20 s, with a pause that doubles from 2 s", n)
		}
		stop() // between the intent and the result
		w.failExtend(nil)
		start(t, m, w)
		time.Sleep(2 * time.Second)
		w.wantTagged(t, end)
		n := w.count("extend")
		time.Sleep(time.Hour)
		if w.count("extend") != n {
			t.Error("it is written again and again")
		}
		if got := all[round.Extension](t, m, round.LifetimeWritten); len(got) != 2 || !got[1].Expires.Equal(end) {
			t.Errorf("results %v", got)
		}
	})
}

func TestKeysOfAnExtendedRoundSayItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		end := extend(t, e)
		if a, err := e.Reveal(t.Context(), ana); err != nil || !a.Expires.Equal(end) {
			t.Errorf("the keys are said to work until %s, want %s: %v", a.Expires, end, err)
		}
	})
}

// An extension in the middle of making something finds it with the old end.
func TestAnExtensionWhileThingsAreMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(context.Context) error { time.Sleep(time.Minute); return nil }
		e, _ := start(t, m, w)
		ready(t, e)
		end := extend(t, e)
		time.Sleep(90 * time.Second)
		w.wantTagged(t, end)

		n := w.count("extend")
		w.issue = func() { time.Sleep(10 * time.Second) }
		go func() {
			if _, err := e.Reissue(t.Context(), ana); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(time.Second)
		end = extend(t, e)
		time.Sleep(20 * time.Second)
		w.wantTagged(t, end)
		if got := w.count("extend") - n; got != 2 {
			t.Errorf("written %d times, want once for the stack and once more for the new keys", got)
		}
	})
}
