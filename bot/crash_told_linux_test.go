package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

// told is what people have read of a round: the bot's messages that are no
// answers, by event and slot, and the threads.
type told struct {
	by      map[string][]localdiscord.Message // "12 o"
	threads map[string][]localdiscord.Message // by name
	same    map[string]int                    // by channel and text
}

var nonceParts = regexp.MustCompile(`^([0-9a-z]+)-([0-9a-z]+)-([a-z0-9]+)$`)

func (p *crashRound) read(ctx context.Context) (told, error) {
	all := told{map[string][]localdiscord.Message{}, map[string][]localdiscord.Message{}, map[string]int{}}
	seen := map[string]bool{}
	for _, who := range []*person{p.admin, p.player} {
		st, err := who.State(ctx)
		if err != nil {
			return all, err
		}
		for _, c := range st.Channels {
			for _, m := range st.Messages[c.ID] {
				if seen[m.ID] || m.Author.ID != st.Bot.ID || m.InteractionMetadata != nil {
					continue
				}
				seen[m.ID] = true
				if parts := nonceParts.FindStringSubmatch(fmt.Sprint(m.Nonce)); parts != nil {
					seq, err := strconv.ParseUint(parts[1], 36, 64)
					if err != nil {
						return all, err
					}
					key := fmt.Sprintf("%d %s", seq, parts[3])
					all.by[key] = append(all.by[key], m)
				}
				if c.Type == localdiscord.PublicThread {
					all.threads[c.ID+" "+c.Name] = append(all.threads[c.ID+" "+c.Name], m)
				}
				if c.Type != localdiscord.DMChannel { // there each new access has a message of its own
					all.same[c.Name+": "+textOf(m)]++
				}
			}
		}
	}
	return all, nil
}

// announced says what is not told, or told twice, of a round that has ended.
func (p *crashRound) announced(ctx context.Context) (wrong []string) {
	said, err := p.read(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	var mine []round.Event
	p.look(func(_ *round.State, all []round.Event) {
		if last := uint64(len(all)); p.passes < last {
			bad("the announcer is at %d of %d", p.passes, last)
		}
		for _, e := range all {
			if e.Round == p.id {
				mine = append(mine, e)
			}
		}
	})
	groups, names := map[string]int{}, []string{string(p.id)}
	for i, e := range mine {
		if e.Kind == round.FaultRequested {
			names = append(names, string(e.Incident))
		}
		for _, slot := range slotsOf(e, i == 0) {
			if key := fmt.Sprintf("%d %s", e.Seq, slot); len(said.by[key]) == 0 {
				bad("%s (event %d) was not announced: %s", e.Kind, e.Seq, slot)
			}
		}
		switch e.Kind {
		case round.AlertFired:
			var a round.Alert
			if err := e.Into(&a); err != nil {
				bad("%v", err)
			}
			groups[string(e.Incident)+" "+a.Group] += len(said.by[fmt.Sprintf("%d c", e.Seq)])
		case round.RollbackDone:
			wrong = append(wrong, p.thread(ctx, said, e)...)
		}
	}
	for key, list := range said.by {
		seq, _, _ := strings.Cut(key, " ")
		own := slices.ContainsFunc(mine, func(e round.Event) bool { return fmt.Sprint(e.Seq) == seq })
		if own && len(list) > 1 {
			bad("%d messages tell %s: %q", len(list), key, textOf(list[0]))
		}
	}
	for text, n := range said.same {
		own := slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, "**"+name) })
		if own && n > 1 {
			bad("%d messages say %q", n, text)
		}
	}
	for group, n := range groups {
		if n == 0 || n > 1 && !strings.HasPrefix(group, " ") {
			bad("%d messages for the alert group %q", n, group)
		}
	}
	return append(wrong, p.final(said, mine)...)
}

// slotsOf lists the messages that an event asks for.
func slotsOf(e round.Event, first bool) []string {
	switch e.Kind {
	case round.ProvisionRequested:
		if first {
			return []string{"c"}
		}
	case round.CredentialsIssued:
		return []string{"n"}
	case round.FaultRequested:
		return []string{"o"}
	case round.HintTaken, round.NoteAdded, round.ClaimMade:
		return []string{"a"}
	case round.RollbackDone:
		return []string{"a", "o", "p1"}
	case round.DestroyDone:
		return []string{"o", "a"}
	}
	return nil
}

// thread wants one thread for an incident, with every section and the file.
func (p *crashRound) thread(ctx context.Context, said told, e round.Event) (wrong []string) {
	story, err := postmortem.Write(ctx, p.memory(), e.Incident, postmortem.Chat)
	if err != nil {
		return []string{err.Error()}
	}
	var texts []string
	threads, attached := 0, 0
	for name, list := range said.threads {
		if !strings.Contains(name, string(e.Incident)+" ") {
			continue
		}
		threads++
		for _, m := range list {
			texts = append(texts, textOf(m))
			attached += len(m.Attachments)
		}
	}
	if threads != 1 || attached != 1 {
		wrong = append(wrong, fmt.Sprintf("%s has %d threads with %d files", e.Incident, threads, attached))
	}
	whole := strings.Join(texts, "\n")
	for _, section := range story.Sections {
		first, _, _ := strings.Cut(section, "\n")
		if n := strings.Count(whole, strings.TrimSpace(first)); n < 1 {
			wrong = append(wrong, fmt.Sprintf("the post-mortem of %s lacks %q", e.Incident, first))
		}
	}
	return wrong
}

// memory is a ledger of what was acknowledged.
func (p *crashRound) memory() postmortem.Ledger {
	var events []round.Event
	p.look(func(_ *round.State, all []round.Event) { events = slices.Clone(all) })
	return remembered(events)
}

type remembered []round.Event

func (r remembered) Replay(_ context.Context, from uint64, each func(round.Event) error) error {
	for _, e := range r[from-1:] {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

// final wants the messages that are edited to show the end.
func (p *crashRound) final(said told, mine []round.Event) (wrong []string) {
	for _, e := range mine {
		slot, want := "", ""
		switch e.Kind {
		case round.ProvisionRequested:
			slot, want = "c", "is destroyed.**"
		case round.CredentialsIssued:
			slot, want = "n", "has ended."
		case round.AlertFired:
			slot = "c"
		}
		for _, m := range said.by[fmt.Sprintf("%d %s", e.Seq, slot)] {
			text := textOf(m)
			over := want != "" || strings.HasPrefix(text, "🟢") || strings.HasPrefix(text, "⚪")
			if !strings.Contains(text, want) || !over || buttonOf(m, "") != "" {
				wrong = append(wrong, fmt.Sprintf("the message about %s does not show the end: %q", e.Kind, text))
			}
		}
	}
	return wrong
}
