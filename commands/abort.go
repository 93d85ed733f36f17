package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// reasonLimit bounds an abort's reason, in characters.
const reasonLimit = 200

// abort ends the incident early and rolls its fault back.
var abort = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "abort",
		Description:              "End the incident now and roll back its fault",
		DefaultMemberPermissions: &forAdmins,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionString, Name: "reason",
			Description: "Why, for the post-mortem", Required: true, MaxLength: reasonLimit,
		}},
	},
	Who:  admins,
	Slow: true,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		reason, err := words("a reason", c.Text("reason"), reasonLimit)
		if err != nil {
			return Reply{}, err
		}
		id, err := r.Abort(ctx, c.Caller, reason)
		if err != nil {
			return Reply{}, err
		}
		return Tell("**%s** is aborted; its fault is being rolled back.", id), nil
	},
}
