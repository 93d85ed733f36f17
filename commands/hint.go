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
	return Tell("**%s**, hint %d of %d: %s%s", id, h.N, h.Of, h.Text, other(c, string(id))), nil
}
