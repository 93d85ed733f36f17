package round

import "context"

// Alerts takes what Alertmanager says of a round. It returns nil when all of it
// is on disk or was known; repeats cost one lookup. A round that is not open is
// a refusal.
func (e *Engine) Alerts(ctx context.Context, id ID, alerts []Alert) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.Rounds[id]
	if r == nil || r.Phase == Closed {
		return Refuse("no-round", "%s is not open.", clean(string(id)))
	}
	var events []Event // one append for all of them: a storm must not hold everybody up
	heard := map[string]Alert{}
	for _, a := range alerts {
		known, ok := heard[a.Fingerprint]
		if !ok {
			known, ok = r.Alerts[a.Fingerprint]
		}
		if !news(a, known, ok) {
			continue
		}
		heard[a.Fingerprint] = a
		kind := AlertResolved
		if a.Firing {
			kind = AlertFired
		}
		event, err := e.event(bot, id, openID(r), kind, a)
		if err != nil {
			return err
		}
		events = append(events, event)
	}
	if len(events) == 0 {
		return nil
	}
	return e.keepLocked(ctx, id, events...)
}

// news reports whether an alert says more than the latest word about it.
func news(a, known Alert, ok bool) bool {
	switch {
	case !ok:
		return a.Firing // else it ended before this ledger heard of it
	case known.Firing == a.Firing && known.StartsAt.Equal(a.StartsAt):
		return false
	case !a.Firing && known.Firing && a.EndsAt.Before(known.StartsAt):
		return false // a late word about an earlier time that it fired
	}
	return true
}

// somebody is the actor of a session whose login several people have. The round
// is not idle while they work.
var somebody = Person{ID: "somebody", Name: "somebody"}

// Observe takes one AWS call of the exercise's people, or a step of a session of
// theirs. Repeats are recognised
// by the trail's own id.
func (e *Engine) Observe(ctx context.Context, id ID, c Call) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.Rounds[id]
	if r == nil || r.Phase == Closed || r.Calls[c.EventID] {
		return nil
	}
	actor := bot
	if c.User == "" && c.InSession() {
		actor = somebody
	}
	if u := r.Users[c.User]; u != nil {
		actor = u.Person
	}
	return e.recordLocked(ctx, actor, id, openID(r), CallObserved, c)
}

// openID names the open incident, if there is one.
func openID(r *Round) IncidentID {
	if r.Open == nil {
		return ""
	}
	return r.Open.ID
}
