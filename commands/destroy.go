package commands

import (
	"context"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// destroy closes the round, and asks first where an incident would end with it.
// The announcer posts what was removed and what is left.
var destroy = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "destroy",
		Description:              "Close the round: remove its stack, users and keys",
		DefaultMemberPermissions: &forAdmins,
	},
	Who:  admins,
	Slow: true, // an open incident is rolled back first
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		end, err := r.Destroy(ctx, c.Caller)
		if err != nil || end.Incident == "" {
			return destroying(end.Round, err)
		}
		reply := Tell("**%[1]s** is open in **%[2]s**, %[3]s in. To destroy %[2]s aborts it and rolls it back first. "+untouched, end.Incident, end.Round, round.Spell(end.Open))
		both := ":" + string(end.Round) + "." + string(end.Incident)
		reply.Buttons = []Button{
			{Label: "Destroy", ID: pressEnd.Verb + both, Look: Danger},
			{Label: "Cancel", ID: pressKeep.Verb + both},
		}
		return reply, nil
	},
}

// pressDestroy closes the round that it was shown for: its argument.
var pressDestroy = Press{Verb: "destroy", Who: admins, Slow: true, Run: endRound}

// pressEnd and pressKeep are the admin's word to what destroy showed. The
// argument is the round with its incident, so that they outlive a restart and no
// other one is meant by them.
var (
	pressEnd  = Press{Verb: "end", Who: admins, Slow: true, Once: shown, Run: endRound}
	pressKeep = Press{Verb: "keep", Who: admins, Once: shown, Run: func(_ context.Context, _ Rounds, c Call) (Reply, error) {
		id, _, _ := strings.Cut(c.Arg, ".")
		return Tell("Cancelled. **%s** goes on.", Neutral(id)), nil
	}}
)

func endRound(ctx context.Context, r Rounds, c Call) (Reply, error) {
	id, in, _ := strings.Cut(c.Arg, ".")
	gone, err := r.DestroyRound(ctx, c.Caller, round.ID(id), round.IncidentID(in))
	return destroying(gone, err)
}

func destroying(id round.ID, err error) (Reply, error) {
	if err != nil {
		return Reply{}, err
	}
	return Tell("**%s** is being destroyed. Then what is left is counted, in the operations channel.", id), nil
}
