package round

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// NoRoundOpen is what is said where a round would have to be open.
const NoRoundOpen = "No round is open. An admin opens one with `/provision`."

// current gives the guild's open round. Called with mu held.
func (e *Engine) current(by Caller) (*Round, error) {
	r, ok := e.state.Current(by.Guild)
	if !ok {
		return nil, Refuse("no-round", NoRoundOpen)
	}
	return r, nil
}

// notReady says why a round that is not ready cannot do what was asked.
func (e *Engine) notReady(r *Round) error {
	switch r.Phase {
	case Provisioning:
		how := "still being built"
		if p := r.Progress; p != nil && p.Total > 0 {
			how = fmt.Sprintf("still being built (%d of %d)", p.Done, p.Total)
		}
		return Refuse("not-ready", "%s is %s. This works when it is ready.", r.ID, how)
	case Stuck:
		return Refuse("stuck", "%s could not be built. `/destroy` removes what there is of it.", r.ID)
	case Destroying:
		return Refuse("destroying", "%s is being destroyed.", r.ID)
	default:
		return Refuse("no-round", "%s is over.", r.ID)
	}
}

func admins(by Caller, what string) error {
	if by.Is(Admin) {
		return nil
	}
	return Refuse("role", "You are not an admin here, so `%s` is not yours to run.", what)
}

// onCall refuses everybody but the round's player and admins.
func onCall(r *Round, by Caller, what string) error {
	if r.Player.ID == by.ID || by.Is(Admin) {
		return nil
	}
	return Refuse("role", "`%s` is for %s, who is on call in %s.", what, r.Player.Name, r.ID)
}

// Destroy asks for the end of the open round. Where an incident is open in it,
// nothing is done: the answer names the incident, and DestroyRound is the word
// that ends it too.
func (e *Engine) Destroy(ctx context.Context, by Caller) (Closing, error) {
	defer e.Seen(ctx, by, "/destroy")
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.closable(by)
	if err != nil {
		return Closing{}, err
	}
	if in := r.goingOn(); in != nil {
		return Closing{Round: r.ID, Incident: in.ID, Open: e.cfg.Now().Sub(in.Requested)}, nil
	}
	return Closing{Round: r.ID}, e.endRound(ctx, by.Person, r, "command")
}

// DestroyRound ends the round that was named and no later one, with the incident
// that was named, if it is still open, and no other one.
func (e *Engine) DestroyRound(ctx context.Context, by Caller, id ID, inside IncidentID) (ID, error) {
	defer e.Seen(ctx, by, "/destroy")
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.closable(by)
	if err != nil {
		return "", err
	}
	if r.ID != id {
		return "", Refuse("another-round", "This was for %s, which is over. `/destroy` ends %s.", clean(string(id)), r.ID)
	}
	if in := r.goingOn(); in != nil && in.ID != inside {
		return "", Refuse("another-incident", "%s has begun in %s since this was shown. `/destroy` asks again.", in.ID, r.ID)
	}
	return r.ID, e.endRound(ctx, by.Person, r, "command")
}

// closable gives the round that an admin may end. Called with mu held.
func (e *Engine) closable(by Caller) (*Round, error) {
	if err := admins(by, "/destroy"); err != nil {
		return nil, err
	}
	r, err := e.current(by)
	if err != nil {
		return nil, err
	}
	if r.Phase == Destroying {
		return nil, Refuse("destroying", "%s is being destroyed already: %s asked for it.", r.ID, r.Ender.Name)
	}
	return r, nil
}

// goingOn gives the open incident whose end has not begun, or nil.
func (r *Round) goingOn() *Incident {
	if r.Open == nil || r.Open.Phase == RollingBack {
		return nil
	}
	return r.Open
}

// endRound aborts the open incident and asks for the stack's removal. Called
// with mu held.
func (e *Engine) endRound(ctx context.Context, by Person, r *Round, why string) error {
	if in := r.goingOn(); in != nil {
		end := Ending{Outcome: Aborted, Say: "The round was ended.", Attempt: 1}
		if err := e.recordLocked(ctx, by, r.ID, in.ID, RollbackRequested, end); err != nil {
			return err
		}
	}
	return e.recordLocked(ctx, by, r.ID, "", DestroyRequested, DestroyAsked{Why: why, Attempt: 1})
}

// Status tells how the round is. It measures the steady state of a round that
// is ready.
func (e *Engine) Status(ctx context.Context, by Caller) (Status, error) {
	defer e.Seen(ctx, by, "/status")
	e.mu.Lock()
	r, ok := e.state.Current(by.Guild)
	if !ok {
		e.mu.Unlock()
		return Status{}, nil
	}
	s := Status{
		Open: true, Round: r.ID, Phase: r.Phase, Player: r.Player, Stage: r.Stage, Expires: r.Expires,
		Outputs: r.Outputs, Progress: r.Progress, Failure: r.Failure,
		Cost: r.Cost, Spent: r.Cost.Of(e.cfg.Now().Sub(r.Opened)),
	}
	if in := r.Open; in != nil {
		s.Incident = &IncidentStatus{
			ID: in.ID, Phase: in.Phase, Since: in.Requested, Acknowledged: !in.Acked.IsZero(),
			Hints: in.Hints, Limit: in.Asked.Limit,
		}
		if in.Phase == Active && !in.Good.IsZero() {
			s.Incident.Held, s.Incident.Hold = min(max(e.cfg.Now().Sub(in.Good), 0), in.Asked.Hold), in.Asked.Hold
		}
		if by.Is(Admin) && !in.Asked.Surprise && in.By.ID == by.ID {
			s.Incident.Title = in.Asked.Title
		}
		for _, a := range r.Alerts {
			if a.Firing {
				s.Incident.Alerts = append(s.Incident.Alerts, a)
			}
		}
		slices.SortFunc(s.Incident.Alerts, func(a, b Alert) int { return a.StartsAt.Compare(b.StartsAt) })
	}
	e.mu.Unlock()
	if s.Phase == Ready {
		s.Readings = e.cfg.Prober.Probe(ctx, Target{Round: s.Round, Outputs: s.Outputs}, e.steady(s.Stage))
	}
	return s, nil
}

// steady is the union of what the catalogue's scenarios call healthy, of those
// that fit the stage: what it has not cannot be well.
func (e *Engine) steady(stage string) []Probe {
	var all []Probe
	seen := map[string]bool{}
	for _, s := range e.cfg.Catalogue.All() {
		if !s.fits(stage) {
			continue
		}
		for _, p := range s.Steady {
			if !seen[p.Name] {
				seen[p.Name] = true
				all = append(all, p)
			}
		}
	}
	return all
}

// Scenarios lists the catalogue, for admins.
func (e *Engine) Scenarios(ctx context.Context, by Caller) ([]Scenario, error) {
	defer e.Seen(ctx, by, "/scenarios")
	if err := admins(by, "/scenarios"); err != nil {
		return nil, err
	}
	return e.cfg.Catalogue.All(), nil
}

func (e *Engine) scenarioNames() string {
	var names []string
	for _, s := range e.cfg.Catalogue.All() {
		names = append(names, "`"+s.ID+"`")
	}
	return strings.Join(append(names, "`surprise`"), ", ")
}
