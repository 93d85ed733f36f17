package round_test

import (
	"maps"
	"slices"

	"github.com/chaotic-good/scenarios/bot/round"
)

// told gives an event's data; a model that is told legal events has no errors.
func told[T any](e round.Event) (d T) {
	if err := e.Into(&d); err != nil {
		panic(err)
	}
	return d
}

// take folds a legal event in.
func (p *plain) take(e round.Event) {
	r := p.Rounds[e.Round]
	if r == nil {
		r = &plainRound{Admin: e.Actor, Opened: e.At, Users: map[string]plainUser{}, Firing: map[string]bool{}, Calls: map[string]bool{}}
		p.Rounds[e.Round] = r
		p.Order = append(p.Order, e.Round)
	}
	if e.Actor.ID != "bot" {
		r.Active = e.At
	}
	switch {
	case e.Incident == "":
		r.take(e)
	case e.Kind == round.FaultRequested:
		d := told[round.FaultAsked](e)
		r.Open = &plainIncident{ID: e.Incident, Phase: round.Injecting, By: e.Actor, Requested: e.At, Scenario: d.Scenario, Expect: d.Expect}
		p.begun[e.Incident] = true
		p.Incidents++
	default:
		r.takeInside(e, r.Open)
	}
}

func (r *plainRound) take(e round.Event) {
	switch e.Kind {
	case round.ProvisionRequested:
		d := told[round.ProvisionAsked](e)
		r.Phase, r.Guild, r.Stage, r.Player, r.Expires, r.Attempt = round.Provisioning, d.Guild, d.Stage, d.Player, d.Expires, d.Attempt
		r.Failed, r.Progressed, r.PerHour = false, false, d.Cost.PerHour
	case round.ProvisionProgressed, round.DestroyProgressed:
		r.Progressed = true
		if p := told[round.Progress](e); p.PerHour != 0 {
			r.PerHour = p.PerHour
		}
	case round.ProvisionFailed:
		r.Phase, r.Failed, r.Attempt = round.Stuck, true, told[round.Failure](e).Attempt
	case round.ProvisionDone:
		r.Phase, r.Failed, r.Progressed, r.Made = round.Ready, false, false, e.At
		r.Shop = told[round.Provisioned](e).Outputs.Shop
		for name, u := range r.Users { // from now on somebody could look at the keys
			u.Since = e.At
			r.Users[name] = u
		}
	case round.CredentialsRequested, round.CredentialsIssued, round.CredentialsRevealed, round.CredentialsRevoked, round.CredentialsExpired:
		r.takeKeys(e)
	case round.LifetimeWarned:
		if d := told[round.Warning](e); d.Why == "idle" {
			r.IdleWarned = e.At
		} else {
			r.Warned = d.Left
		}
	case round.LifetimeExtended:
		r.Expires, r.Warned, r.Unwritten = told[round.Extension](e).Expires, 0, true
	case round.LifetimeWritten:
		r.Unwritten = r.Unwritten && !told[round.Extension](e).Expires.Equal(r.Expires)
	case round.AlertFired, round.AlertResolved:
		r.Firing[told[round.Alert](e).Fingerprint] = e.Kind == round.AlertFired
	case round.CallObserved:
		r.Calls[told[round.Call](e).EventID] = true
	case round.DestroyRequested:
		d := told[round.DestroyAsked](e)
		if d.Attempt == 1 {
			r.Ender = e.Actor
		}
		r.Phase, r.Why, r.Attempt, r.Failed, r.Progressed = round.Destroying, d.Why, d.Attempt, false, false
	case round.DestroyFailed:
		r.Failed, r.Attempt = true, told[round.Failure](e).Attempt
	case round.DestroyDone:
		r.Phase, r.Ended, r.Left = round.Closed, e.At, told[round.Destroyed](e).Left
	}
}

func (r *plainRound) takeKeys(e round.Event) {
	if e.Kind == round.CredentialsRequested {
		d := told[round.CredentialsAsked](e)
		old, since := r.Users[d.User], e.At
		if lost := e.Actor.ID == "bot" && !old.Revealed && !old.Revoked && !old.Since.IsZero(); lost {
			since = old.Since // keys that a restart lost are no younger for it
		}
		r.Users[d.User] = plainUser{Person: d.Person, Since: since}
		return
	}
	d := told[round.CredentialsGiven](e)
	u, known := r.Users[d.User]
	if !known {
		u.Person = d.Person
	}
	switch e.Kind {
	case round.CredentialsIssued:
		u.Issued, u.Revealed, u.Revoked, u.Expired = true, false, false, false
		r.Unwritten = r.Unwritten || !d.Expires.IsZero() && d.Expires.Before(r.Expires)
	case round.CredentialsRevealed:
		u.Revealed = true
	case round.CredentialsExpired:
		u.Revoked, u.Expired = true, true
	default:
		u.Revoked = true
	}
	r.Users[d.User] = u
}

func (r *plainRound) takeInside(e round.Event, in *plainIncident) {
	switch e.Kind {
	case round.FaultInjected:
		in.Phase, in.Injected = round.Active, e.At
	case round.OnsetObserved:
		in.Onset = told[round.Onset](e).At
	case round.AlertFired, round.AlertResolved:
		d := told[round.Alert](e)
		r.Firing[d.Fingerprint] = d.Firing
		if d.Firing && in.Alerted.IsZero() {
			in.Alerted = e.At
		}
		// Only an alert that the fault was to raise, and that began after it, is the page.
		if d.Firing && in.Paged.IsZero() && slices.Contains(in.Expect, d.Name) && !d.StartsAt.Before(in.Requested) {
			in.Paged = e.At
		}
	case round.CallObserved:
		r.Calls[told[round.Call](e).EventID] = true
	case round.PageRepeated:
		in.Repeats = told[round.Repeat](e).N
	case round.Acknowledged:
		in.Acked, in.AckedBy = e.At, e.Actor
	case round.HintTaken:
		in.Hints, in.Hinted = in.Hints+1, e.At
	case round.RecoveryObserved:
		in.Good = told[round.Recovery](e).At
	case round.RecoveryLost:
		in.Good = in.Ended // none
	case round.RollbackRequested, round.RollbackDone:
		d := told[round.Ending](e)
		in.Phase, in.Outcome, in.Say, in.Attempt = round.RollingBack, d.Outcome, d.Say, d.Attempt
		if e.Kind == round.RollbackDone {
			in.Phase, in.Ended = round.Ended, e.At
			r.Open, r.Past = nil, append(r.Past, *in)
		}
	}
}

func (r *plainRound) clone() *plainRound {
	c := *r
	c.Users, c.Firing, c.Calls, c.Past = maps.Clone(r.Users), maps.Clone(r.Firing), maps.Clone(r.Calls), slices.Clone(r.Past)
	if r.Open != nil {
		in := *r.Open
		c.Open = &in
	}
	return &c
}

// picture shows a state as the model would.
func picture(s *round.State) *plain {
	p := newPlain()
	p.Order, p.Incidents = slices.Clone(s.Order), s.Incidents
	for id, r := range s.Rounds {
		c := &plainRound{
			Phase: r.Phase, Guild: r.Guild, Stage: r.Stage, Player: r.Player, Admin: r.Admin, Ender: r.Ender,
			Opened: r.Opened, Expires: r.Expires, Made: r.Made, Ended: r.Ended, Active: r.Active, IdleWarned: r.IdleWarned,
			Warned: r.Warned, Attempt: r.Attempt, Shop: r.Outputs.Shop, Why: r.Destroy.Why, Failed: r.Failure != nil,
			Unwritten: r.Unwritten, Progressed: r.Progress != nil, PerHour: r.Cost.PerHour, Left: r.Result.Left, Users: map[string]plainUser{}, Firing: map[string]bool{}, Calls: maps.Clone(r.Calls),
		}
		for name, u := range r.Users {
			c.Users[name] = plainUser{u.Person, u.Issued, u.Revealed, u.Revoked, u.Expired, u.Since}
		}
		for fingerprint, a := range r.Alerts {
			c.Firing[fingerprint] = a.Firing
		}
		if r.Open != nil {
			in := pictureOf(r.Open)
			c.Open = &in
		}
		for _, in := range r.Past {
			c.Past = append(c.Past, pictureOf(in))
		}
		p.Rounds[id] = c
	}
	return p
}

func pictureOf(in *round.Incident) plainIncident {
	return plainIncident{
		ID: in.ID, Phase: in.Phase, By: in.By, AckedBy: in.AckedBy, Scenario: in.Asked.Scenario, Expect: in.Asked.Expect,
		Requested: in.Requested, Injected: in.Injected, Onset: in.Onset, Alerted: in.Alerted, Paged: in.Paged, Acked: in.Acked,
		Good: in.Good, Ended: in.Ended, Hints: in.Hints, Hinted: in.Hinted, Repeats: in.Repeats, Attempt: in.Attempt,
		Outcome: in.Ending.Outcome, Say: in.Ending.Say,
	}
}
