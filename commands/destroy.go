package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
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
		if err != nil {
			return Reply{}, err
		}
		return Tell("**%s** is being destroyed. Then what is left is counted, in the operations channel.", id), nil
	},
}
