package round_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

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
	ID: "security-group", Title: "A rule goes missing", Does: "Takes a rule away.", Hypothesis: "Somebody finds it.", Stages: []string{"classic"},
	Fault: round.Fault{Kind: "ingress-revoke"}, Expect: []string{"ShopErrorRatioHigh"},
	Steady: []round.Probe{{Name: "orders"}}, Hints: []string{"one", "two: chaotic-<round>/key, /chaotic-good/<round>/releases"},
	Onset: 3 * time.Second, Hold: 8 * time.Second, Limit: time.Minute,
}}

var (
	admin  = round.Caller{Person: round.Person{ID: "1", Name: "gamemaster"}, Guild: "g", Roles: []round.Role{round.Admin}}
	ana    = round.Caller{Person: round.Person{ID: "2", Name: "ana"}, Guild: "g", Roles: []round.Role{round.Player}}
	viewer = round.Caller{Person: round.Person{ID: "3", Name: "vic"}, Guild: "g"}
)

func config(m *memory, w *world) round.Config {
	return round.Config{
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Ledger: m, Stacks: w, Identities: w, Pages: w, Faults: w, Prober: w,
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
	if _, err := opened(t.Context(), e, admin, ana.Person, ""); err != nil {
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
