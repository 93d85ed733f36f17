package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// scenarios lists what may be injected.
var scenarios = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "scenarios",
		Description:              "List the scenarios that may be injected",
		DefaultMemberPermissions: &forAdmins,
	},
	Who: admins,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		all, err := r.Scenarios(ctx, c.Caller)
		if err != nil {
			return Reply{}, err
		}
		if len(all) == 0 {
			return Tell("There are no scenarios here yet."), nil
		}
		var b strings.Builder
		fmt.Fprintf(&b, "`/inject` knows %s:\n", count(len(all), "scenario"))
		for _, s := range all {
			fmt.Fprintf(&b, "- `%s` · %s · %s\n", s.ID, s.Title, strings.Join(facts(s), " · "))
		}
		fmt.Fprintf(&b, "- `%s` · one of them, hidden from you too", Surprise)
		return Tell("%s", b.String()), nil
	},
}

// facts are what an admin chooses a scenario by.
func facts(s round.Scenario) []string {
	list := []string{"time limit " + round.Spell(s.Limit)}
	if s.Difficulty != "" {
		list = append([]string{s.Difficulty}, list...)
	}
	if s.Cost > 0 {
		list = append(list, fmt.Sprintf("$%.2g more an hour on AWS", s.Cost))
	} else {
		list = append(list, "no extra cost")
	}
	if len(s.Stages) > 0 {
		list = append(list, "stage "+strings.Join(s.Stages, " or "))
	}
	return list
}

// count writes a number with its noun: 1 scenario, 2 scenarios.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
