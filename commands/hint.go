package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// hint takes the next of the scenario's hints. The announcer shows it to all.
var hint = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "hint",
		Description:              "Take the next hint; it is noted in the post-mortem",
		DefaultMemberPermissions: &forEveryone,
	},
	Who: players,
	Run: takeHint,
}

var pressHint = Press{Verb: "hint", Who: players, Run: takeHint}

func takeHint(ctx context.Context, r Rounds, c Call) (Reply, error) {
	id, h, err := r.Hint(ctx, c.Caller)
	if err != nil {
		return Reply{}, err
	}
	// Everybody reads the hint itself, in the channel of the alerts.
	return Tell("Hint %d of %d is taken for **%s**; the post-mortem will say so.%s", h.N, h.Of, id, other(c, string(id))), nil
}
