package discord

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// Colours of an alert's state.
const (
	red    = 0xe74c3c
	orange = 0xe67e22
	yellow = 0xf1c40f
	green  = 0x2ecc71
	grey   = 0x95a5a6
)

// shownAlerts is how many alerts of a group are spelled out.
const shownAlerts = 5

// drawProgress is the one message about a round's making and removal.
func (r *roundView) drawProgress() message {
	var b strings.Builder
	switch r.phase {
	case round.Provisioning:
		fmt.Fprintf(&b, "**%s is being built** for %s, stage %s%s · begun %s%s%s", r.id, name(r.player), r.stage, steps(r.progress), commands.Ago(r.began),
			commands.Due(" · ready about", r.until), money(r.cost))
	case round.Stuck:
		return *r.sayStuck()
	case round.Ready:
		fmt.Fprintf(&b, "**%s is ready** for %s after %s. It destroys itself at %s (%s).\nThe keys go to %s in a direct message. `/inject` begins an incident, `/destroy` ends the round.",
			r.id, name(r.player), round.Spell(r.ready.Sub(r.began)), commands.Clock(r.expires), commands.Ago(r.expires), name(r.player))
	case round.Destroying:
		fmt.Fprintf(&b, "**%s is being destroyed**%s%s · begun %s%s%s", r.id, reasons[r.why], steps(r.progress), commands.Ago(r.ending),
			commands.Due(" · gone about", r.until), money(r.cost))
		if r.failure != nil {
			b.WriteString("\n" + failure(*r.failure))
		}
	case round.Closed:
		fmt.Fprintf(&b, "**%s is destroyed.** It was open for %s.", r.id, round.Spell(r.closed.Sub(r.began)))
	}
	return message{text: b.String()}
}

var reasons = map[string]string{"lifetime": ", because its time is up", "idle": ", because nothing happened in it"}

func steps(p round.Progress) string {
	if p.Total == 0 {
		return ""
	}
	return fmt.Sprintf(" · %d of %d · `%s`", p.Done, p.Total, strings.ReplaceAll(p.Phase, "`", "'"))
}

func failure(f round.Failure) string {
	s := commands.Sentence(f.Say)
	switch {
	case f.Of > 0:
		s += fmt.Sprintf(" That was try %d of %d.", f.Attempt, f.Of)
	case f.Attempt > 1:
		s += fmt.Sprintf(" That was try %d.", f.Attempt)
	}
	if f.RetryAt.IsZero() {
		s += " It is not tried again by itself; `/destroy` removes what there is."
	} else {
		s += fmt.Sprintf(" Trying again %s.", commands.Ago(f.RetryAt))
	}
	if f.Ref != "" {
		s += fmt.Sprintf(" Details for the operator: ref %s.", f.Ref)
	}
	return s
}

// drawAccess is the direct message about somebody's keys. It never holds any.
func (r *roundView) drawAccess(a *accessView) message {
	switch {
	case a.state == round.CredentialsExpired && r.phase != round.Closed:
		return message{text: fmt.Sprintf("Nobody looked at this access to **%s** in time, so it has ended. In a channel of the server, `/credentials new:True` makes new keys.", r.id)}
	case a.state == round.CredentialsExpired || a.state == round.CredentialsRevoked || r.phase == round.Closed:
		return message{text: fmt.Sprintf("This access to **%s** has ended.", r.id)}
	case a.state == round.CredentialsRevealed:
		return message{text: fmt.Sprintf("Your access to **%s** was shown once. It works until %s or until the round ends. Lost it, or did a stranger see it? In a channel of the server, `/credentials new:True` makes new keys and kills these.",
			r.id, commands.Clock(r.expires))}
	}
	return message{
		text: fmt.Sprintf("Your access to **%s** is ready. It works until %s or until the round ends, for you alone. Do not open this on a screen that is being streamed.",
			r.id, commands.Clock(r.expires)),
		buttons: []commands.Button{commands.RevealButton(string(r.id))},
	}
}

// drawAlert is the one message about an alert group.
func (r *roundView) drawAlert(a *alertView) message {
	lamp, color := "🔴", red
	in := a.incident
	switch {
	case a.firing() == 0:
		lamp, color = "🟢", green
	case r.phase == round.Closed:
		lamp, color = "⚪", grey
	case in != nil && !in.acked.IsZero():
		lamp, color = "🟠", orange
	case a.severity() == "warning":
		lamp, color = "🟡", yellow
	}
	var m message
	m.text = fmt.Sprintf("%s **%s** · %s", lamp, a.title(), a.severity())
	if in != nil {
		m.text += fmt.Sprintf(" · %s · ", in.id)
		if a.pages {
			m.text += mention(r.player) + briefing(in.asked)
			m.ping = []string{r.player.ID}
		} else {
			m.text += name(r.player)
		}
	} else {
		m.text += fmt.Sprintf(" · %s, outside any incident", r.id)
	}
	m.embeds = []commands.Embed{{Text: a.details(r), Color: color}}
	if in != nil && in.ended.IsZero() {
		ack := commands.AckButton(string(in.id))
		ack.Disabled = !in.acked.IsZero()
		m.buttons = []commands.Button{ack, commands.HintButton(string(in.id))}
	}
	first := a.alerts[0]
	hidden := first.Runbook != "" && !mayLink(first.Runbook) && public(first.Name) == first.Name // whose button holds it
	if hidden && r.phase == round.Ready && a.resolved.IsZero() {
		m.buttons = append(m.buttons, commands.RunbookButton(first.Name)...)
	}
	return m
}

// briefing is what whoever pages the player says beside the alert, as a quote.
func briefing(d round.FaultAsked) string {
	text := strings.Join(strings.Fields(public(d.Briefing)), " ")
	if text == "" {
		return ""
	}
	return "\n> " + commands.Cut(text, 800)
}

func (a *alertView) title() string {
	var names []string
	for _, s := range a.alerts {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	title := public(names[0])
	switch {
	case len(names) > 1:
		title += fmt.Sprintf(" and %d more", len(names)-1)
	case len(a.alerts) > 1:
		title += fmt.Sprintf(" (%d of %d firing)", a.firing(), len(a.alerts))
	}
	return title
}

// severity is the worst of those that fire, or of all when none does.
func (a *alertView) severity() string {
	worst := ""
	for _, s := range a.alerts {
		if (s.Firing || a.firing() == 0) && (worst == "" || s.Severity == "critical") {
			worst = s.Severity
		}
	}
	if worst == "" {
		return "no severity"
	}
	return public(worst)
}

func (a *alertView) details(r *roundView) string {
	var b strings.Builder
	for i, s := range a.alerts {
		if i == shownAlerts {
			fmt.Fprintf(&b, "… and %d more.\n", len(a.alerts)-i)
			break
		}
		if len(a.alerts) > 1 {
			fmt.Fprintf(&b, "%s %s: ", map[bool]string{true: "🔴", false: "🟢"}[s.Firing], public(s.Name))
		}
		fmt.Fprintf(&b, "%s It began %s.\n", commands.Cut(commands.Sentence(public(s.Summary)), 400), commands.Ago(s.StartsAt))
		if s.Description != "" && len(a.alerts) == 1 {
			fmt.Fprintf(&b, "%s\n", commands.Cut(public(s.Description), 800))
		}
	}
	fmt.Fprintf(&b, "Runbook: %s\n", a.runbook())
	b.WriteString(a.acknowledged())
	if !a.resolved.IsZero() {
		fmt.Fprintf(&b, "🟢 the alert resolved after %s\n", round.Spell(a.resolved.Sub(a.began)))
	}
	if a.resolved.IsZero() && r.phase == round.Closed {
		b.WriteString("⚪ the round ended before it was resolved\n")
	}
	return strings.TrimSpace(b.String())
}

// acknowledged says who has the incident. Who took it before this alert fired did
// not see this one.
func (a *alertView) acknowledged() string {
	in := a.incident
	switch {
	case in == nil || in.acked.IsZero():
		return ""
	case a.began.After(in.acked):
		return fmt.Sprintf("🟠 %s had acknowledged %s before this fired\n", name(in.ackedBy), in.id)
	}
	since := in.paged
	if since.IsZero() || since.After(in.acked) {
		since = a.began
	}
	return fmt.Sprintf("🟠 acknowledged by %s after %s\n", name(in.ackedBy), round.Spell(in.acked.Sub(since)))
}

// runbook names the runbook of the first alert, with its link where everybody may
// have that.
func (a *alertView) runbook() string {
	first := a.alerts[0]
	if mayLink(first.Runbook) {
		return fmt.Sprintf("[%s](%s)", public(first.Name), first.Runbook)
	}
	return "`" + strings.ReplaceAll(public(first.Name), "`", "'") + "`"
}

// mention names a person so that Discord shows, and may notify, them.
func mention(p round.Person) string { return "<@" + p.ID + ">" }

// name writes a person's name without notifying anybody.
func name(p round.Person) string {
	if p.Name == "" {
		return "somebody"
	}
	return commands.Neutral(p.Name)
}

// mayLink reports whether viewers may be given a link. An address in it would
// tell them where the stack is; a loopback address, as rehearsals have, only
// leads to the reader's own machine.
func mayLink(link string) bool {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || strings.ContainsAny(link, " )<>") {
		return false
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		u.Host = "localhost"
	}
	return public(u.String()) == u.String()
}

// public is a text from elsewhere as viewers may read it.
func public(s string) string { return commands.Redact(s) }
