package round

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

// offerTime is how long an admin may think about what they were shown.
const offerTime = 5 * time.Minute

// ticket is how an admin says yes or no, once, to what a command showed them. It
// lives in memory: after a restart they are asked to type the command again.
type ticket struct {
	id       string
	until    time.Time
	answered bool
}

func newTicket(now time.Time) ticket {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return ticket{id: hex.EncodeToString(b[:]), until: now.Add(offerTime)}
}

// is reports whether the ticket is the one of that name.
func (t *ticket) is(id string) bool { return t != nil && id != "" && t.id == id }

// answer counts the ticket as answered, or refuses. command is what showed it.
func (t *ticket) answer(id, command string, now time.Time) error {
	switch {
	case !t.is(id):
		return Refuse("no-offer", "This offer does not count any more: a newer `%[1]s` took its place, or the bot was restarted. Nothing was done; `%[1]s` shows how it would be now.", command)
	case t.answered:
		return Refuse("answered", "You have answered this already. `%s` asks again.", command)
	case !now.Before(t.until):
		return Refuse("expired", "This was on offer for %s. Nothing was done; `%s` shows how it would be now.", Spell(offerTime), command)
	}
	t.answered = true
	return nil
}

// Decline takes back what the admin was shown: nothing comes of it any more.
func (e *Engine) Decline(ctx context.Context, by Caller, id string) error {
	command := "/inject"
	defer func() { e.Seen(ctx, by, command) }()
	if err := admins(by, command); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.prospects[by.ID]; p.held().is(id) {
		command = "/provision"
		return p.answer(id, command, e.cfg.Now())
	}
	return e.offers[by.ID].held().answer(id, command, e.cfg.Now())
}

// held gives the ticket of an offer that there may not be.
func (o *offer) held() *ticket {
	if o == nil {
		return nil
	}
	return &o.ticket
}

// held gives the ticket of a prospect that there may not be.
func (p *prospect) held() *ticket {
	if p == nil {
		return nil
	}
	return &p.ticket
}
