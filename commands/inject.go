package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// inject shows what an incident would do, and begins it when the admin says so.
// Its answers are the only place that names the scenario before the end, and
// only the admin sees them.
var inject = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "inject",
		Description:              "Show what an incident would do, and begin it when you say so",
		DefaultMemberPermissions: &forAdmins,
		Options: []*discordgo.ApplicationCommandOption{{
			Type: discordgo.ApplicationCommandOptionString, Name: "scenario",
			Description: "Which one; surprise hides it from you too", Required: true, Autocomplete: true,
		}, {
			Type: discordgo.ApplicationCommandOptionString, Name: "variant",
			Description: "In which way it comes; drawn if you do not say", Autocomplete: true,
		}, {
			Type: discordgo.ApplicationCommandOptionBoolean, Name: "dry_run",
			Description: "Only show what would be touched",
		}},
	},
	Who:  admins,
	Slow: true, // it asks AWS what would be touched
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		name := strings.TrimSpace(c.Text("scenario"))
		if name == "" || name == "-" {
			return Reply{}, round.Refuse("no scenario", "Name a scenario, or `%s`. `/scenarios` lists them.", Surprise)
		}
		o, err := r.Preview(ctx, c.Caller, name, strings.TrimSpace(c.Text("variant")), c.Flag("dry_run"))
		if err != nil {
			return Reply{}, err
		}
		reply := Tell("%s", offer(o))
		if o.Ticket != "" {
			reply.Buttons = []Button{
				{Label: "Inject", ID: pressInject.Verb + ":" + o.Ticket, Look: Danger},
				{Label: "Cancel", ID: pressCancel.Verb + ":" + o.Ticket},
			}
		}
		return reply, nil
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

// pressInject and pressCancel are the admin's word to what inject showed. The
// argument is the offer's ticket.
var (
	pressInject = Press{Verb: "inject", Who: admins, Slow: true, Once: shown, Run: begin} // it measures the steady state first
	pressCancel = Press{Verb: "cancel", Who: admins, Once: shown, Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		if err := r.Decline(ctx, c.Caller, c.Arg); err != nil {
			return Reply{}, err
		}
		return Tell("Cancelled. Nothing was injected."), nil
	}}
)

func begin(ctx context.Context, r Rounds, c Call) (Reply, error) {
	in, err := r.Inject(ctx, c.Caller, c.Arg)
	if err != nil {
		return Reply{}, err
	}
	var b strings.Builder
	if in.Surprise {
		fmt.Fprintf(&b, "**%s** has begun in **%s**. Which one it is stays hidden, from you too, until it ends.\n", in.Incident, in.Round)
	} else {
		fmt.Fprintf(&b, "**%s** has begun in **%s**: %s.\nThe page is due within %s. ", in.Incident, in.Round, named(in.Title, in.Variant), round.Spell(in.Page))
	}
	fmt.Fprintf(&b, "It ends by itself after %s; `/abort` ends it now.", round.Spell(in.Limit))
	return Tell("%s", b.String()), nil
}

// offer writes what would happen, before anything does.
func offer(o round.Offer) string {
	var b strings.Builder
	if o.Surprise {
		fmt.Fprintf(&b, "One of the scenarios that fit **%s** as it is would begin. Which one stays hidden, from you too, until it ends.\n", o.Round)
	} else {
		fmt.Fprintf(&b, "This would begin in **%s**: %s.\n", o.Round, named(o.Title, o.Variant))
		for _, part := range [][2]string{{"", o.Does}, {"**Hypothesis:** ", o.Hypothesis}} {
			if text := strings.TrimSpace(part[1]); text != "" {
				fmt.Fprintf(&b, "%s%s\n", part[0], Cut(text, 600))
			}
		}
		if len(o.Targets) > 0 {
			fmt.Fprintf(&b, "**Targets:** `%s`\n", Cut(strings.Join(o.Targets, "`, `"), 300))
		}
		fmt.Fprintf(&b, "**Blast radius:** %s\n", Cut(o.Blast, 400))
		fmt.Fprintf(&b, "**Expected alert:** %s, at most %s after the injection.\n", strings.Join(o.Expect, " or "), round.Spell(o.Page))
		fmt.Fprintf(&b, "**Time limit:** %s, then it is rolled back.\n", round.Spell(o.Limit))
	}
	if o.Ticket == "" {
		b.WriteString("This was a dry run. **Nothing was touched.**")
	} else {
		fmt.Fprintf(&b, untouched+" The buttons work until %s.", Clock(o.Expires))
	}
	return b.String()
}

const untouched = "**Nothing has been touched yet.**"

// shown is what stays of an offer that was answered.
func shown(text string) string {
	before, _, _ := strings.Cut(text, untouched)
	return strings.TrimSpace(before)
}

func named(title, variant string) string {
	if variant == "" {
		return title
	}
	return title + " (variant " + variant + ")"
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
