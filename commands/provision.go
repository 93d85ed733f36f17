package commands

import (
	"context"
	"slices"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// classic is the stage of a round when the admin names none.
const classic = "classic"

// stages says what one gets, in the stages that we know.
var stages = map[string]string{
	classic: "classic: the whole shop, without Kubernetes",
	"eks":   "eks: the shop's web tier on Kubernetes nodes",
}

func stageChoices(names []string) (choices []*discordgo.ApplicationCommandOptionChoice) {
	if len(names) == 0 {
		names = []string{classic}
	}
	for _, name := range names {
		says := stages[name]
		if says == "" {
			says = name
		}
		choices = append(choices, &discordgo.ApplicationCommandOptionChoice{Name: says, Value: name})
	}
	return choices
}

// provisionDef is the command with the stages that can be had here.
func provisionDef(names []string) *discordgo.ApplicationCommand {
	def, options := *provision.Def, slices.Clone(provision.Def.Options)
	stage := *options[1]
	stage.Choices = stageChoices(names)
	options[1] = &stage
	def.Options = options
	return &def
}

// provision shows what a round would need and cost, and opens it when the admin
// says so. The announcer tells how the building goes.
var provision = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "provision",
		Description:              "Show what a round would need and cost, and open it when you say so",
		DefaultMemberPermissions: &forAdmins,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionUser, Name: "player",
			Description: "Who will be on call", Required: true,
		}, {
			Type: discordgo.ApplicationCommandOptionString, Name: "stage",
			Description: "Which stack to build; a scenario says which it needs",
			Choices:     stageChoices(nil),
		}},
	},
	Who:  admins,
	Slow: true, // it asks AWS, and plans the stack
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
		p, err := r.Prepare(ctx, c.Caller, player.Person, stage)
		if err != nil {
			return Reply{}, err
		}
		reply := Tell("%s", prospect(p))
		if p.Ticket != "" {
			reply.Buttons = []Button{
				{Label: "Build", ID: pressBuild.Verb + ":" + p.Ticket, Look: Primary},
				{Label: "Cancel", ID: pressLeave.Verb + ":" + p.Ticket},
			}
		}
		return reply, nil
	},
}

// pressBuild and pressLeave are the admin's word to what provision showed. The
// argument is the prospect's ticket.
var (
	pressBuild = Press{Verb: "build", Who: admins, Once: shown, Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		id, err := r.Provision(ctx, c.Caller, c.Arg)
		if err != nil {
			return Reply{}, err
		}
		return Tell("**%s** is on its way. How it goes is in the operations channel.", id), nil
	}}
	pressLeave = Press{Verb: "leave", Who: admins, Once: shown, Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		if err := r.Decline(ctx, c.Caller, c.Arg); err != nil {
			return Reply{}, err
		}
		return Tell("Cancelled. Nothing was built."), nil
	}}
)
