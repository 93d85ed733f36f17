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
			fmt.Fprintf(&b, "- `%s` · %s · stage %s · time limit %s\n", s.ID, s.Title, strings.Join(s.Stages, ", "), round.Spell(s.Limit))
		}
		fmt.Fprintf(&b, "- `%s` · one of them, hidden from you too", Surprise)
		return Tell("%s", b.String()), nil
	},
}

// count writes a number with its noun: 1 scenario, 2 scenarios.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
