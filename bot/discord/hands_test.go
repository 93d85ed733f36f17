package discord

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// secretKey must appear in one message, which one person sees.
const secretKey = "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY"

// hands are what the engine does to AWS and measures there.
type hands struct {
	mu     sync.Mutex
	health round.Health

	injecting time.Duration // how long an injection takes
	revealing func()        // called when keys are about to be taken out
}

func newHands() *hands { return &hands{health: round.Good} }

func (h *hands) set(to round.Health) { h.mu.Lock(); h.health = to; h.mu.Unlock() }

func (h *hands) config(log *slog.Logger, book round.Ledger) round.Config {
	return round.Config{
		Now: time.Now, Log: log, Ledger: book, Stacks: h, Identities: h, Pages: h, Faults: h, Prober: h, Trail: h, Catalogue: shelf(),
		Webhook:   func(round.ID) round.Webhook { return round.Webhook{} },
		PageBound: func(onset time.Duration) time.Duration { return onset + 28*time.Second },
		Pick:      func(n int) int { return n - 1 }, Tick: time.Second, Settle: 5 * time.Second,
		Lifetime: 4 * time.Hour, Retry: 2 * time.Second,
	}
}

func (h *hands) Login(context.Context, round.ID) (round.Login, error) { return round.Login{}, nil }

func (h *hands) Provision(ctx context.Context, _ round.Spec, p func(round.Progress)) (round.Outputs, error) {
	for i := range 4 {
		p(round.Progress{Phase: "network", Done: i * 10, Total: 40})
		if err := sleep(ctx, time.Second); err != nil {
			return round.Outputs{}, err
		}
	}
	return round.Outputs{Shop: "http://10.0.0.9/"}, nil
}

func (h *hands) Destroy(context.Context, round.Spec, func(round.Progress)) (round.Destroyed, error) {
	return round.Destroyed{Removed: 40}, nil
}

func (h *hands) Extend(context.Context, round.Spec) error { return nil }

func (h *hands) Issue(context.Context, round.CredentialsAsked, round.Target, time.Time) (round.Access, error) {
	return round.Access{AccessKeyID: round.NewSecret("AKIAIOSFODNN7EXAMPLE"), SecretAccessKey: round.NewSecret(secretKey), Region: "us-east-1"}, nil
}

func (h *hands) Revoke(context.Context, string) error { return nil }

func (h *hands) UserName(round.ID, round.Role, round.Person) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.revealing != nil {
		h.revealing()
	}
	return "r1-player-ana"
}

func (h *hands) Plan(context.Context, round.Target, round.Fault) (round.Plan, error) {
	return round.Plan{Receipt: json.RawMessage(`{}`), Blast: "One box."}, nil
}

func (h *hands) Inject(ctx context.Context, _ round.Target, _ round.Fault, _ json.RawMessage) error {
	if err := sleep(ctx, h.injecting); err != nil {
		return err
	}
	h.set(round.Bad)
	return nil
}

func (h *hands) Rollback(context.Context, round.Target, round.Fault, json.RawMessage) error {
	h.set(round.Good)
	return nil
}

func (h *hands) Probe(_ context.Context, _ round.Target, probes []round.Probe) (all []round.Reading) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range probes {
		all = append(all, round.Reading{Probe: p.Name, Health: h.health, Say: "every order fails"})
	}
	return all
}

func (h *hands) Follow(ctx context.Context, _ round.Target, _ func(context.Context, round.Call) error) error {
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

// shelf is one scenario that comes in two ways. No word of it may be read before
// the end.
func shelf() catalogue {
	variant := func(name, was string) round.Variant {
		return round.Variant{Name: name, Says: "The zebra is " + name + ".", Fault: round.Fault{Kind: "zebra-" + name},
			Hints: []string{"what do failing orders wait for?", "which of the two answers?", "look at it itself."},
			Debrief: round.Debrief{Was: was, Why: "Animals run.",
				Fixes: []round.Move{{Name: "catch", Says: "Catch it."}}, Wrong: []round.Move{{Name: "wait", Says: "Wait for it."}}}}
	}
	return catalogue{{
		ID: "zebra-crash", Title: "the zebra is gone", Briefing: "Nobody in the shop answers.", Does: "Takes the zebra away.", Hypothesis: "Somebody misses the zebra.", Stages: []string{"classic"},
		Expect: []string{errorRatio}, Steady: []round.Probe{{Name: "orders"}},
		Onset: 3 * time.Second, Hold: 30 * time.Second, Limit: 15 * time.Minute,
		Variants: []round.Variant{variant("asleep", "a zebra that fell asleep"), variant("lost", "a zebra that ran away")},
	}}
}
