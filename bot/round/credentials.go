package round

import (
	"context"
	"fmt"
	"time"
)

// issue makes the player's user: intent, act, result. What was made stays in
// memory until it is revealed.
func (e *Engine) issue(ctx context.Context, by Person, id ID, t Target, p Person, expires time.Time) error {
	access, err := e.makeUser(ctx, by, id, t, p, expires)
	if err != nil {
		return err
	}
	if err := e.leads(ctx, &access, t.Outputs); err != nil {
		return err
	}
	return e.given(ctx, access)
}

// leads adds to an access where the stack's pages are and what they ask for. That
// can only be known of a stack that is there.
func (e *Engine) leads(ctx context.Context, access *Access, out Outputs) (err error) {
	access.Shop, access.Graphs, access.Logs, access.Runbooks = out.Shop, out.Graphs, out.Logs, out.Runbooks
	if access.Login, err = e.cfg.Pages.Login(ctx, access.Round); err != nil {
		return fmt.Errorf("look for the login of the pages of %s: %w", access.Round, err)
	}
	return nil
}

// makeUser is the intent and the act of issue.
func (e *Engine) makeUser(ctx context.Context, by Person, id ID, t Target, p Person, expires time.Time) (Access, error) {
	ask := CredentialsAsked{Person: p, Role: Player, User: e.cfg.Identities.UserName(id, Player, p)}
	if err := e.record(ctx, by, id, "", CredentialsRequested, ask); err != nil {
		return Access{}, err
	}
	access, err := e.cfg.Identities.Issue(ctx, ask, t, expires)
	if err != nil {
		return Access{}, fmt.Errorf("issue credentials of %s: %w", id, err)
	}
	access.Round, access.Person, access.User, access.Expires = id, p, ask.User, expires
	return access, nil
}

// given is the result of issue.
func (e *Engine) given(ctx context.Context, access Access) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	given := CredentialsGiven{Person: access.Person, User: access.User, Expires: access.Expires}
	if err := e.recordLocked(ctx, bot, access.Round, "", CredentialsIssued, given); err != nil {
		return err
	}
	e.access[access.User] = access
	return nil
}

// issuingLocked holds the round against a second making of keys. Called with mu
// held.
func (e *Engine) issuingLocked(id ID) (done func()) {
	e.issuing[id] = true
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.issuing, id)
	}
}

// Reveal gives the player's access once, and to them only.
func (e *Engine) Reveal(ctx context.Context, by Caller) (Access, error) {
	defer e.Seen(ctx, by, "/credentials")
	e.mu.Lock()
	defer e.mu.Unlock()
	r, err := e.current(by)
	if err != nil {
		return Access{}, err
	}
	if r.Player.ID != by.ID {
		return Access{}, Refuse("not-yours", "The access to %s is for %s alone.", r.ID, r.Player.Name)
	}
	if r.Phase != Ready {
		return Access{}, e.notReady(r)
	}
	name := e.cfg.Identities.UserName(r.ID, Player, r.Player)
	u := r.Users[name]
	if u != nil && (u.Expired || u.late(e.cfg.Now())) {
		return Access{}, Refuse("expired", "Nobody looked at your access to %s within %s, so it has ended. `/credentials new:True` gives you new keys.", r.ID, Spell(revealWithin))
	}
	access, ok := e.access[name]
	if !ok {
		if u != nil && u.Revealed {
			return Access{}, Refuse("shown", "Your access to %s was shown already. `/credentials new:True` gives you new keys and ends the old ones.", r.ID)
		}
		return Access{}, Refuse("not-ready", "Your access to %s is just being made. Try again in a moment.", r.ID)
	}
	given := CredentialsGiven{Person: r.Player, User: name, Expires: r.Expires}
	if err := e.recordLocked(ctx, by.Person, r.ID, "", CredentialsRevealed, given); err != nil {
		return Access{}, err
	}
	delete(e.access, name)
	access.Expires = r.Expires // it may have been extended since the keys were made
	return access, nil
}

// Reissue makes new keys for the player and ends the old ones.
func (e *Engine) Reissue(ctx context.Context, by Caller) (ID, error) {
	defer e.Seen(ctx, by, "/credentials")
	e.mu.Lock()
	r, err := e.current(by)
	if err == nil {
		switch {
		case r.Player.ID != by.ID && !by.Is(Admin):
			err = Refuse("not-yours", "The access to %s is for %s alone.", r.ID, r.Player.Name)
		case r.Phase != Ready:
			err = e.notReady(r)
		case e.issuing[r.ID]:
			err = Refuse("issuing", "New access to %s is being made already.", r.ID)
		}
	}
	if err != nil {
		e.mu.Unlock()
		return "", err
	}
	id, t, p, expires := r.ID, Target{Round: r.ID, Outputs: r.Outputs}, r.Player, r.Expires
	delete(e.access, e.cfg.Identities.UserName(id, Player, p))
	leave, done := e.enterLocked(id), e.issuingLocked(id)
	e.mu.Unlock()
	defer leave()
	defer done()
	// The old keys end first: a caller who hangs up must not be left with none.
	return id, e.issue(context.WithoutCancel(ctx), by.Person, id, t, p, expires)
}

// revokeAll ends every user of a round that is being destroyed.
func (e *Engine) revokeAll(ctx context.Context, id ID) error {
	e.mu.Lock()
	var users []User
	for _, u := range e.state.Rounds[id].Users {
		if !u.Revoked {
			users = append(users, *u)
		}
		delete(e.access, u.Name)
	}
	e.mu.Unlock()
	for _, u := range users {
		if err := e.cfg.Identities.Revoke(ctx, u.Name); err != nil {
			return fmt.Errorf("revoke %s: %w", u.Name, err)
		}
		if err := e.record(ctx, bot, id, "", CredentialsRevoked, CredentialsGiven{Person: u.Person, User: u.Name}); err != nil {
			return err
		}
	}
	return nil
}
