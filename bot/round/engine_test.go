package round_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// memory is a ledger that keeps events in a slice.
type memory struct {
	mu      sync.Mutex
	events  []round.Event
	appends int // asked for, also those that failed
	fail    error
}

func (m *memory) full(err error) { m.mu.Lock(); m.fail = err; m.mu.Unlock() }

func (m *memory) Append(_ context.Context, events ...round.Event) ([]round.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.appends++
	if m.fail != nil {
		return nil, m.fail
	}
	for i := range events {
		events[i].Seq = uint64(len(m.events) + 1)
		m.events = append(m.events, events[i])
	}
	return events, nil
}

func (m *memory) Replay(_ context.Context, from uint64, each func(round.Event) error) error {
	m.mu.Lock()
	events := append([]round.Event(nil), m.events...)
	m.mu.Unlock()
	for _, e := range events {
		if e.Seq >= from {
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *memory) kinds() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var k []string
	for _, e := range m.events {
		k = append(k, string(e.Kind))
	}
	return k
}

func (m *memory) last(kind round.Kind) (round.Event, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.events) - 1; i >= 0; i-- {
		if m.events[i].Kind == kind {
			return m.events[i], true
		}
	}
	return round.Event{}, false
}

// world is everything outside the engine, scripted by a test.
type world struct {
	mu          sync.Mutex
	log         []string
	health      round.Health // what the probe says
	provision   func(context.Context) error
	inject      func(context.Context) error
	issue       func()
	planErr     error
	rollbackErr error
	left        int
	users       map[string]bool
}

func newWorld() *world { return &world{health: round.Good, users: map[string]bool{}} }

func (w *world) did(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, what)
}

func (w *world) count(what string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.log {
		if l == what {
			n++
		}
	}
	return n
}

func (w *world) failRollback(err error) { w.mu.Lock(); w.rollbackErr = err; w.mu.Unlock() }

func (w *world) set(h round.Health) { w.mu.Lock(); w.health = h; w.mu.Unlock() }

func (w *world) Provision(ctx context.Context, s round.Spec, p func(round.Progress)) (round.Outputs, error) {
	w.did("provision")
	p(round.Progress{Phase: "network", Done: 1, Total: 2})
	if w.provision != nil {
		if err := w.provision(ctx); err != nil {
			return round.Outputs{}, err
		}
	}
	return round.Outputs{Shop: "http://shop", Prometheus: "http://prom"}, nil
}

func (w *world) Destroy(context.Context, round.Spec, func(round.Progress)) (round.Destroyed, error) {
	w.did("destroy")
	w.mu.Lock()
	defer w.mu.Unlock()
	return round.Destroyed{Removed: 3, Left: w.left}, nil
}

func (w *world) Issue(ctx context.Context, ask round.CredentialsAsked, _ round.Target, _ time.Time) (round.Access, error) {
	w.did("issue")
	if w.issue != nil {
		w.issue()
	}
	if err := ctx.Err(); err != nil {
		return round.Access{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.users[ask.User] = true
	return round.Access{SecretAccessKey: round.NewSecret("very-secret-value")}, nil
}

func (w *world) Revoke(_ context.Context, user string) error {
	w.did("revoke")
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.users, user)
	return nil
}

func (w *world) UserName(id round.ID, role round.Role, p round.Person) string {
	return strings.ToLower(string(id)) + "-" + string(role) + "-" + p.Name
}

func (w *world) Plan(context.Context, round.Target, round.Fault) (round.Plan, error) {
	return round.Plan{Receipt: json.RawMessage(`{"rule":"sgr-1"}`), Blast: "one rule"}, w.planErr
}

func (w *world) Inject(ctx context.Context, _ round.Target, _ round.Fault, r json.RawMessage) error {
	w.did("inject")
	if w.inject != nil {
		return w.inject(ctx)
	}
	w.set(round.Bad)
	return nil
}

func (w *world) Rollback(context.Context, round.Target, round.Fault, json.RawMessage) error {
	w.did("rollback")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rollbackErr
}

func (w *world) Probe(_ context.Context, _ round.Target, probes []round.Probe) []round.Reading {
	w.did("probe")
	w.mu.Lock()
	defer w.mu.Unlock()
	var rs []round.Reading
	for _, p := range probes {
		rs = append(rs, round.Reading{Probe: p.Name, Health: w.health, Say: "every order fails"})
	}
	return rs
}

func (w *world) Follow(ctx context.Context, _ round.Target, _ func(context.Context, round.Call) error) error {
	<-ctx.Done()
	return ctx.Err()
}

type catalogue []round.Scenario

func (c catalogue) All() []round.Scenario { return c }
func (c catalogue) Get(id string) (round.Scenario, bool) {
	for _, s := range c {
		if s.ID == id {
			return s, true
		}
	}
	return round.Scenario{}, false
}

var shelf = catalogue{{
	ID: "security-group", Title: "A rule goes missing", Stages: []string{"classic"},
	Fault: round.Fault{Kind: "ingress-revoke"}, Expect: []string{"ShopErrorRatioHigh"},
	Steady: []round.Probe{{Name: "orders"}}, Hints: []string{"one", "two"},
	Onset: 3 * time.Second, Hold: 8 * time.Second, Limit: time.Minute,
}}

var (
	admin  = round.Caller{Person: round.Person{ID: "1", Name: "gamemaster"}, Guild: "g", Roles: []round.Role{round.Admin}}
	ana    = round.Caller{Person: round.Person{ID: "2", Name: "ana"}, Guild: "g", Roles: []round.Role{round.Player}}
	viewer = round.Caller{Person: round.Person{ID: "3", Name: "vic"}, Guild: "g"}
)

func config(m *memory, w *world) round.Config {
	return round.Config{
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Ledger: m, Stacks: w, Identities: w, Faults: w, Prober: w,
		Trail: w, Catalogue: shelf, Webhook: func(round.ID) round.Webhook { return round.Webhook{} },
		PageBound: func(onset time.Duration) time.Duration { return onset + 9*time.Second },
		Pick:      func(int) int { return 0 }, Tick: time.Second, Settle: 5 * time.Second,
		Lifetime: 4 * time.Hour, Retry: 2 * time.Second,
		Idle: 12 * time.Hour, // most tests have nobody who does anything
	}
}

// start runs an engine inside a synctest bubble; stop is a planned stop.
func start(t *testing.T, m *memory, w *world) (*round.Engine, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e, err := round.New(ctx, config(m, w))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return e, stop
}

func ready(t *testing.T, e *round.Engine) {
	t.Helper()
	if _, err := e.Provision(t.Context(), admin, ana.Person, ""); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func page(t *testing.T, e *round.Engine, firing bool) {
	t.Helper()
	a := round.Alert{Fingerprint: "f1", Name: "ShopErrorRatioHigh", StartsAt: time.Now(), Firing: firing}
	if err := e.Alerts(t.Context(), "R1", []round.Alert{a}); err != nil {
		t.Fatal(err)
	}
}

func wantRefusal(t *testing.T, err error, rule string) {
	t.Helper()
	var r *round.Refusal
	if !errors.As(err, &r) || r.Rule != rule {
		t.Fatalf("got %v, want a refusal by %s", err, rule)
	}
}

func outcome(t *testing.T, m *memory) round.Ending {
	t.Helper()
	e, ok := m.last(round.RollbackDone)
	if !ok {
		t.Fatalf("no incident ended; the ledger has %v", m.kinds())
	}
	var end round.Ending
	if err := e.Into(&end); err != nil {
		t.Fatal(err)
	}
	return end
}

func TestAWholeRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		access, err := e.Reveal(t.Context(), ana)
		if err != nil || access.SecretAccessKey.Reveal() != "very-secret-value" {
			t.Fatalf("reveal: %v", err)
		}
		_, err = e.Reveal(t.Context(), ana)
		wantRefusal(t, err, "shown")

		in, err := e.Inject(t.Context(), admin, "security-group", "")
		if err != nil || in.Incident != "INC-1" || in.Page != 12*time.Second {
			t.Fatalf("inject: %+v, %v", in, err)
		}
		time.Sleep(4 * time.Second)
		page(t, e, true)
		if _, err := e.Acknowledge(t.Context(), ana); err != nil {
			t.Fatal(err)
		}
		_, claim, err := e.Resolve(t.Context(), ana)
		if err != nil || claim.Green {
			t.Fatalf("a claim while broken: %+v, %v", claim, err)
		}
		w.set(round.Good)
		time.Sleep(7 * time.Second)
		if w.count("rollback") != 0 {
			t.Fatal("closed before the hold time was over")
		}
		time.Sleep(5 * time.Second)
		if got := outcome(t, m); got.Outcome != round.Resolved {
			t.Fatalf("ended %+v", got)
		}
		if _, err := e.Destroy(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := "provision.requested credentials.requested credentials.issued provision.done credentials.revealed " +
			"fault.requested fault.injected onset.observed alert.fired incident.acknowledged claim.made recovery.observed " +
			"rollback.requested rollback.done destroy.requested credentials.revoked destroy.done"
		kinds := slices.DeleteFunc(m.kinds(), func(k string) bool { return strings.HasSuffix(k, ".progressed") }) // as often as there is time
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("the ledger tells\n%s\nwant\n%s", got, want)
		}
		for _, ev := range m.events {
			if strings.Contains(string(ev.Data), "very-secret-value") {
				t.Errorf("a secret is in the ledger: %s", ev.Kind)
			}
		}
		if len(w.users) != 0 {
			t.Errorf("users left: %v", w.users)
		}
	})
}

func TestTheEngineRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ctx := t.Context()
		_, err := e.Inject(ctx, admin, "security-group", "")
		wantRefusal(t, err, "no-round")
		_, err = e.Provision(ctx, ana, ana.Person, "")
		wantRefusal(t, err, "role")
		ready(t, e)
		before := len(m.kinds())
		_, err = e.Provision(ctx, admin, ana.Person, "")
		wantRefusal(t, err, "one-round")
		_, err = e.Inject(ctx, ana, "security-group", "")
		wantRefusal(t, err, "role")
		_, err = e.Inject(ctx, admin, "coffee-machine", "")
		wantRefusal(t, err, "unknown-scenario")
		_, err = e.Acknowledge(ctx, ana)
		wantRefusal(t, err, "no-incident")
		_, err = e.Reveal(ctx, viewer)
		wantRefusal(t, err, "not-yours")
		_, err = e.Destroy(ctx, viewer)
		wantRefusal(t, err, "role")
		w.set(round.Unknown)
		_, err = e.Inject(ctx, admin, "security-group", "")
		wantRefusal(t, err, "not-green")
		w.set(round.Bad)
		_, err = e.Inject(ctx, admin, "security-group", "")
		wantRefusal(t, err, "not-green")
		if w.count("inject") != 0 || len(m.kinds()) != before {
			t.Errorf("a refusal left something behind: %v", m.kinds()[before:])
		}
		w.set(round.Good)
		if _, err = e.Inject(ctx, admin, "surprise", ""); err != nil {
			t.Fatal(err)
		}
		_, err = e.Inject(ctx, admin, "security-group", "")
		wantRefusal(t, err, "one-incident")
		_, err = e.Note(ctx, viewer, "hello")
		wantRefusal(t, err, "role")
		_, _, err = e.Hint(ctx, ana)
		wantRefusal(t, err, "no-page")
		_, err = e.Acknowledge(ctx, ana)
		wantRefusal(t, err, "no-page")
		_, err = e.Note(ctx, ana, strings.Repeat("x", 1001))
		wantRefusal(t, err, "long-note")
	})
}

// The alert that was expected may come a moment after another, which mentions
// the player just as well and has the same buttons.
func TestAnyAlertCanBeAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		if _, err := e.Inject(t.Context(), admin, "security-group", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		slow := round.Alert{Fingerprint: "f2", Name: "ShopLatencyHigh", StartsAt: time.Now(), Firing: true}
		if err := e.Alerts(t.Context(), "R1", []round.Alert{slow}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Acknowledge(t.Context(), ana); err != nil {
			t.Errorf("the alert was shown, and %v", err)
		}
		if _, _, err := e.Hint(t.Context(), ana); err != nil {
			t.Errorf("the alert was shown, and %v", err)
		}
		if _, ok := m.last(round.Acknowledged); !ok {
			t.Error("the ledger has no acknowledgement")
		}
	})
}

func TestHowAnIncidentEnds(t *testing.T) {
	cases := []struct {
		name string
		play func(t *testing.T, e *round.Engine, w *world)
		want round.Outcome
	}{
		{"nobody repairs it", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			time.Sleep(2 * time.Minute)
		}, round.TimedOut},
		{"the fault shows no effect", func(t *testing.T, e *round.Engine, w *world) {
			w.set(round.Good)
			time.Sleep(time.Minute)
		}, round.Failed},
		{"an admin aborts", func(t *testing.T, e *round.Engine, w *world) {
			if _, err := e.Abort(t.Context(), admin, "enough"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}, round.Aborted},
		{"the round is destroyed", func(t *testing.T, e *round.Engine, w *world) {
			if _, err := e.Destroy(t.Context(), admin); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}, round.Aborted},
		{"missing data is not health", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			w.set(round.Unknown)
			time.Sleep(2 * time.Minute)
		}, round.TimedOut},
		{"it only seemed repaired", func(t *testing.T, e *round.Engine, w *world) {
			time.Sleep(4 * time.Second)
			page(t, e, true)
			for range 20 {
				w.set(round.Good)
				time.Sleep(5 * time.Second)
				w.set(round.Bad)
				time.Sleep(2 * time.Second)
			}
		}, round.TimedOut},
		{"the rollback fails at first", func(t *testing.T, e *round.Engine, w *world) {
			w.failRollback(errors.New("throttled"))
			if _, err := e.Abort(t.Context(), admin, ""); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			w.failRollback(nil)
			time.Sleep(10 * time.Second)
		}, round.Aborted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := &memory{}, newWorld()
				e, _ := start(t, m, w)
				ready(t, e)
				if _, err := e.Inject(t.Context(), admin, "security-group", ""); err != nil {
					t.Fatal(err)
				}
				c.play(t, e, w)
				if got := outcome(t, m); got.Outcome != c.want {
					t.Errorf("ended %+v, want %s", got, c.want)
				}
				if w.count("rollback") == 0 {
					t.Error("nothing was rolled back")
				}
			})
		})
	}
}

func TestARestartGoesOn(t *testing.T) {
	t.Run("while provisioning", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			w.provision = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			e, stop := start(t, m, w)
			ready(t, e)
			stop()
			w.provision = nil
			e, _ = start(t, m, w)
			synctest.Wait()
			if s, _ := e.Status(t.Context(), admin); s.Phase != round.Ready {
				t.Errorf("the round is %s", s.Phase)
			}
		})
	})
	t.Run("between the intent and the fault", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			if _, err := e.Inject(t.Context(), admin, "security-group", ""); err != nil {
				t.Fatal(err)
			}
			stop()
			for m.events[len(m.events)-1].Kind != round.FaultRequested {
				m.events = m.events[:len(m.events)-1]
			}
			start(t, m, w)
			synctest.Wait()
			if got := outcome(t, m); got.Outcome != round.Failed || w.count("rollback") != 1 {
				t.Errorf("ended %+v after %d rollbacks", got, w.count("rollback"))
			}
		})
	})
	t.Run("keys that nobody saw are made again", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			stop()
			e, _ = start(t, m, w)
			synctest.Wait()
			if _, err := e.Reveal(t.Context(), ana); err != nil || w.count("issue") != 2 {
				t.Errorf("reveal after a restart: %v, issued %d times", err, w.count("issue"))
			}
		})
	})
	t.Run("a hold does not span it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := &memory{}, newWorld()
			e, stop := start(t, m, w)
			ready(t, e)
			if _, err := e.Inject(t.Context(), admin, "security-group", ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(3 * time.Second)
			page(t, e, true)
			w.set(round.Good)
			time.Sleep(3 * time.Second)
			stop()
			time.Sleep(20 * time.Second)
			start(t, m, w)
			time.Sleep(5 * time.Second)
			if w.count("rollback") != 0 {
				t.Error("time in which nobody measured counted as held")
			}
			time.Sleep(6 * time.Second)
			if got := outcome(t, m); got.Outcome != round.Resolved {
				t.Errorf("ended %+v", got)
			}
		})
	})
}

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
		_, err := e.Inject(t.Context(), admin, "security-group", "")
		wantRefusal(t, err, "stuck")
		if _, err := e.Destroy(t.Context(), admin); err != nil {
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
		if _, err := e.Destroy(t.Context(), admin); err != nil {
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
		if _, err := e.Destroy(t.Context(), admin); err != nil {
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

func TestRepeatedAlertsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		a := round.Alert{Fingerprint: "f", Name: "ShopLatencyHigh", StartsAt: time.Now(), Firing: true}
		for range 3 {
			if err := e.Alerts(t.Context(), "R1", []round.Alert{a}); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(strings.Join(m.kinds(), " "), "alert.fired"); n != 1 {
			t.Errorf("%d events for one alert", n)
		}
		wantRefusal(t, e.Alerts(t.Context(), "R9", []round.Alert{a}), "no-round")
	})
}

func TestAFullDiskTouchesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		m.full(errors.New("no space left on device"))
		if _, err := e.Inject(t.Context(), admin, "security-group", ""); err == nil || w.count("inject") != 0 {
			t.Errorf("err %v, injected %d times", err, w.count("inject"))
		}
		m.full(nil)
		if _, err := e.Inject(t.Context(), admin, "security-group", ""); err != nil {
			t.Errorf("after room was made: %v", err)
		}
	})
}
