package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"
)

// noteLimit bounds a note, in characters.
const noteLimit = 500

// note keeps an observation for the timeline.
var note = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "note",
		Description:              "Write an observation into the timeline",
		DefaultMemberPermissions: &forEveryone,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionString, Name: "text",
			Description: "What you see or think; everybody reads it", Required: true, MaxLength: noteLimit,
		}},
	},
	Who: players,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		text, err := words("a note", c.Text("text"), noteLimit)
		if err != nil {
			return Reply{}, err
		}
		id, err := r.Note(ctx, c.Caller, text)
		if err != nil {
			return Reply{}, err
		}
		return Tell("Noted for **%s**.", id), nil
	},
}
