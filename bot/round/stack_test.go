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

func TestProvisionIsRetriedThenWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(context.Context) error { return errors.New("no capacity") }
		e, _ := start(t, m, w)
		ready(t, e)
		time.Sleep(time.Minute)
		if n := w.count("provision"); n != 3 {
			t.Errorf("tried %d times", n)
		}
		_, err := offered(t.Context(), e, admin, "security-group")
		wantRefusal(t, err, "stuck")
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, ok := m.last(round.DestroyDone); !ok {
			t.Errorf("not destroyed: %v", m.kinds())
		}
	})
}

func TestDestroyWhileProvisioningCancelsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		w.provision = func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(30 * time.Second) // letting go of the lock
			w.did("let go")
			return ctx.Err()
		}
		e, _ := start(t, m, w)
		ready(t, e)
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if w.count("destroy") != 0 {
			t.Error("destroyed before the provision had let go")
		}
		time.Sleep(31 * time.Second)
		if _, ok := m.last(round.DestroyDone); !ok || w.count("let go") != 1 {
			t.Errorf("not destroyed: %v", m.kinds())
		}
	})
}

func TestDestroyIsTriedUntilNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		w.left = 2
		if _, err := closed(t.Context(), e, admin); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		w.mu.Lock()
		w.left = 0
		w.mu.Unlock()
		time.Sleep(time.Minute)
		if _, ok := m.last(round.DestroyDone); !ok || w.count("destroy") < 3 {
			t.Errorf("%d tries: %v", w.count("destroy"), m.kinds())
		}
	})
}

func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		time.Sleep(4*time.Hour + time.Minute)
		warned := strings.Count(strings.Join(m.kinds(), " "), "lifetime.warned")
		if _, ok := m.last(round.DestroyDone); !ok || warned != 3 {
			t.Errorf("warned %d times; %v", warned, m.kinds())
		}
	})
}
