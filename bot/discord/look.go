package discord

import (
	"context"
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// lookTime bounds the look at a player before a provision.
const lookTime = 5 * time.Second

var _ round.Scout = (*Bot)(nil)

// Look says how the player will get their keys. Discord tells whether somebody
// takes direct messages only when one is sent, and nobody is written to before
// the admin has said yes: so this opens the channel, and names the other way.
func (b *Bot) Look(ctx context.Context, _ round.Spec, player round.Person) (round.Preflight, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	c := round.Check{Name: "direct messages", State: round.CheckOK,
		Says: fmt.Sprintf("The keys go to %s in one; where those are closed, `/credentials` shows them.", name(player))}
	if _, err := b.rest.direct(ctx, player.ID); err != nil {
		b.log.Warn("a direct channel cannot be opened", "person", player.ID, "err", err)
		c.State, c.Says = round.CheckWarns, fmt.Sprintf("None can be sent to %s now. `/credentials`, typed in a channel of this server, shows the keys.", name(player))
	}
	return round.Preflight{Checks: []round.Check{c}}, nil
}
