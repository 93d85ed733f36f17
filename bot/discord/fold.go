package discord

import (
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// fold takes one event into the view and says what is to be done about it. An
// event that it cannot read is an error, and changes nothing.
func (v *view) fold(e round.Event) ([]step, error) {
	if e.Kind == round.ProvisionRequested && v.rounds[e.Round] == nil {
		r := &roundView{id: e.Round, admin: e.Actor, began: e.At}
		r.card = &card{key: "card:" + string(e.Round), place: place{channel: operations}, draw: r.drawProgress}
		v.rounds[e.Round], v.last = r, r
	}
	r := v.rounds[e.Round]
	if r == nil {
		return nil, fmt.Errorf("event %d (%s) is of %s, which never began", e.Seq, e.Kind, e.Round)
	}
	if e.Kind == round.AlertFired || e.Kind == round.AlertResolved {
		return r.foldAlert(e)
	}
	if e.Incident != "" {
		return r.foldIncident(e)
	}
	return r.foldRound(e)
}

// decode reads an event's data of a type.
func decode[T any](e round.Event) (T, error) {
	var d T
	err := e.Into(&d)
	return d, err
}

func (r *roundView) foldRound(e round.Event) ([]step, error) {
	mine := []step{{slot: "c", card: r.card}}
	if r.start != nil {
		mine = append(mine, step{slot: "s", card: r.start})
	}
	switch e.Kind {
	case round.ProvisionRequested:
		d, err := decode[round.ProvisionAsked](e)
		if err != nil {
			return nil, err
		}
		r.phase, r.player, r.stage, r.expires = round.Provisioning, d.Player, d.Stage, d.Expires
		r.progress, r.until, r.failure, r.cost = round.Progress{}, time.Time{}, nil, d.Cost
		return mine, nil
	case round.ProvisionProgressed, round.DestroyProgressed:
		d, err := decode[round.Progress](e)
		if err != nil {
			return nil, err
		}
		r.progress, r.cost = d, r.cost.Now(d)
		r.expect(d.Until)
		return append(mine, r.announce(e)...), nil
	case round.ProvisionFailed, round.DestroyFailed:
		d, err := decode[round.Failure](e)
		if err != nil {
			return nil, err
		}
		news := !r.troubled || r.failed != d.Say
		r.failure, r.troubled, r.failed = &d, true, d.Say
		if e.Kind == round.ProvisionFailed {
			r.phase = round.Stuck
		}
		if news || d.RetryAt.IsZero() { // an edit notifies nobody
			page := r.sayStuck()
			page.text, page.ping = mention(r.admin)+" "+page.text, []string{r.admin.ID}
			mine = append(mine, step{slot: "f", line: page, place: place{channel: operations}})
		}
		return mine, nil
	case round.ProvisionDone:
		r.phase, r.ready, r.failure, r.troubled = round.Ready, e.At, nil, false
		return mine, nil
	case round.DestroyRequested:
		d, err := decode[round.DestroyAsked](e)
		if d.Attempt < 2 {
			r.troubled, r.ending = false, e.At
		}
		r.phase, r.why, r.progress, r.until, r.failure = round.Destroying, d.Why, round.Progress{}, time.Time{}, nil
		return mine, err
	case round.DestroyDone:
		d, err := decode[round.Destroyed](e)
		if err != nil {
			return nil, err
		}
		r.phase, r.closed, r.destroyed, r.failure = round.Closed, e.At, d, nil
		for _, a := range r.access {
			mine = append(mine, step{slot: "d", card: a.card})
		}
		for _, a := range r.alerts {
			mine = append(mine, step{slot: "d", card: a.card})
		}
		return append(mine,
			step{slot: "o", line: r.sayDestroyed(), place: place{channel: operations}},
			step{slot: "a", line: r.sayOver(), place: place{channel: alerts}}), nil
	case round.LifetimeWarned:
		d, err := decode[round.Warning](e)
		if err != nil {
			return nil, err
		}
		return []step{
			{slot: "o", line: r.sayLeft(d), place: place{channel: operations}},
			{slot: "a", line: r.sayLeft(d), place: place{channel: alerts}}}, nil
	case round.LifetimeExtended:
		d, err := decode[round.Extension](e)
		if err != nil {
			return nil, err
		}
		r.expires = d.Expires
		for _, a := range r.access { // the keys work as long as the round does
			if a.state == round.CredentialsIssued || a.state == round.CredentialsRevealed {
				mine = append(mine, step{slot: "d", card: a.card})
			}
		}
		return append(mine, step{slot: "o", line: r.sayExtended(d), place: place{channel: operations}}), nil
	case round.CredentialsIssued, round.CredentialsRevealed, round.CredentialsRevoked, round.CredentialsExpired:
		return r.foldAccess(e)
	}
	return nil, nil // nothing that people are told
}

func (r *roundView) foldAccess(e round.Event) ([]step, error) {
	d, err := decode[round.CredentialsGiven](e)
	if err != nil {
		return nil, err
	}
	var steps []step
	for _, a := range r.access {
		if a.given.User == d.User && a.state != round.CredentialsRevoked && a.state != round.CredentialsExpired {
			a.state = e.Kind
			if e.Kind == round.CredentialsIssued { // the new keys have a message of their own
				a.state = round.CredentialsRevoked
			}
			steps = append(steps, step{slot: "r", card: a.card})
		}
	}
	if e.Kind != round.CredentialsIssued || d.Person.ID == "" {
		return steps, nil
	}
	a := &accessView{given: d, state: e.Kind}
	a.card = &card{key: fmt.Sprintf("access:%d", e.Seq), place: place{channel: direct, person: d.Person.ID},
		draw: func() message { return r.drawAccess(a) }}
	a.card.instead = []step{
		{slot: "x", line: r.sayClosedDirect(d.Person), place: place{channel: operations}},
		{slot: "y", line: r.sayAccessHere(d.Person), place: place{channel: alerts}}}
	r.access = append(r.access, a)
	return append(steps, step{slot: "n", card: a.card}), nil
}

func (r *roundView) foldIncident(e round.Event) ([]step, error) {
	if e.Kind == round.FaultRequested {
		d, err := decode[round.FaultAsked](e)
		if err != nil {
			return nil, err
		}
		in := &incidentView{id: e.Incident, asked: d, by: e.Actor, begun: e.At}
		r.incidents = append(r.incidents, in)
		return []step{{slot: "o", line: r.sayBegun(in), place: place{channel: operations}}}, nil
	}
	in := r.incident(e.Incident)
	if in == nil {
		return nil, fmt.Errorf("event %d (%s) is of %s, which never began", e.Seq, e.Kind, e.Incident)
	}
	say := func(m *message, err error) ([]step, error) {
		if err != nil {
			return nil, err
		}
		return []step{{slot: "a", line: m, place: place{channel: alerts}}}, nil
	}
	switch e.Kind {
	case round.OnsetObserved:
		d, err := decode[round.Onset](e)
		in.onset = d.At
		return nil, err
	case round.PageRepeated:
		d, err := decode[round.Repeat](e)
		if err != nil {
			return nil, err
		}
		if d.Admin {
			return []step{{slot: "o", line: r.sayUnheard(in, d), place: place{channel: operations}}}, nil
		}
		return []step{{slot: "a", line: r.sayAgain(in, d), place: place{channel: alerts}}}, nil
	case round.Acknowledged:
		in.acked, in.ackedBy = e.At, e.Actor
		return r.touch(in), nil
	case round.HintTaken:
		d, err := decode[round.Hint](e)
		return say(sayHint(in, d), err)
	case round.NoteAdded:
		d, err := decode[round.Note](e)
		return say(sayNote(in, e.Actor, d), err)
	case round.ClaimMade:
		d, err := decode[round.Claim](e)
		return say(sayClaim(in, e.Actor, d), err)
	case round.CallObserved:
		d, err := decode[round.Call](e)
		if err == nil && !d.ReadOnly && d.Error == "" {
			in.change(d.At)
		}
		return nil, err
	case round.RecoveryObserved:
		d, err := decode[round.Recovery](e)
		in.recovered = d.At
		return nil, err
	case round.RecoveryLost:
		in.recovered = time.Time{}
		return nil, nil
	case round.RollbackFailed:
		d, err := decode[round.Failure](e)
		if err != nil {
			return nil, err
		}
		return []step{{slot: "o", line: sayRollbackFailed(in, d), place: place{channel: operations}}}, nil
	case round.RollbackDone:
		d, err := decode[round.Ending](e)
		if err != nil {
			return nil, err
		}
		in.ended, in.ending = e.At, d
		return r.end(in), nil
	}
	return nil, nil
}

// change notes a call that changed something. AWS tells of calls in any order,
// and their times in whole seconds.
func (in *incidentView) change(at time.Time) {
	if !at.Before(in.begun.Truncate(time.Second)) && (in.changed.IsZero() || at.Before(in.changed)) {
		in.changed = at
	}
}

// touch redraws the alerts of an incident.
func (r *roundView) touch(in *incidentView) []step {
	var steps []step
	for _, a := range r.alerts {
		if a.incident == in {
			steps = append(steps, step{slot: "c", card: a.card})
		}
	}
	return steps
}

func (r *roundView) end(in *incidentView) []step {
	steps := append(r.touch(in),
		step{slot: "a", line: r.sayEnded(in), place: place{channel: alerts}},
		step{slot: "o", line: r.sayEndedToAdmins(in), place: place{channel: operations}})
	report := step{slot: "p", report: in.id}
	for _, a := range r.alerts {
		if a.incident == in && (a.pages || report.anchor == nil) {
			report.anchor = a.card // the page itself, else the first alert
		}
	}
	return append(steps, report)
}

func (r *roundView) foldAlert(e round.Event) ([]step, error) {
	d, err := decode[round.Alert](e)
	if err != nil {
		return nil, err
	}
	in := r.incident(e.Incident)
	pages := in != nil && in.paged.IsZero() && d.Firing && in.expects(d.Name)
	if pages {
		in.paged = e.At
	}
	a := r.alert(d, in)
	if a == nil {
		if !d.Firing {
			return nil, nil // nobody was told that it fired
		}
		a = &alertView{group: d.Group, incident: in, began: e.At, pages: pages}
		if a.group == "" {
			a.group = d.Name
		}
		a.card = &card{key: fmt.Sprintf("alert:%d", e.Seq), place: place{channel: alerts}, draw: func() message { return r.drawAlert(a) }}
		r.alerts = append(r.alerts, a)
	}
	steps := []step{{slot: "c", card: a.card}}
	for _, old := range r.alerts {
		if d.Firing && old != a && old.holds(d.Fingerprint) { // it ended before it fired anew
			ended := d
			ended.Firing = false
			old.take(ended, e.At)
			steps = append(steps, step{slot: "b", card: old.card})
		}
	}
	a.take(d, e.At)
	return steps, nil
}

// expects reports whether an alert is the page. A scenario that names none is
// paged by any.
func (in *incidentView) expects(name string) bool {
	for _, n := range in.asked.Expect {
		if n == name {
			return true
		}
	}
	return len(in.asked.Expect) == 0
}
