package round_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func (w *world) hasUser(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.users[name]
}

func TestKeysThatNobodyRevealsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(context.Context) error { time.Sleep(25 * time.Minute); return nil } // nobody could look yet
		e, _ := start(t, m, w)
		ready(t, e)
		time.Sleep(54 * time.Minute)
		if _, gone := m.last(round.CredentialsExpired); gone {
			t.Fatal("expired too early")
		}
		time.Sleep(2 * time.Minute)
		if _, gone := m.last(round.CredentialsExpired); !gone || w.hasUser("r1-player-ana") || w.count("issue") != 1 {
			t.Fatalf("not expired: %v", m.kinds())
		}
		_, err := e.Reveal(t.Context(), ana)
		wantRefusal(t, err, "expired")
		if !strings.Contains(err.Error(), "`/credentials new:True`") {
			t.Errorf("no way out: %v", err)
		}
		if _, err := e.Reissue(t.Context(), ana); err != nil {
			t.Fatal(err)
		}
		time.Sleep(29 * time.Minute)
		if _, err := e.Reveal(t.Context(), ana); err != nil {
			t.Errorf("new keys have no new clock: %v", err)
		}
		time.Sleep(time.Hour)
		if n := strings.Count(strings.Join(m.kinds(), " "), "credentials.expired"); n != 1 || !w.hasUser("r1-player-ana") {
			t.Errorf("keys that were revealed expired: %d", n)
		}
	})
}

func TestARestartDoesNotRestartTheClockOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		ready(t, e)
		for range 4 {
			time.Sleep(8 * time.Minute)
			stop()
			_, stop = start(t, m, w)
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		if _, gone := m.last(round.CredentialsExpired); !gone || w.hasUser("r1-player-ana") {
			t.Errorf("not expired after 32 min: %v", m.kinds())
		}
		if n := w.count("issue"); n != 4 {
			t.Errorf("issued %d times, want 4: those that are late are not made again", n)
		}
	})
}

func TestKeysThatAreBeingMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		ready(t, e)
		stop()
		w.issue = func() { time.Sleep(5 * time.Second) }
		e, _ = start(t, m, w)
		synctest.Wait()
		_, err := e.Reveal(t.Context(), ana)
		wantRefusal(t, err, "not-ready")
		if !strings.Contains(err.Error(), "in a moment") {
			t.Errorf("no way out: %v", err)
		}
		time.Sleep(6 * time.Second)
		if _, err := e.Reveal(t.Context(), ana); err != nil {
			t.Error(err)
		}
	})
}

// failing is a service of identities that is down for its first calls.
type failing struct {
	*world
	issues, revokes int
}

func (f *failing) Issue(ctx context.Context, ask round.CredentialsAsked, t round.Target, at time.Time) (round.Access, error) {
	if f.issues--; f.issues >= 0 {
		return round.Access{}, errors.New("throttled")
	}
	return f.world.Issue(ctx, ask, t, at)
}

func (f *failing) Revoke(ctx context.Context, user string) error {
	if f.revokes--; f.revokes >= 0 {
		return errors.New("throttled")
	}
	return f.world.Revoke(ctx, user)
}

func TestKeysAreMadeAndEndedAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := start(t, m, w)
		ready(t, e)
		stop()
		c := config(m, w)
		c.Identities = &failing{world: w, issues: 3, revokes: 2}
		e, _ = startWith(t, c)
		time.Sleep(30 * time.Second)
		if n := w.count("issue"); n != 2 {
			t.Errorf("made %d times, want once more", n)
		}
		time.Sleep(30 * time.Minute)
		if n := strings.Count(strings.Join(m.kinds(), " "), "credentials.expired"); n != 1 || w.hasUser("r1-player-ana") || w.count("issue") != 2 {
			t.Errorf("expired %d times, issued %d", n, w.count("issue"))
		}
		_, err := e.Reveal(t.Context(), ana)
		wantRefusal(t, err, "expired")
	})
}
