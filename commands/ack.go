package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// ack says that the player has seen the page.
var ack = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "ack",
		Description:              "Acknowledge the page: you have it",
		DefaultMemberPermissions: &forEveryone,
	},
	Who: players,
	Run: acknowledge,
}

var pressAck = Press{Verb: "ack", Who: players, Run: acknowledge}

func acknowledge(ctx context.Context, r Rounds, c Call) (Reply, error) {
	id, err := r.Acknowledge(ctx, c.Caller)
	if err != nil {
		return Reply{}, err
	}
	return Tell("**%s** is yours.%s", id, other(c, string(id))), nil
}

// other says so when a button of an ended incident acted on the open one.
func other(c Call, id string) string {
	if c.Arg == "" || c.Arg == id {
		return ""
	}
	return " (That button belonged to " + Neutral(c.Arg) + ", which has ended.)"
}
