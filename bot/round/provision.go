package round

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// provisionTries is how often a provision is tried before the round waits for
// /destroy or the end of its lifetime.
const provisionTries = 3

// spec says what stack a round has.
func (e *Engine) spec(r Round) Spec {
	return Spec{Round: r.ID, Stage: r.Stage, Expires: r.Expires, Webhook: e.cfg.Webhook(r.ID)}
}

// provision makes the stack and the player's user. It is begun again after a
// restart: everything that it calls is idempotent. It ends early when somebody
// asks for the round's end.
func (e *Engine) provision(ctx context.Context, r Round) {
	act, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- e.build(act, r) }()
	look := time.NewTicker(max(e.cfg.Tick, time.Second))
	defer look.Stop()
	for {
		select {
		case <-look.C:
			e.ending(ctx, r.ID, e.cfg.Now()) // an apply that hangs costs money too
		case err := <-done:
			e.provisioned(ctx, r, err)
			return
		case <-e.woken(r.ID):
			if e.snapshot(r.ID).Phase != Provisioning {
				cancel() // and wait: Terraform has to let go of its lock
				<-done
				return
			}
		}
	}
}

// build makes the stack and the player's user at the same time, and gives the
// access away when both are there.
func (e *Engine) build(ctx context.Context, r Round) error {
	var out Outputs
	var access Access
	g, act := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		out, err = e.cfg.Stacks.Provision(act, e.spec(r), e.progress(act, r.ID, ProvisionProgressed))
		return err
	})
	g.Go(func() (err error) {
		access, err = e.makeUser(act, bot, r.ID, Target{Round: r.ID}, r.Player, r.Expires)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if err := e.leads(ctx, &access, out); err != nil {
		return err
	}
	if err := e.given(ctx, access); err != nil {
		return err
	}
	return e.record(ctx, bot, r.ID, "", ProvisionDone, Provisioned{Outputs: out})
}

// provisioned settles a provision that ended, well or not.
func (e *Engine) provisioned(ctx context.Context, r Round, err error) {
	if err == nil || ctx.Err() != nil || e.snapshot(r.ID).Phase != Provisioning {
		return
	}
	f := Failure{
		Attempt: r.Attempt, Of: provisionTries,
		Ref: e.trouble(ctx, "provision failed", err, "round", r.ID, "attempt", r.Attempt),
		Say: "The stack could not be built.",
	}
	no := refusal(err)
	if no != nil {
		f.Say = no.Say
	}
	if no != nil && !no.Passing { // trying again would be refused again
		f.Of = 0
	} else if r.Attempt < provisionTries {
		f.RetryAt = e.cfg.Now().UTC().Add(e.backoff(r.Attempt))
	}
	if err := e.record(ctx, bot, r.ID, "", ProvisionFailed, f); err != nil {
		e.trouble(ctx, "record a failed provision", err, "round", r.ID)
		e.sleep(ctx, r.ID, e.cfg.Retry)
	}
}

// waitStuck waits until the provision may be tried again, the lifetime is over,
// or somebody destroys the round.
func (e *Engine) waitStuck(ctx context.Context, r Round) {
	if r.Failure != nil && !r.Failure.RetryAt.IsZero() {
		if wait := r.Failure.RetryAt.Sub(e.cfg.Now()); wait > 0 {
			e.sleep(ctx, r.ID, wait)
			return
		}
		ask := ProvisionAsked{Guild: r.Guild, Player: r.Player, Stage: r.Stage, Expires: r.Expires, Attempt: r.Attempt + 1, Cost: r.Cost}
		if err := e.record(ctx, bot, r.ID, "", ProvisionRequested, ask); err != nil {
			e.trouble(ctx, "retry a provision", err, "round", r.ID)
			e.sleep(ctx, r.ID, e.cfg.Retry)
		}
		return
	}
	if !e.ending(ctx, r.ID, e.cfg.Now()) {
		e.sleep(ctx, r.ID, e.cfg.Tick)
	}
}

// progress gives a callback that records how far an act is, at most once a
// second, so that a fast act does not flood the ledger.
func (e *Engine) progress(ctx context.Context, id ID, kind Kind) func(Progress) {
	var mu sync.Mutex
	var last time.Time
	return func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		now := e.cfg.Now()
		if !last.IsZero() && now.Sub(last) < time.Second {
			return
		}
		last = now
		if err := e.record(ctx, bot, id, "", kind, p); err != nil {
			e.cfg.Log.DebugContext(ctx, "progress not recorded", "round", id, "error", err)
		}
	}
}
