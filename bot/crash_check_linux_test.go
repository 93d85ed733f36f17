package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
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
				all.same[c.Name+": "+textOf(m)]++
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
	groups := map[string]int{}
	for i, e := range mine {
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
		if len(list) > 1 {
			bad("%d messages tell %s: %q", len(list), key, textOf(list[0]))
		}
	}
	for text, n := range said.same {
		if n > 1 && (strings.Contains(text, "INC-") || strings.Contains(text, string(p.id)+" ")) {
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

// ends checks a round that is closed, and waits for what is still to be told.
func (p *crashRound) ends(ctx context.Context, t *testing.T) {
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for wrong := p.announced(ctx); len(wrong) > 0; wrong = p.announced(ctx) {
		tick := time.NewTimer(200 * time.Millisecond)
		select {
		case <-tick.C:
			continue
		case <-late.C:
		}
		for _, what := range wrong {
			p.fails("%s: %s", p.id, what)
		}
		break
	}
	after, err := p.stage.world.Inventory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range after.Minus(p.before) {
		p.fails("%s left %s", p.id, what)
	}
	if err := p.identify(ctx); err == nil {
		p.fails("the keys of %s live on", p.id)
	}
	p.look(func(s *round.State, all []round.Event) {
		for _, e := range all {
			if e.Round == p.id && slices.Contains([]round.Kind{round.ProvisionFailed, round.DestroyFailed, round.RollbackFailed}, e.Kind) {
				p.failsLocked("%s: %s: %s", p.id, e.Kind, e.Data)
			}
		}
		r := s.Rounds[p.id]
		if r.Result.Left != 0 {
			p.failsLocked("%s left %d by its own count: %v", p.id, r.Result.Left, r.Result.What)
		}
		for i, in := range r.Past {
			stopped := in.Ending.Outcome == round.Failed && strings.Contains(in.Ending.Say, "stopped while it was injecting")
			if last := i == len(r.Past)-1; !stopped && in.Ending.Outcome != round.Resolved || last && stopped {
				p.failsLocked("%s ended %s: %s", in.ID, in.Ending.Outcome, in.Ending.Say)
			}
		}
	})
}

// identify asks AWS with the player's keys who that is.
func (p *crashRound) identify(ctx context.Context) error {
	cfg, _, err := readReveal(p.keys)
	if err != nil {
		return err
	}
	_, err = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	return err
}

// people wants one user of the round with one key: the one that was revealed.
func (p *crashRound) people(t *testing.T) func(context.Context) {
	api := iam.NewFromConfig(p.behind(t))
	return func(ctx context.Context) {
		path := infra.NamesOf(p.id).Path
		users, err := api.ListUsers(ctx, &iam.ListUsersInput{PathPrefix: &path})
		if err != nil {
			p.fails("list the users: %v", err)
			return
		}
		keys := map[string]string{}
		for _, u := range users.Users {
			list, err := api.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: u.UserName})
			if err != nil {
				p.fails("list the keys: %v", err)
				return
			}
			for _, k := range list.AccessKeyMetadata {
				keys[aws.ToString(k.AccessKeyId)] = aws.ToString(u.UserName)
			}
		}
		cfg, _, err := readReveal(p.keys)
		if err != nil {
			p.fails("read the keys: %v", err)
			return
		}
		mine, err := cfg.Credentials.Retrieve(ctx)
		if err != nil || len(users.Users) != 1 || len(keys) != 1 || keys[mine.AccessKeyID] == "" {
			p.fails("%s has %d users with the keys of %v; the revealed one should be the only one", p.id, len(users.Users), slices.Collect(maps.Values(keys)))
		}
		if err := p.identify(ctx); err != nil {
			p.fails("the revealed keys do not work: %v", err)
		}
	}
}
