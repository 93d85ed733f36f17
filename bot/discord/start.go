package discord

import (
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// noticeable is how much an expected time has to change before people are told:
// each change is an edit of what they are reading.
const noticeable = time.Minute

// expect takes over when an act is expected to end.
func (r *roundView) expect(until time.Time) {
	if until.IsZero() || !r.until.IsZero() && until.Sub(r.until).Abs() < noticeable {
		return
	}
	r.until = until
}

// announce tells everybody when the round starts, once that can be said.
func (r *roundView) announce(e round.Event) []step {
	if e.Kind != round.ProvisionProgressed || r.until.IsZero() || r.start != nil {
		return nil
	}
	r.start = &card{key: "start:" + string(r.id), place: place{channel: alerts}, draw: r.drawStart}
	return []step{{slot: "s", card: r.start}}
}

// drawStart is the one message to everybody about a round's beginning.
func (r *roundView) drawStart() message {
	switch {
	case r.phase == round.Ready:
		return *line("**%s has started**, with %s on call.", r.id, name(r.player))
	case r.phase == round.Closed && !r.ready.IsZero(), r.phase == round.Destroying && !r.ready.IsZero():
		return *line("**%s** has ended.", r.id)
	case r.phase == round.Closed, r.phase == round.Destroying:
		return *line("**%s** does not take place.", r.id)
	case r.phase == round.Stuck, r.until.IsZero():
		return *line("**%s** is late, with %s on call.", r.id, name(r.player))
	}
	return *line("**%s** starts about%s, with %s on call.", r.id, commands.Due("", r.until), name(r.player))
}

// money writes what a stack costs in an hour, if that is known and anything.
func money(c round.Cost) string {
	if c.PerHour == 0 {
		return ""
	}
	return fmt.Sprintf(" · about %s an hour", round.USD(c.PerHour))
}

// meanwhile writes what a round costs in which nothing can be done.
func (r *roundView) meanwhile() string {
	if r.cost.PerHour == 0 {
		return ""
	}
	return fmt.Sprintf(" Meanwhile what there is of it costs up to %s an hour.", round.USD(r.cost.PerHour))
}

// spent writes what a round cost, if that is known and anything.
func (r *roundView) spent() string {
	if r.cost.PerHour == 0 {
		return ""
	}
	return fmt.Sprintf(" It cost about %s.", round.USD(r.cost.Of(r.closed.Sub(r.began))))
}
