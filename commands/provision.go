package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// classic is the stage of a round when the admin names none.
const classic = "classic"

// provision opens a round: it asks for a stack and names the player. The
// announcer tells how the building goes.
var provision = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "provision",
		Description:              "Open a round: build a stack and put a player on call",
		DefaultMemberPermissions: &forAdmins,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionUser, Name: "player",
			Description: "Who will be on call", Required: true,
		}, {
			Type: discordgo.ApplicationCommandOptionString, Name: "stage",
			Description: "Which stack to build",
			Choices:     []*discordgo.ApplicationCommandOptionChoice{{Name: "classic: the whole shop, without Kubernetes", Value: classic}},
		}},
	},
	Who: admins,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		player := c.People["player"]
		switch {
		case player.ID == "":
			return Reply{}, round.Refuse("no player", "Name the player: `/provision player:@somebody`.")
		case player.Bot:
			return Reply{}, round.Refuse("bot as player", "%s is a bot, and cannot be on call.", Neutral(player.Name))
		case player.Known && !holds(player.Roles, players):
			return Reply{}, round.Refuse("not a player", "%s does not hold the player's role here, so no alert could be acknowledged. Give them the role first.", Neutral(player.Name))
		}
		stage := c.Text("stage")
		if stage == "" {
			stage = classic
		}
		id, err := r.Provision(ctx, c.Caller, player.Person, stage)
		if err != nil {
			return Reply{}, err
		}
		return Tell("**%s** is on its way, stage %s, with %s on call. How it goes is in the operations channel.", id, stage, Neutral(player.Name)), nil
	},
}
