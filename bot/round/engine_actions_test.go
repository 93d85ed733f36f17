package round_test

import (
	"context"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// command is what a person may type, and the rule that should refuse it: none,
// or one that the model cannot know, spelt "?".
type command struct {
	what string
	rule func(by round.Caller, r *plainRound) string
	do   func(ctx context.Context, by round.Caller) error
}

func (m *machine) commandList() []command {
	inside := func(more func(r *plainRound) string) func(round.Caller, *plainRound) string {
		return func(by round.Caller, r *plainRound) string {
			switch {
			case r == nil:
				return "no-round"
			case by.ID == viewer.ID:
				return "role"
			case r.Open == nil || r.Open.Phase != round.Active:
				return "no-incident"
			}
			return more(r)
		}
	}
	paged := func(r *plainRound) string {
		if r.Open.Alerted.IsZero() {
			return "no-page"
		}
		return ""
	}
	inject := func(scenario string) func(context.Context, round.Caller) error {
		return func(ctx context.Context, by round.Caller) error {
			_, err := offered(ctx, m.engine, by, scenario)
			return err
		}
	}
	allowed := func(*plainRound) string { return "" }
	return []command{
		{"/inject", m.injectRule, inject("security-group")},
		{"/ack", inside(func(r *plainRound) string {
			if !r.Open.Acked.IsZero() {
				return "acknowledged"
			}
			return paged(r)
		}), func(ctx context.Context, by round.Caller) error { _, err := m.engine.Acknowledge(ctx, by); return err }},
		{"/hint", inside(func(r *plainRound) string {
			switch {
			case r.Open.Hints == 2:
				return "no-hints"
			case r.Open.Hints > 0 && time.Since(r.Open.Hinted) < 5*time.Second: // pressed twice
				return "hint-pause"
			}
			return paged(r)
		}), func(ctx context.Context, by round.Caller) error { _, _, err := m.engine.Hint(ctx, by); return err }},
		{"/note", inside(allowed), func(ctx context.Context, by round.Caller) error {
			_, err := m.engine.Note(ctx, by, "it is slow")
			return err
		}},
		{"/resolve", inside(allowed), func(ctx context.Context, by round.Caller) error {
			_, _, err := m.engine.Resolve(ctx, by)
			return err
		}},
		{"/abort", adminsOnly(func(r *plainRound) string {
			switch {
			case r == nil:
				return "no-round"
			case r.Open == nil:
				return "no-incident"
			case r.Open.Phase == round.RollingBack:
				return "ending"
			}
			return ""
		}), func(ctx context.Context, by round.Caller) error {
			_, err := m.engine.Abort(ctx, by, "enough")
			return err
		}},
		{"/inject surprise", m.injectRule, inject("surprise")},
		{"/provision", adminsOnly(func(r *plainRound) string {
			if r != nil {
				return "one-round"
			}
			return ""
		}), func(ctx context.Context, by round.Caller) error {
			_, err := opened(ctx, m.engine, by, ana.Person, "")
			return err
		}},
		{"/credentials", m.revealRule, func(ctx context.Context, by round.Caller) error {
			_, err := m.engine.Reveal(ctx, by)
			return err
		}},
		{"/credentials new", m.reissueRule, func(ctx context.Context, by round.Caller) error {
			_, err := m.engine.Reissue(ctx, by)
			return err
		}},
		{"/extend", adminsOnly(func(r *plainRound) string {
			switch {
			case r == nil:
				return "no-round"
			case r.Phase == round.Destroying:
				return "destroying"
			case !r.Expires.Before(r.Opened.Add(8 * time.Hour)):
				return "longest"
			}
			return ""
		}), func(ctx context.Context, by round.Caller) error { _, _, err := m.engine.Extend(ctx, by); return err }},
		{"/status", func(round.Caller, *plainRound) string { return "" }, func(ctx context.Context, by round.Caller) error {
			_, err := m.engine.Status(ctx, by)
			return err
		}},
		{"/destroy", adminsOnly(func(r *plainRound) string {
			switch {
			case r == nil:
				return "no-round"
			case r.Phase == round.Destroying:
				return "destroying"
			}
			return ""
		}), func(ctx context.Context, by round.Caller) error { _, err := closed(ctx, m.engine, by); return err }},
	}
}

func adminsOnly(more func(*plainRound) string) func(round.Caller, *plainRound) string {
	return func(by round.Caller, r *plainRound) string {
		if by.ID != admin.ID {
			return "role"
		}
		return more(r)
	}
}

// current is the round that is open.
func (p *planet) current() *plainRound {
	for _, r := range p.model.Rounds {
		if r.Phase != round.Closed {
			return r
		}
	}
	return nil
}

func notReadyRule(r *plainRound) string {
	switch r.Phase {
	case round.Ready:
		return ""
	case round.Provisioning:
		return "not-ready"
	case round.Stuck:
		return "stuck"
	}
	return "destroying"
}

func (m *machine) injectRule(by round.Caller, r *plainRound) string {
	switch {
	case by.ID != admin.ID:
		return "role"
	case r == nil:
		return "no-round"
	case r.Phase != round.Ready:
		return notReadyRule(r)
	case r.Open != nil:
		return "one-incident"
	case m.fails["plan"]: // which is shown before anything is measured
		return "no-target"
	case m.healthOf(m.model.Order[len(m.model.Order)-1]) != round.Good:
		return "not-green" // which may take time to say
	}
	return ""
}

func (m *machine) reissueRule(by round.Caller, r *plainRound) string {
	switch {
	case r == nil:
		return "no-round"
	case by.ID == viewer.ID:
		return "not-yours"
	case r.Phase != round.Ready:
		return notReadyRule(r)
	}
	return "?" // keys may be being made
}

func (m *machine) revealRule(by round.Caller, r *plainRound) string {
	switch {
	case r == nil:
		return "no-round"
	case by.ID != ana.ID:
		return "not-yours"
	case r.Phase != round.Ready:
		return notReadyRule(r)
	}
	return "?" // whether there is something to show is in the engine's memory alone
}
