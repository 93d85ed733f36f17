package round

import (
	"context"
	"time"
)

const (
	idleLimit   = 60 * time.Minute // when Config.Idle is zero
	idleWarning = 10 * time.Minute // before the end of an idle round
	seenEvery   = 5 * time.Minute  // between two events that say only that somebody is there
	whyIdle     = "idle"           // Warning.Why and DestroyAsked.Why
)

// idle warns of, and brings about, the end of a round in which nobody does
// anything: what it runs costs money. An open incident has a limit of its own.
// Nobody's round ends unwarned, also when the bot was away at the time of the
// warning. Called with mu held.
func (e *Engine) idle(ctx context.Context, r *Round, now time.Time) bool {
	if (r.Phase != Ready && r.Phase != Stuck) || r.Open != nil || e.acting[r.ID] > 0 {
		return false
	}
	limit := e.cfg.Idle
	if limit <= 0 {
		limit = idleLimit
	}
	since := r.quiet()
	end, warn := since.Add(limit), limit > idleWarning
	if warn && r.IdleWarned.Before(since) {
		if end.Sub(now) > idleWarning {
			return false
		}
		if err := e.recordLocked(ctx, bot, r.ID, "", LifetimeWarned, Warning{Left: idleWarning, Why: whyIdle}); err != nil {
			e.trouble(ctx, "warn of an idle round's end", err, "round", r.ID)
		}
		return false
	}
	if warned := r.IdleWarned.Add(idleWarning); warn && warned.After(end) {
		end = warned
	}
	if now.Before(end) {
		return false
	}
	if err := e.endRound(ctx, bot, r, whyIdle); err != nil {
		e.trouble(ctx, "end an idle round", err, "round", r.ID)
		return false
	}
	return true
}

// quiet is when the round last had something going on: a person's doing, the
// making of its stack, or an incident.
func (r *Round) quiet() time.Time {
	since := r.Active
	if r.Made.After(since) {
		since = r.Made
	}
	if n := len(r.Past); n > 0 && r.Past[n-1].Ended.After(since) {
		since = r.Past[n-1].Ended
	}
	return since
}

// active folds in that a person did something.
func (r *Round) active(e Event) {
	if e.Actor.ID != bot.ID && e.At.After(r.Active) {
		r.Active = e.At
	}
}

// Seen notes that somebody used a command, also one that was refused or only
// read: the round is not idle. Most commands leave an event that says so, hence
// this one is rare. It is never an error of the command.
func (e *Engine) Seen(ctx context.Context, by Caller, command string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, ok := e.state.Current(by.Guild)
	if !ok || r.Phase == Destroying || e.cfg.Now().Sub(r.Active) <= seenEvery {
		return
	}
	if err := e.recordLocked(ctx, by.Person, r.ID, "", ActivitySeen, Activity{Command: command}); err != nil {
		e.trouble(ctx, "note that somebody is there", err, "round", r.ID)
	}
}
