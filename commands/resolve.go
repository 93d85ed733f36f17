package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// resolve claims that it is repaired. It closes nothing: the probes do.
var resolve = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "resolve",
		Description:              "Say that it is repaired, and have it checked now",
		DefaultMemberPermissions: &forEveryone,
	},
	Who:  players,
	Slow: true, // it probes
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		id, claim, err := r.Resolve(ctx, c.Caller)
		if err != nil {
			return Reply{}, err
		}
		if claim.Green {
			return Tell("**%s**, checked just now: %s It closes by itself.", id, Sentence(claim.Say)), nil
		}
		return Tell("**%s**: not yet. %s Nothing is closed by saying so.", id, Sentence(claim.Say)), nil
	},
}
