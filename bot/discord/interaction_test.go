package discord

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

func ask(t *testing.T, g *guild, as, name string, options map[string]any) localdiscord.Message {
	t.Helper()
	m, err := g.as(as).Ask(within(t), "alerts", name, options)
	if err != nil {
		t.Fatalf("/%s: %v", name, err)
	}
	if m.EphemeralFor != as {
		t.Errorf("/%s is answered for %q, want only %s", name, m.EphemeralFor, as)
	}
	return m
}

func TestCommandsAreAnswered(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.run(t)
	if m := ask(t, g, viewer, "status", nil); !strings.Contains(m.Content, "No round is open") {
		t.Errorf("answer %q", m.Content)
	}
	m := ask(t, g, master.ID, "provision", map[string]any{"player": ana.ID})
	if !strings.Contains(m.Content, "**R7** would be built: stage classic, with ana on call") {
		t.Errorf("answer %q", m.Content)
	}
	if _, err := g.as(master.ID).Click(within(t), m, "build:c3d4"); err != nil {
		t.Error(err)
	}
	if m := g.see(t, master.ID, "**R7** is on its way"); m.EphemeralFor != master.ID {
		t.Errorf("said yes, and is answered for %q", m.EphemeralFor)
	}
	if m := ask(t, g, master.ID, "provision", map[string]any{"player": viewer}); !strings.Contains(m.Content, "does not hold the player's role") {
		t.Errorf("answer %q", m.Content)
	}
	choices, err := g.as(master.ID).Autocomplete(within(t), "alerts", "inject", map[string]any{"scenario": "sec"}, "scenario")
	if err != nil || len(choices) != 1 || choices[0].Value != "security-group" {
		t.Errorf("offers %v, %v", choices, err)
	}
	// An owner can lift Discord's own check; ours stays.
	g.OverrideCommandPermissions(true)
	if m := ask(t, g, viewer, "provision", map[string]any{"player": ana.ID}); !strings.Contains(m.Content, "You are not an admin here") {
		t.Errorf("answer %q", m.Content)
	}
	choices, err = g.as(viewer).Autocomplete(within(t), "alerts", "inject", map[string]any{"scenario": ""}, "scenario")
	if err != nil || len(choices) != 1 || strings.Contains(choices[0].Name, "security") {
		t.Errorf("a viewer is offered %v, %v", choices, err)
	}
}

// TestSlowAnswers: a slow command is deferred at once; another one only when it
// takes longer than it should. Both are finished where they were announced.
func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.run(t, func(b *Bot) { b.patience = 50 * time.Millisecond })
	for name, options := range map[string]map[string]any{"inject": {"scenario": "surprise"}, "status": nil} {
		free := make(chan struct{})
		g.rounds.shows = func(context.Context) (round.Offer, error) {
			<-free
			return round.Offer{Round: "R7", Surprise: true}, nil
		}
		g.rounds.status = func(context.Context) (round.Status, error) { <-free; return round.Status{}, nil }
		ctx := within(t)
		client := g.as(master.ID)
		events, err := client.Events(ctx)
		if err != nil {
			t.Fatal(err)
		}
		id, err := client.Command(ctx, "alerts", name, options)
		if err != nil {
			t.Fatal(err)
		}
		var loading, done bool
		for !done {
			select {
			case e := <-events:
				m, ok := e.Message()
				if !ok || m.InteractionMetadata == nil || m.InteractionMetadata.ID != id {
					continue
				}
				if m.Loading && !loading {
					loading = true
					close(free)
				}
				done = !m.Loading && m.Content != ""
			case <-ctx.Done():
				t.Fatalf("/%s: deferred %t, never finished", name, loading)
			}
		}
		if !loading {
			t.Errorf("/%s was not deferred", name)
		}
	}
}

func TestErrorsAndPanics(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.run(t)
	g.rounds.status = func(context.Context) (round.Status, error) { panic("at 10.0.0.1") }
	if m := ask(t, g, ana.ID, "status", nil); !strings.HasPrefix(m.Content, "Something went wrong on our side. Ref ") {
		t.Errorf("answer %q", m.Content)
	}
	if !strings.Contains(g.log.String(), "at 10.0.0.1") {
		t.Error("the log does not say what happened")
	}
	g.rounds.status, g.rounds.err = nil, round.Refuse("no-round", "No round is open at all.")
	if m := ask(t, g, ana.ID, "status", nil); m.Content != "No round is open at all." {
		t.Errorf("answer %q", m.Content)
	}
}

// TestShowOnce presses the button of the direct message, where nobody's roles
// come along.
func TestShowOnce(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	const secret = "wJalrXUtnFEMIxK7MDENGxbPxRfiCYEXAMPLEKEY"
	g.rounds.access = round.Access{Round: "R7", User: "r7-ana", AccessKeyID: round.NewSecret("AKIAIOSFODNN7EXAMPLE"),
		SecretAccessKey: round.NewSecret(secret), Region: "us-east-1", Endpoint: "http://127.0.0.1:9"}
	keep(t, g.book, wholeRound()[:6])
	g.run(t)
	m := g.see(t, ana.ID, "Your access to **R7** is ready")
	got, err := g.as(ana.ID).Click(within(t), m, "reveal:R7")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.Content, "export AWS_SECRET_ACCESS_KEY="+secret+"\n") || got.EphemeralFor != ana.ID {
		t.Errorf("revealed for %q:\n%s", got.EphemeralFor, got.Content)
	}
	for _, text := range g.Texts() {
		if strings.Contains(text.Text, secret) && (len(text.Readers) != 1 || text.Readers[0] != ana.ID) {
			t.Errorf("%v could read the key in %s", text.Readers, text.Channel)
		}
	}
	if strings.Contains(g.log.String(), secret) {
		t.Error("the key is in the log")
	}
}

// TestAlertButton acknowledges a page by its button, as those who may and as
// those who may not.
func TestAlertButton(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	keep(t, g.book, wholeRound()[:11])
	g.run(t)
	m := g.see(t, viewer, "🔴 **ShopErrorRatioHigh**")
	if len(m.Mentions) != 1 || m.Mentions[0].ID != ana.ID {
		t.Errorf("it notifies %v", m.Mentions)
	}
	got, err := g.as(viewer).Click(within(t), m, "ack:INC-3")
	if err != nil || !strings.Contains(got.Content, "You are not a player here") {
		t.Errorf("a viewer reads %q, %v", got.Content, err)
	}
	got, err = g.as(ana.ID).Click(within(t), m, "ack:INC-3")
	if err != nil || got.Content != "**INC-3** is yours." {
		t.Errorf("ana reads %q, %v", got.Content, err)
	}
}

// TestStrangeInteractions gives the handler what discordgo gives when it could
// not read an event. Nothing may panic, and nothing may be sent.
func TestStrangeInteractions(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	b, err := New(g.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.session.Client.CloseIdleConnections()
	user := &discordgo.User{ID: ana.ID}
	named := discordgo.ApplicationCommandInteractionData{Name: "status", Options: []*discordgo.ApplicationCommandInteractionDataOption{nil, {Name: "x"}}}
	for name, i := range map[string]*discordgo.InteractionCreate{
		"nil":          nil,
		"empty":        {},
		"zero":         {Interaction: &discordgo.Interaction{}},
		"no data":      {Interaction: &discordgo.Interaction{ID: "1", Token: "t", User: user}},
		"nobody":       {Interaction: &discordgo.Interaction{ID: "1", Token: "t", Data: named}},
		"no user":      {Interaction: &discordgo.Interaction{ID: "1", Token: "t", Data: named, Member: &discordgo.Member{}}},
		"a modal":      {Interaction: &discordgo.Interaction{ID: "1", Token: "t", User: user, Data: discordgo.ModalSubmitInteractionData{}}},
		"no name":      {Interaction: &discordgo.Interaction{ID: "1", Token: "t", User: user, Data: discordgo.ApplicationCommandInteractionData{}}},
		"other guild":  {Interaction: &discordgo.Interaction{ID: "1", Token: "t", GuildID: "9", User: user, Data: named}},
		"long expired": {Interaction: &discordgo.Interaction{ID: "1", Token: "t", GuildID: g.cfg.Guild, Member: &discordgo.Member{User: user}, Type: 2, Data: named}},
	} {
		t.Run(name, func(t *testing.T) { b.interaction(t.Context(), i) })
	}
	if strings.Contains(g.log.String(), "panic") {
		t.Errorf("a panic was only caught:\n%s", g.log)
	}
	if !strings.Contains(g.log.String(), "10062") {
		t.Errorf("the log does not tell of an interaction that expired:\n%s", g.log)
	}
}

// TestSlowIsNotDoneUnheard: a slow command whose person cannot be answered is
// not run, because they saw it fail and will type it again.
func TestSlowIsNotDoneUnheard(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.rounds.shows = func(context.Context) (round.Offer, error) {
		t.Error("it was done")
		return round.Offer{}, nil
	}
	b, err := New(g.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.session.Client.CloseIdleConnections()
	var i discordgo.Interaction
	raw := `{"id":"1","token":"t","type":2,"guild_id":"` + g.cfg.Guild + `","member":{"user":{"id":"` + master.ID + `"},"roles":["` + g.cfg.Roles.Admin + `"]},
		"data":{"id":"1","name":"inject","type":1,"options":[{"name":"scenario","type":3,"value":"surprise"}]}}`
	if err := json.Unmarshal([]byte(raw), &i); err != nil {
		t.Fatal(err)
	}
	b.interaction(t.Context(), &discordgo.InteractionCreate{Interaction: &i})
	if !strings.Contains(g.log.String(), "nothing was done") {
		t.Errorf("the log says\n%s", g.log)
	}
}
