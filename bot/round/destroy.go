package round

import (
	"context"
	"errors"
	"fmt"
)

var errLeft = errors.New("something is left")

// rollbackTries is how often a destroy tries to roll an open incident back
// before it removes the stack with the fault in it.
const rollbackTries = 3

// destroy ends what is open, ends the users, and removes the stack. It is tried
// for ever: a stack that is left costs money.
func (e *Engine) destroy(ctx context.Context, r Round) {
	if e.busy(r.ID) {
		e.sleep(ctx, r.ID, e.cfg.Tick) // a command's act ends first
		return
	}
	if in := r.Open; in != nil {
		e.endInside(ctx, r, in)
		if now := e.snapshot(r.ID).Open; now != nil && now.Phase == in.Phase && now.Attempt == in.Attempt {
			e.pause(ctx, e.cfg.Retry) // it could not be recorded: a full disk must not make us spin
		}
		return
	}
	result, err := e.remove(ctx, r)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		if err = e.record(ctx, bot, r.ID, "", DestroyDone, result); err == nil {
			return
		}
	}
	e.destroyFailed(ctx, r, err)
}

func (e *Engine) remove(ctx context.Context, r Round) (Destroyed, error) {
	if err := e.revokeAll(ctx, r.ID); err != nil {
		return Destroyed{}, err
	}
	result, err := e.cfg.Stacks.Destroy(ctx, e.spec(r), e.progress(ctx, r.ID, DestroyProgressed))
	if err != nil {
		return result, err
	}
	if result.Left > 0 {
		return result, fmt.Errorf("%w: %d, %v", errLeft, result.Left, result.What)
	}
	return result, nil
}

// endInside ends an incident inside a round that is being destroyed.
func (e *Engine) endInside(ctx context.Context, r Round, in *Incident) {
	switch {
	case in.Phase != RollingBack:
		e.end(ctx, r, Ending{Outcome: Aborted, Say: "The round was ended.", Attempt: 1})
	case in.Attempt > rollbackTries:
		end := in.Ending
		end.Say = "The fault could not be rolled back; it goes with the stack."
		e.note(ctx, r, fact{RollbackDone, end})
	default:
		e.rollback(ctx, r)
	}
}

func (e *Engine) destroyFailed(ctx context.Context, r Round, err error) {
	wait := e.backoff(r.Attempt)
	f := Failure{
		Attempt: r.Attempt, Say: "The stack could not be removed completely.",
		Ref:     e.trouble(ctx, "destroy failed", err, "round", r.ID, "attempt", r.Attempt),
		RetryAt: e.cfg.Now().UTC().Add(wait),
	}
	if no := refusal(err); no != nil {
		f.Say = no.Say
	}
	if err := e.record(ctx, bot, r.ID, "", DestroyFailed, f); err != nil {
		e.trouble(ctx, "record a failed destroy", err, "round", r.ID)
	}
	e.pause(ctx, wait)
	if ctx.Err() != nil {
		return
	}
	again := DestroyAsked{Why: r.Destroy.Why, Attempt: r.Attempt + 1}
	if err := e.record(ctx, bot, r.ID, "", DestroyRequested, again); err != nil {
		e.trouble(ctx, "retry a destroy", err, "round", r.ID)
	}
}
