package round

import "time"

// take folds an event of the round itself into r. The phase is the caller's.
func (r *Round) take(e Event) error {
	switch e.Kind {
	case ProvisionRequested:
		var d ProvisionAsked
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Guild, r.Player, r.Stage, r.Expires, r.Attempt = d.Guild, d.Player, d.Stage, d.Expires, d.Attempt
		r.Failure, r.Progress, r.Cost = nil, nil, d.Cost
	case ProvisionProgressed, DestroyProgressed:
		var d Progress
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Progress = &d
		r.Cost = r.Cost.Now(d)
	case ProvisionFailed, DestroyFailed:
		var d Failure
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Failure, r.Attempt = &d, d.Attempt
	case ProvisionDone:
		var d Provisioned
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Outputs, r.Progress, r.Failure, r.Made = d.Outputs, nil, nil, e.At
		for _, u := range r.Users {
			u.Since = e.At // before, nobody could look
		}
	case CredentialsRequested:
		var d CredentialsAsked
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Users[d.User] = &User{Name: d.User, Person: d.Person, Role: d.Role, Since: r.Users[d.User].since(e)}
	case CredentialsIssued, CredentialsRevealed, CredentialsRevoked, CredentialsExpired:
		return r.takeCredentials(e)
	case LifetimeWarned:
		var d Warning
		if err := e.Into(&d); err != nil {
			return err
		}
		if d.Why == whyIdle {
			r.IdleWarned = e.At
		} else {
			r.Warned = d.Left
		}
	case LifetimeExtended:
		var d Extension
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Expires, r.Warned, r.Unwritten = d.Expires, 0, true
	case LifetimeWritten:
		var d Extension
		if err := e.Into(&d); err != nil {
			return err
		}
		if d.Expires.Equal(r.Expires) { // else it was extended once more meanwhile
			r.Unwritten = false
		}
	case AlertFired, AlertResolved:
		return r.takeAlert(e)
	case CallObserved:
		return r.takeCall(e)
	case DestroyRequested:
		var d DestroyAsked
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Destroy, r.Attempt, r.Failure, r.Progress = d, d.Attempt, nil, nil
		if d.Attempt == 1 {
			r.Ender = e.Actor
		}
	case DestroyDone:
		var d Destroyed
		if err := e.Into(&d); err != nil {
			return err
		}
		r.Result, r.Ended = d, e.At
	}
	return nil
}

func (r *Round) takeCredentials(e Event) error {
	var d CredentialsGiven
	if err := e.Into(&d); err != nil {
		return err
	}
	u := r.Users[d.User]
	if u == nil {
		u = &User{Name: d.User, Person: d.Person}
		r.Users[d.User] = u
	}
	switch e.Kind {
	case CredentialsIssued:
		u.Issued, u.Revealed, u.Revoked, u.Expired = true, false, false, false
		if !d.Expires.IsZero() && d.Expires.Before(r.Expires) {
			r.Unwritten = true // the round was extended while the keys were made
		}
	case CredentialsRevealed:
		u.Revealed = true
	case CredentialsRevoked:
		u.Revoked = true
	case CredentialsExpired:
		u.Revoked, u.Expired = true, true
	}
	return nil
}

func (r *Round) takeAlert(e Event) error {
	var d Alert
	if err := e.Into(&d); err != nil {
		return err
	}
	r.Alerts[d.Fingerprint] = d
	return nil
}

func (r *Round) takeCall(e Event) error {
	var d Call
	if err := e.Into(&d); err != nil {
		return err
	}
	r.Calls[d.EventID] = true
	return nil
}

// take folds an event of the incident in. The phase is the caller's.
func (in *Incident) take(r *Round, e Event) error {
	switch e.Kind {
	case FaultRequested:
		var d FaultAsked
		if err := e.Into(&d); err != nil {
			return err
		}
		in.Asked = d
	case FaultInjected:
		in.Injected = e.At
	case OnsetObserved:
		var d Onset
		if err := e.Into(&d); err != nil {
			return err
		}
		in.Onset = d.At
	case AlertFired, AlertResolved:
		return in.takeAlert(r, e)
	case CallObserved:
		return r.takeCall(e)
	case Acknowledged:
		in.Acked, in.AckedBy = e.At, e.Actor
	case PageRepeated:
		var d Repeat
		if err := e.Into(&d); err != nil {
			return err
		}
		in.Repeats = d.N
	case HintTaken:
		in.Hints++
		in.Hinted = e.At
	case RecoveryObserved:
		var d Recovery
		if err := e.Into(&d); err != nil {
			return err
		}
		in.Good = d.At
	case RecoveryLost:
		in.Good = time.Time{}
	case RollbackRequested, RollbackDone:
		var d Ending // read apart: into the old one, what is left out would stay
		if err := e.Into(&d); err != nil {
			return err
		}
		in.Ending, in.Attempt = d, d.Attempt
	}
	return nil
}

func (in *Incident) takeAlert(r *Round, e Event) error {
	if err := r.takeAlert(e); err != nil {
		return err
	}
	var d Alert
	if err := e.Into(&d); err != nil {
		return err
	}
	if d.Firing && in.Alerted.IsZero() {
		in.Alerted = e.At
	}
	if d.Firing && in.Paged.IsZero() && in.expects(d) {
		in.Paged = e.At
	}
	return nil
}

// expects reports whether the alert is one that this fault was to raise, and
// began after it.
func (in *Incident) expects(a Alert) bool {
	if a.StartsAt.Before(in.Requested) {
		return false
	}
	for _, name := range in.Asked.Expect {
		if name == a.Name {
			return true
		}
	}
	return false
}
