package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// destroy closes the round. The announcer posts what was removed and what is
// left.
var destroy = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "destroy",
		Description:              "Close the round: remove its stack, users and keys",
		DefaultMemberPermissions: &forAdmins,
	},
	Who:  admins,
	Slow: true, // an open incident is rolled back first
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		id, err := r.Destroy(ctx, c.Caller)
		return destroying(id, err)
	},
}

// pressDestroy closes the round that it was shown for: its argument.
var pressDestroy = Press{Verb: "destroy", Who: admins, Slow: true, Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
	id, err := r.DestroyRound(ctx, c.Caller, round.ID(c.Arg))
	return destroying(id, err)
}}

func destroying(id round.ID, err error) (Reply, error) {
	if err != nil {
		return Reply{}, err
	}
	return Tell("**%s** is being destroyed. Then what is left is counted, in the operations channel.", id), nil
}
