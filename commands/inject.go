package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// inject begins an incident. Its answer is the only place that names the
// scenario before the end, and only the admin sees it.
var inject = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "inject",
		Description:              "Begin an incident in the open round",
		DefaultMemberPermissions: &forAdmins,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionString, Name: "scenario",
			Description: "Which one; surprise hides it from you too", Required: true, Autocomplete: true,
		}, {
			Type: discordgo.ApplicationCommandOptionString, Name: "variant",
			Description: "In which way it comes; drawn if you do not say", Autocomplete: true,
		}},
	},
	Who:  admins,
	Slow: true,
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		name := strings.TrimSpace(c.Text("scenario"))
		if name == "" || name == "-" {
			return Reply{}, round.Refuse("no scenario", "Name a scenario, or `%s`. `/scenarios` lists them.", Surprise)
		}
		in, err := r.Inject(ctx, c.Caller, name, strings.TrimSpace(c.Text("variant")))
		if err != nil {
			return Reply{}, err
		}
		var b strings.Builder
		if in.Surprise {
			fmt.Fprintf(&b, "**%s** has begun in **%s**. Which one it is stays hidden, from you too, until it ends.\n", in.Incident, in.Round)
		} else {
			fmt.Fprintf(&b, "**%s** has begun in **%s**: %s.\n", in.Incident, in.Round, in.Title)
			if in.Variant != "" {
				fmt.Fprintf(&b, "Variant: %s.\n", in.Variant)
			}
			if in.Blast != "" {
				fmt.Fprintf(&b, "Blast radius: %s\n", in.Blast)
			}
			if in.Briefing != "" {
				fmt.Fprintf(&b, "%s\n", Cut(strings.TrimSpace(in.Briefing), 1200))
			}
			fmt.Fprintf(&b, "The page is due within %s. ", round.Spell(in.Page))
		}
		fmt.Fprintf(&b, "It ends by itself after %s; `/abort` ends it now.", round.Spell(in.Limit))
		return Tell("%s", b.String()), nil
	},
	Complete: func(ctx context.Context, r Rounds, c Call) ([]Choice, error) {
		all, err := r.Scenarios(ctx, c.Caller)
		if err != nil {
			return nil, err
		}
		if c.Typing == "variant" {
			return variants(all, c), nil
		}
		typed := strings.ToLower(strings.TrimSpace(c.Text("scenario")))
		fits := func(s string) bool { return strings.Contains(strings.ToLower(s), typed) }
		var choices []Choice
		for _, s := range all {
			if fits(s.ID) || fits(s.Title) {
				choices = append(choices, Choice{s.ID + " · " + s.Title, s.ID})
			}
		}
		if fits(Surprise) && len(all) > 0 {
			choices = append(choices, Choice{"surprise · one of them, hidden from you too", Surprise})
		}
		return choices, nil
	},
}

// variants offers the ways in which the scenario that was named may come.
func variants(all []round.Scenario, c Call) (choices []Choice) {
	typed := strings.ToLower(strings.TrimSpace(c.Text("variant")))
	for _, s := range all {
		if s.ID != strings.TrimSpace(c.Text("scenario")) {
			continue
		}
		for _, v := range s.Variants {
			if strings.Contains(v.Name, typed) {
				choices = append(choices, Choice{v.Name + " · " + v.Says, v.Name})
			}
		}
	}
	return choices
}
