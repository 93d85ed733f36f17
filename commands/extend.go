package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// extend puts the end of the round off; the engine knows by how much, and how
// often.
var extend = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "extend",
		Description:              "Let the round last an hour longer, eight in all at most",
		DefaultMemberPermissions: &forAdmins,
	},
	Who: admins,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		id, end, err := r.Extend(ctx, c.Caller)
		if err != nil {
			return Reply{}, err
		}
		return Tell("**%s** now lasts until %s (%s).", id, Clock(end), Ago(end)), nil
	},
}
