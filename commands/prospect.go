package commands

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// marksOf shows how a check went.
var marksOf = map[round.CheckState]string{round.CheckOK: "✅", round.CheckWarns: "⚠️", round.CheckFails: "❌"}

// shownItems is how many kinds of what costs money are spelled out.
const shownItems = 8

// rank puts first what an admin has to read.
var rank = map[round.CheckState]int{round.CheckFails: -2, round.CheckWarns: -1}

// prospect writes what would be built, before anything is. What is well comes
// after what is not, for what is too long is cut above the last lines.
func prospect(p round.Prospect) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** would be built: stage %s, with %s on call, for %s.\n", p.Round, p.Stage, Neutral(p.Player.Name), round.Spell(p.Lifetime))
	checks := slices.Clone(p.Checks)
	slices.SortStableFunc(checks, func(a, b round.Check) int { return rank[a.State] - rank[b.State] })
	for _, c := range checks {
		fmt.Fprintf(&b, "%s **%s** · %s\n", marksOf[c.State], c.Name, c.Says)
	}
	text := Cut(b.String(), TextLimit-700)
	return strings.TrimRight(text, "\n") + "\n" + price(p) + verdict(p)
}

// price writes what the stack costs in an hour and in all.
func price(p round.Prospect) string {
	if !p.Cost.Known {
		return ""
	}
	if p.Cost.PerHour == 0 {
		return "It costs nothing. " + Cut(Sentence(p.Cost.Says), 200) + "\n"
	}
	s := fmt.Sprintf("It costs about **%s an hour**, and at most **%s** in %s. %s",
		round.USD(p.Cost.PerHour), round.USD(p.Cost.Of(p.Lifetime)), round.Spell(p.Lifetime), Cut(Sentence(p.Cost.Says), 200))
	var parts []string
	for i, item := range p.Cost.Items {
		if i == shownItems {
			parts = append(parts, fmt.Sprintf("%d more", len(p.Cost.Items)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d × %s %s", item.Count, item.What, round.USD(item.PerHour)))
	}
	s = strings.TrimSpace(s)
	if len(parts) > 0 {
		s += "\n-# " + Cut(strings.Join(parts, " · "), 300)
	}
	return s + "\n"
}

// verdict says what the admin may do now.
func verdict(p round.Prospect) string {
	if p.Ticket == "" {
		return "**It cannot be built like this, and nothing was.** Mend what is marked ❌, then `/provision` looks again."
	}
	for _, c := range p.Checks {
		if c.State == round.CheckWarns {
			return fmt.Sprintf(untouched+" Build it in spite of ⚠️? The buttons work until %s.", Clock(p.Expires))
		}
	}
	return fmt.Sprintf(untouched+" The buttons work until %s.", Clock(p.Expires))
}
