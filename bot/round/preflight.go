package round

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// lookTime bounds a preflight. A plan of the whole stack is part of one.
const lookTime = 100 * time.Second

// Preflight is what a Scout found.
type Preflight struct {
	Checks []Check
	Cost   Cost // what the stack costs; only who makes it says so
}

// Check is one thing that was looked at.
type Check struct {
	Name  string // account, region, rights, ...
	State CheckState
	Says  string // a sentence for the admin; of what is not well, with how to mend it
}

// CheckState says how a check went.
type CheckState string

// The states of a check. One that fails refuses; one that warns may be confirmed.
const (
	CheckOK    CheckState = "ok"
	CheckWarns CheckState = "warn"
	CheckFails CheckState = "fail"
)

// prospect is a round that was shown to an admin and waits for their word.
type prospect struct {
	ticket
	round  ID // the one that was looked at
	guild  string
	player Person
	stage  string
	cost   Cost
}

// Prepare looks at what a round would need and cost, and makes nothing. Where no
// check fails, the admin's word by the ticket opens the round. What the same
// admin prepares later takes the place of this.
func (e *Engine) Prepare(ctx context.Context, by Caller, player Person, stage string) (Prospect, error) {
	defer e.Seen(ctx, by, "/provision")
	if err := admins(by, "/provision"); err != nil {
		return Prospect{}, err
	}
	if player.ID == "" {
		return Prospect{}, Refuse("no-player", "Say who plays: `/provision player:@somebody`.")
	}
	if stage == "" {
		stage = "classic"
	}
	id, err := e.vacant(by)
	if err != nil {
		return Prospect{}, err
	}
	view := Prospect{Round: id, Player: player, Stage: stage, Lifetime: e.cfg.Lifetime}
	spec := Spec{Round: id, Stage: stage, Expires: e.cfg.Now().UTC().Add(e.cfg.Lifetime), Webhook: e.cfg.Webhook(id)}
	view.Preflight = e.scout(ctx, spec, player)
	if ctx.Err() != nil {
		return Prospect{}, fmt.Errorf("look before a provision: %w", ctx.Err())
	}
	if slices.ContainsFunc(view.Checks, func(c Check) bool { return c.State == CheckFails }) {
		return view, nil
	}
	p := prospect{ticket: newTicket(e.cfg.Now()), round: id, guild: by.Guild, player: player, stage: stage, cost: view.Cost}
	e.mu.Lock()
	e.prospects[by.ID] = &p
	e.mu.Unlock()
	view.Ticket, view.Expires = p.id, p.until
	return view, nil
}

// Provision opens the round that was prepared. It returns when the intent is on
// disk; the stack is made afterwards, and the ledger tells how far it is.
func (e *Engine) Provision(ctx context.Context, by Caller, ticket string) (ID, error) {
	defer e.Seen(ctx, by, "/provision")
	if err := admins(by, "/provision"); err != nil {
		return "", err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.prospects[by.ID]
	if err := p.held().answer(ticket, "/provision", e.cfg.Now()); err != nil {
		return "", err
	}
	if p.guild != by.Guild {
		return "", Refuse("no-offer", "This was for another server. Nothing was built.")
	}
	id, err := e.vacantLocked(by)
	if err != nil {
		return "", err
	}
	if id != p.round {
		return "", Refuse("no-offer", "This was for %s, which was built meanwhile. Nothing was built; `/provision` looks again.", p.round)
	}
	ask := ProvisionAsked{
		Guild: by.Guild, Player: p.player, Stage: p.stage,
		Expires: e.cfg.Now().UTC().Add(e.cfg.Lifetime), Attempt: 1, Cost: p.cost,
	}
	if err := e.recordLocked(ctx, by.Person, id, "", ProvisionRequested, ask); err != nil {
		return "", err
	}
	e.starts <- id
	return id, nil
}

// vacant gives the name of the round that could be opened now.
func (e *Engine) vacant(by Caller) (ID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.vacantLocked(by)
}

func (e *Engine) vacantLocked(by Caller) (ID, error) {
	if r, ok := e.state.Current(by.Guild); ok {
		return "", Refuse("one-round", "%s is open already: %s started it for %s. `/destroy` ends it.", r.ID, r.Admin.Name, r.Player.Name)
	}
	return RoundID(len(e.state.Order) + 1), nil
}

// scout asks all scouts at once.
func (e *Engine) scout(ctx context.Context, spec Spec, player Person) (all Preflight) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	found := make([]Preflight, len(e.cfg.Scouts))
	var looking sync.WaitGroup
	for i, s := range e.cfg.Scouts {
		looking.Go(func() {
			var err error
			if found[i], err = look(ctx, s, spec, player); err != nil {
				found[i].Checks = append(found[i].Checks, e.blind(ctx, spec.Round, err))
			}
		})
	}
	looking.Wait()
	for _, f := range found {
		all.Checks = append(all.Checks, f.Checks...)
		if !all.Cost.Known && (f.Cost.Known || f.Cost.Says != "") {
			all.Cost = f.Cost
		}
	}
	all.Checks = append(all.Checks, all.Cost.check(e.cfg.Ceiling)...)
	return all
}

// look asks one scout. It runs beside the command, where nothing else catches a
// panic, and what a scout reads comes from elsewhere.
func look(ctx context.Context, s Scout, spec Spec, player Person) (found Preflight, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = Preflight{}, fmt.Errorf("a scout panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return s.Look(ctx, spec, player)
}

// blind is the check of a scout that gave an error.
func (e *Engine) blind(ctx context.Context, id ID, err error) Check {
	var no *Refusal
	if errors.As(err, &no) {
		return Check{Name: strings.ReplaceAll(no.Rule, "-", " "), State: CheckFails, Says: no.Say}
	}
	ref := e.trouble(ctx, "look before a provision", err, "round", id)
	return Check{Name: "preflight", State: CheckWarns, Says: fmt.Sprintf("Part of this could not be looked at. Details for the operator: ref %s.", ref)}
}
