package discord

import (
	"fmt"
	"strings"

	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

func line(format string, args ...any) *message { return &message{text: fmt.Sprintf(format, args...)} }

func (r *roundView) sayStuck() *message {
	if r.phase == round.Destroying {
		return line("**%s could not be destroyed yet.** %s", r.id, failure(*r.failure))
	}
	m := line("**%s is stuck.** %s%s", r.id, failure(*r.failure), r.meanwhile())
	m.buttons = []commands.Button{commands.DestroyButton(string(r.id))}
	return m
}

// sayBegun tells the admins that an incident has begun, and not which.
func (r *roundView) sayBegun(in *incidentView) *message {
	return line("**%s** has begun in %s. %s is on call; it ends by itself at %s at the latest.",
		in.id, r.id, name(r.player), commands.Clock(in.begun.Add(in.asked.Limit)))
}

func sayHint(in *incidentView, h round.Hint) *message {
	return line("**%s** · hint %d of %d: %s", in.id, h.N, h.Of, public(h.Text))
}

func sayNote(in *incidentView, by round.Person, n round.Note) *message {
	return line("**%s** · %s notes: %s", in.id, name(by), public(n.Text))
}

func sayClaim(in *incidentView, by round.Person, c round.Claim) *message {
	if c.Green {
		return line("**%s** · %s says that it is repaired. Checked: %s It closes by itself.", in.id, name(by), commands.Sentence(public(c.Say)))
	}
	return line("**%s** · %s says that it is repaired. Not yet. %s Nothing is closed by saying so.", in.id, name(by), commands.Sentence(public(c.Say)))
}

func sayRollbackFailed(in *incidentView, f round.Failure) *message {
	return line("**%s** · %s", in.id, failure(f))
}

var endings = map[round.Outcome]string{
	round.Resolved: "is resolved",
	round.TimedOut: "ran out of time",
	round.Aborted:  "was aborted",
	round.Failed:   "failed, and does not count",
}

// how says how an incident ended, or "" while it is open.
func (in *incidentView) how() string {
	if end := endings[in.ending.Outcome]; end != "" || in.ended.IsZero() {
		return end
	}
	return "has ended"
}

// sayEnded is the first line that tells what it was.
func (r *roundView) sayEnded(in *incidentView) *message {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s %s.**", in.id, in.how())
	switch say := commands.Sentence(public(in.ending.Say)); {
	case say == "":
	case in.ending.Outcome == round.Aborted:
		fmt.Fprintf(&b, " Reason: %s", say)
	default:
		fmt.Fprintf(&b, " %s", say)
	}
	if in.ending.Outcome == round.Resolved && !in.recovered.IsZero() {
		if !in.paged.IsZero() {
			if in.changed.IsZero() || in.changed.After(in.recovered) {
				b.WriteString(" " + postmortem.Unaided)
			} else {
				fmt.Fprintf(&b, " %s needed %s from the page", name(r.player), round.Spell(max(0, in.recovered.Sub(in.paged))))
			}
			if outage := in.recovered.Sub(in.onset); !in.onset.IsZero() && outage >= 0 {
				fmt.Fprintf(&b, "; the outage lasted %s", round.Spell(outage))
			}
			b.WriteString(".")
		}
	}
	if in.ending.Outcome != round.Resolved && !strings.Contains(in.ending.Say, "rolled back") {
		b.WriteString(" The fault is rolled back.")
	}
	if was := strings.TrimSpace(in.asked.Debrief.Was); was != "" {
		fmt.Fprintf(&b, " It was: **%s**.", strings.TrimSuffix(public(was), "."))
	}
	if len(r.touch(in)) > 0 {
		b.WriteString(" The post-mortem is the thread on the page above.")
	}
	return &message{text: b.String()}
}

func (r *roundView) sayEndedToAdmins(in *incidentView) *message {
	was := strings.TrimSuffix(strings.TrimSpace(in.asked.Debrief.Was), ".")
	if was != "" {
		was = " It was: **" + was + "**."
	}
	return line("**%s %s**, %s after `/inject`.%s", in.id, in.how(), round.Spell(in.ended.Sub(in.begun)), was)
}

func (r *roundView) sayLeft(w round.Warning) *message {
	if w.Why == "idle" {
		return line("**Nobody has done anything in %s for a while.** It destroys itself in %s; any command keeps it.", r.id, round.Spell(w.Left))
	}
	return line("**%s has %s left.** It destroys itself %s.", r.id, round.Spell(w.Left), commands.Ago(r.expires))
}

func (r *roundView) sayExtended(d round.Extension) *message {
	return line("**%s** lasts %s longer: until %s.", r.id, round.Spell(d.By), commands.Clock(d.Expires))
}

// sayAgain is a page once more: an edit of the first would notify nobody.
func (r *roundView) sayAgain(in *incidentView, d round.Repeat) *message {
	return &message{
		text:    fmt.Sprintf("🔴 **%s** has waited for %s · %s, nobody has acknowledged it.", in.id, round.Spell(d.After), mention(r.player)),
		ping:    []string{r.player.ID},
		buttons: []commands.Button{commands.AckButton(string(in.id))},
	}
}

// sayUnheard tells the admin who injected that the player does not answer.
func (r *roundView) sayUnheard(in *incidentView, d round.Repeat) *message {
	return &message{
		text: fmt.Sprintf("🔴 %s **%s** has waited for %s, and %s has not acknowledged it. `/abort` ends it.", mention(in.by), in.id, round.Spell(d.After), name(r.player)),
		ping: []string{in.by.ID},
	}
}

func (r *roundView) sayClosedDirect(p round.Person) *message {
	return line("%s takes no direct messages. Their access to **%s** is ready all the same: `/credentials` shows it to them alone.", name(p), r.id)
}

// sayAccessHere stands in a channel that others read, and holds no secret.
func (r *roundView) sayAccessHere(p round.Person) *message {
	return &message{
		text: fmt.Sprintf("%s your access to **%s** is ready. Type `/credentials` here; only you will see the answer.", mention(p), r.id),
		ping: []string{p.ID},
	}
}

// sayDestroyed is the summary for admins.
func (r *roundView) sayDestroyed() *message {
	d := r.destroyed
	left := fmt.Sprintf("Left behind: **%d**", d.Left)
	if len(d.What) > 0 {
		left += " (" + public(strings.Join(d.What, ", ")) + ")"
	}
	return line("**%s is destroyed.** %d of %d things removed. %s. It was open for %s.%s%s",
		r.id, d.Removed, d.Removed+d.Left, left, round.Spell(r.closed.Sub(r.began)), r.spent(), r.incidentsInShort())
}

// sayOver is the summary for everybody.
func (r *roundView) sayOver() *message {
	return line("**%s is over** after %s.%s", r.id, round.Spell(r.closed.Sub(r.began)), r.incidentsInShort())
}

func (r *roundView) incidentsInShort() string {
	var parts []string
	for _, in := range r.incidents {
		if how := in.how(); how != "" {
			parts = append(parts, fmt.Sprintf("%s %s.", in.id, how))
		}
	}
	if len(parts) == 0 {
		return " There was no incident."
	}
	return " " + strings.Join(parts, " ")
}
