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
	for _, a := range alerts {
		known, ok := r.Alerts[a.Fingerprint]
		if ok && known.Firing == a.Firing && known.StartsAt.Equal(a.StartsAt) {
			continue
		}
		if !ok && !a.Firing {
			continue // it ended before this ledger heard of it
		}
		kind := AlertResolved
		if a.Firing {
			kind = AlertFired
		}
		if err := e.recordLocked(ctx, bot, id, openID(r), kind, a); err != nil {
			return err
		}
	}
	return nil
}

// Observe takes one AWS call of the exercise's people. Repeats are recognised
// by the trail's own id.
func (e *Engine) Observe(ctx context.Context, id ID, c Call) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.state.Rounds[id]
	if r == nil || r.Phase == Closed || r.Calls[c.EventID] {
		return nil
	}
	actor := bot
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
