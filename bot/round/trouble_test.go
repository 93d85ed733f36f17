package round_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var errFull = errors.New("no space left on device")

// broken is a round with an open incident that has paged.
func broken(t *testing.T, m *memory, w *world) (e *round.Engine, stop func()) {
	t.Helper()
	e, stop = start(t, m, w)
	ready(t, e)
	if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * time.Second)
	page(t, e, true)
	return e, stop
}

func TestAFullDiskDoesNotMakeADestroySpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := broken(t, m, w)
		w.inject = nil
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		m.full(errFull)
		time.Sleep(time.Minute)
		if n := w.count("rollback"); n > 60 {
			t.Fatalf("%d rollbacks in a minute", n)
		}
		m.full(nil)
		time.Sleep(time.Minute)
		if _, ok := m.last(round.DestroyDone); !ok {
			t.Errorf("not destroyed after room was made: %v", m.kinds())
		}
	})
}

func TestEventsDoNotHurryTheMeasurement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := broken(t, m, w)
		before := w.count("probe")
		for i := range 500 {
			c := round.Call{EventID: fmt.Sprint(i), User: "r1-player-ana", Service: "ec2", Action: "DescribeInstances", ReadOnly: true}
			if err := e.Observe(t.Context(), "R1", c); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n := w.count("probe") - before; n < 9 || n > 11 {
			t.Errorf("%d measurements in ten seconds of one each", n)
		}
	})
}

func TestALateWordResolvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		began := time.Now()
		say := func(from, to time.Duration, firing bool) {
			t.Helper()
			a := round.Alert{Fingerprint: "f", Name: "ShopLatencyHigh", StartsAt: began.Add(from), Firing: firing}
			if !firing {
				a.EndsAt = began.Add(to)
			}
			if err := e.Alerts(t.Context(), "R1", []round.Alert{a}); err != nil {
				t.Fatal(err)
			}
		}
		resolved := func() int { return strings.Count(strings.Join(m.kinds(), " "), "alert.resolved") }
		say(0, 0, true)
		say(time.Minute, 0, true) // it fires again; that it had ended comes late
		say(0, 30*time.Second, false)
		if n := resolved(); n != 0 {
			t.Errorf("the end of an earlier time counted: %d", n)
		}
		say(time.Minute, 2*time.Minute, false)
		if n := resolved(); n != 1 {
			t.Errorf("%d resolved, want 1", n)
		}
	})
}

func TestAStormIsOneAppend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		var storm []round.Alert
		for i := range 3000 {
			storm = append(storm, round.Alert{Fingerprint: fmt.Sprint(i / 2), Name: "TargetDown", StartsAt: time.Now(), Firing: true})
		}
		before := m.appends
		if err := e.Alerts(t.Context(), "R1", storm); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(strings.Join(m.kinds(), " "), "alert.fired"); m.appends-before != 1 || n != 1500 {
			t.Errorf("%d events by %d appends", n, m.appends-before)
		}
		m.full(errFull)
		more := []round.Alert{{Fingerprint: "x", StartsAt: time.Now(), Firing: true}}
		if err := e.Alerts(t.Context(), "R1", more); !errors.Is(err, errFull) {
			t.Errorf("on a full disk: %v", err)
		}
		m.full(nil)
		if err := e.Alerts(t.Context(), "R1", more); err != nil || len(m.kinds()) == 0 {
			t.Errorf("sent again: %v", err)
		}
		if n := strings.Count(strings.Join(m.kinds(), " "), "alert.fired"); n != 1501 {
			t.Errorf("%d alerts are on disk, want 1501", n)
		}
	})
}

func TestARefusalDoesNotTellWhatWasDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.planErr = round.Refuse("no-target", "No rule lets the tasks reach the database.")
		_, err := offered(t.Context(), e, admin, "surprise")
		wantRefusal(t, err, "no-target")
		if strings.Contains(err.Error(), "database") {
			t.Errorf("a surprise is told: %v", err)
		}
		_, err = offered(t.Context(), e, admin, "security-group")
		if err == nil || !strings.Contains(err.Error(), "database") {
			t.Errorf("an admin who asked for it is not told why: %v", err)
		}
	})
}

func TestAnAbortStandsWhenTheInjectionFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.inject = func(context.Context) error {
			time.Sleep(5 * time.Second)
			return errors.New("throttled")
		}
		go func() {
			time.Sleep(time.Second)
			if _, err := e.Abort(t.Context(), admin, "enough"); err != nil {
				t.Error(err)
			}
		}()
		if _, err := offered(t.Context(), e, admin, "security-group"); err == nil {
			t.Error("the injection did not fail")
		}
		synctest.Wait()
		if got := outcome(t, m); got.Outcome != round.Aborted || w.count("rollback") != 1 {
			t.Errorf("ended %+v after %d rollbacks", got, w.count("rollback"))
		}
	})
}

// TestAHoldThatNobodyWatched: the break of a hold could not be recorded at once
// after a restart, because the disk was full; the hold is no proof all the same.
func TestAHoldThatNobodyWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		_, stop := broken(t, m, w)
		w.set(round.Good)
		time.Sleep(3 * time.Second)
		stop()
		time.Sleep(20 * time.Second)
		m.full(errFull)
		start(t, m, w)
		time.Sleep(2500 * time.Millisecond)
		m.full(nil)
		time.Sleep(5 * time.Second)
		if w.count("rollback") != 0 {
			t.Error("time in which nobody measured counted as held")
		}
		time.Sleep(8 * time.Second)
		if got := outcome(t, m); got.Outcome != round.Resolved {
			t.Errorf("ended %+v", got)
		}
	})
}

func TestAProvisionThatHangsEndsWithTheLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		e, _ := start(t, m, w)
		ready(t, e)
		time.Sleep(4*time.Hour + time.Minute)
		if _, ok := m.last(round.DestroyDone); !ok {
			t.Errorf("not destroyed: %v", m.kinds())
		}
	})
}

func TestTheSecondAdminIsToldWhoWasFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.left = 1
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second) // and it was tried again since, by the bot
		other := admin
		other.Person = round.Person{ID: "9", Name: "bob"}
		_, err := closed(t.Context(), e, other)
		wantRefusal(t, err, "destroying")
		if !strings.Contains(err.Error(), "gamemaster") {
			t.Errorf("bob is told %q", err)
		}
		w.mu.Lock()
		w.left = 0
		w.mu.Unlock()
	})
}

func TestKeysAreMadeOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.issue = func() { time.Sleep(5 * time.Second) }
		gone, hangUp := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, err := e.Reissue(gone, ana)
			first <- err
		}()
		time.Sleep(time.Second)
		hangUp()
		_, err := e.Reissue(t.Context(), admin)
		wantRefusal(t, err, "issuing")
		if err := <-first; err != nil {
			t.Errorf("whoever hung up is left without keys: %v", err)
		}
		if _, err := e.Reveal(t.Context(), ana); err != nil {
			t.Error(err)
		}
	})
}

func TestAFullDiskTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		m.full(errors.New("no space left on device"))
		if _, err := offered(t.Context(), e, admin, "security-group"); err == nil || w.count("inject") != 0 {
			t.Errorf("err %v, injected %d times", err, w.count("inject"))
		}
		m.full(nil)
		if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
			t.Errorf("after room was made: %v", err)
		}
	})
}
