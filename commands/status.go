package commands

import (
	"context"
	"fmt"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// status tells how the round stands, to each as much as they may know.
var status = Command{
	Def: &discordgo.ApplicationCommand{
		Name:                     "status",
		Description:              "How the round stands",
		DefaultMemberPermissions: &forEveryone,
	},
	Run: func(ctx context.Context, r Rounds, c Call) (Reply, error) {
		s, err := r.Status(ctx, c.Caller)
		if err != nil {
			return Reply{}, err
		}
		if !s.Open {
			return Tell(round.NoRoundOpen), nil
		}
		var b strings.Builder
		fmt.Fprintf(&b, "**%s** %s · %s is on call · stage %s · destroys itself %s\n",
			s.Round, phases[s.Phase], Neutral(s.Player.Name), s.Stage, Ago(s.Expires))
		if p := s.Progress; p != nil {
			fmt.Fprintf(&b, "%s: %d of %d%s\n", p.Phase, p.Done, p.Total, Due(", done about", p.Until))
		}
		inside := holds(c.Caller.Roles, players)
		if inside {
			b.WriteString(running(s))
		}
		if f := s.Failure; f != nil && inside {
			fmt.Fprintf(&b, "%s Details for the operator: ref %s.\n", f.Say, f.Ref)
		}
		writeIncident(&b, s.Incident)
		for _, m := range s.Readings {
			fmt.Fprintf(&b, "%s %s\n", lamps[m.Health], reading(m))
		}
		if inside { // addresses are for those who take part
			b.WriteString(pageLines(s.Outputs.Shop, s.Outputs.Graphs, s.Outputs.Logs, s.Outputs.Runbooks))
		}
		text := b.String()
		if !inside {
			text = Redact(text)
		}
		return Tell("%s", strings.TrimSpace(text)), nil
	},
}

// running writes what the round has cost so far.
func running(s round.Status) string {
	switch {
	case !s.Cost.Known:
		return ""
	case s.Cost.PerHour == 0:
		return "It costs nothing.\n"
	}
	return fmt.Sprintf("It costs about %s an hour, and has cost about %s so far.\n", round.USD(s.Cost.PerHour), round.USD(s.Spent))
}

var phases = map[round.Phase]string{
	round.Provisioning: "is being built",
	round.Ready:        "is ready",
	round.Stuck:        "is stuck",
	round.Destroying:   "is being destroyed",
	round.Closed:       "is closed",
}

var lamps = map[round.Health]string{round.Good: "🟢", round.Bad: "🔴", round.Unknown: "⚪"}

func writeIncident(b *strings.Builder, in *round.IncidentStatus) {
	if in == nil {
		return
	}
	fmt.Fprintf(b, "**%s** is open, begun %s, time limit %s", in.ID, Ago(in.Since), round.Spell(in.Limit))
	if in.Title != "" {
		fmt.Fprintf(b, ": %s", in.Title)
	}
	b.WriteString(". ")
	if in.Acknowledged {
		b.WriteString("Acknowledged. ")
	}
	if in.Hold > 0 {
		fmt.Fprintf(b, "Well for %s of %s. ", round.Spell(in.Held), round.Spell(in.Hold))
	}
	if in.Hints > 0 {
		fmt.Fprintf(b, "%s taken. ", count(in.Hints, "hint"))
	}
	var names []string
	for _, a := range in.Alerts {
		names = append(names, a.Name)
	}
	if len(names) > 0 {
		fmt.Fprintf(b, "Firing: %s.", strings.Join(names, ", "))
	}
	b.WriteString("\n")
}

func reading(m round.Reading) string {
	if m.Say == "" {
		return m.Probe
	}
	if rest, ok := strings.CutPrefix(m.Say, m.Probe+" is "); ok {
		return m.Probe + ": " + rest // a list, not a sentence
	}
	return m.Say
}
