package discord

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// TestSilentGateway: a gateway that accepts and says nothing holds neither the
// start nor the end.
func TestSilentGateway(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.Silent(true)
	short := func(b *Bot) { b.wires.handshake = 100 * time.Millisecond }
	b, stop := g.begin(t, short)
	g.log.wait(t, "not connected to Discord")
	g.Silent(false)
	select {
	case <-b.Ready():
	case <-within(t).Done():
		t.Fatal("it did not try again")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}

	g.Silent(true)
	_, stop = g.begin(t) // with its ten seconds
	began := time.Now()
	if err := stop(); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("stopped after %s with %v", time.Since(began), err)
	}
}

func TestReconnects(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.run(t)
	works := func(after string) {
		t.Helper()
		for deadline := within(t); ; {
			m, err := g.as(ana.ID).Ask(deadline, "alerts", "status", nil)
			if err == nil && strings.Contains(m.Content, "No round") {
				return
			}
			if deadline.Err() != nil {
				t.Fatalf("after %s: %v\n%s", after, err, g.log)
			}
		}
	}
	works("the start")
	g.DropGateway()
	works("a lost connection")
	g.AskReconnect()
	works("a request to reconnect")
	g.ForgetSessions()
	g.DropGateway()
	works("a lost session")
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.cfg.Token = round.NewSecret("wrong-token-value")
	b, err := New(g.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.session.Client.CloseIdleConnections()
	if err = b.Run(within(t)); err == nil || !strings.Contains(err.Error(), "does not let this bot in") {
		t.Errorf("it ended with %v", err)
	}
	if strings.Contains(g.log.String(), "wrong-token-value") {
		t.Error("the token is in the log")
	}
}

func TestConfigSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	for want, change := range map[string]func(*Config){
		"needs its token":    func(c *Config) { c.Token = round.Secret{} },
		"a guild":            func(c *Config) { c.Guild = "" },
		"the alerts channel": func(c *Config) { c.Channels.Alerts = "" },
		"http://host:port":   func(c *Config) { c.BaseURL = "localhost" },
		"Router":             func(c *Config) { c.Router = nil },
	} {
		cfg := g.cfg
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error about %s, got %v", want, err)
		}
	}
}

// TestBadWeather tells a whole round while Discord fails in every way, and the
// bot is stopped and started in between. Everything arrives once, in order.
func TestBadWeather(t *testing.T) {
	t.Parallel()
	calm := newGuild(t)
	keep(t, calm.book, wholeRound())
	calm.run(t)
	calm.see(t, viewer, "**R7 is over**")

	g := newGuild(t, func(c *localdiscord.Config) { c.RateLimit = localdiscord.RateLimit{Requests: 5, Per: time.Second} })
	story := wholeRound()
	keep(t, g.book, story[:8])
	_, stop := g.run(t)
	g.see(t, master.ID, "**INC-3** has begun")
	g.FailREST(2, http.StatusInternalServerError)
	keep(t, g.book, story[8:12])
	g.see(t, viewer, "ShopLatencyHigh")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	keep(t, g.book, story[12:21]) // nobody listens
	g.FailREST(3, http.StatusTooManyRequests)
	_, stop = g.run(t)
	g.see(t, viewer, "says that it is repaired")
	g.LoseAnswers(3) // it acts, and says 502
	keep(t, g.book, story[21:24])
	g.see(t, viewer, "**INC-3 is resolved.**")
	keep(t, g.book, story[24:])
	g.see(t, viewer, "**R7 is over**")
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{g.cfg.Channels.Operations, g.cfg.Channels.Alerts} {
		got, want := g.history(t, master.ID, channel), calm.history(t, master.ID, channel)
		for i := range want { // the card of a round shows how far it was
			if strings.HasPrefix(want[i], "**R7 is") && i == 0 {
				got[i], want[i] = "", ""
			}
		}
		lamps := strings.NewReplacer("🔴", "", "🟠", "", "🟢", "")
		if !slices.EqualFunc(got, want, func(a, b string) bool { return lamps.Replace(a) == lamps.Replace(b) }) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestThread looks at the post-mortem as people find it.
func TestThread(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	keep(t, g.book, wholeRound()[:24])
	g.run(t)
	page := g.see(t, viewer, "**Summary.** The zebra went missing from (address).")
	if len(page.Attachments) != 1 || page.Attachments[0].Filename != "R7-INC-3.md" {
		t.Errorf("attached is %v", page.Attachments)
	}
	st, err := g.as(viewer).State(within(t))
	if err != nil {
		t.Fatal(err)
	}
	thread, ok := st.Channel(page.ChannelID)
	if !ok || thread.Type != localdiscord.PublicThread || thread.ParentID != g.cfg.Channels.Alerts || thread.Name != "Post-mortem INC-3 · zebra title" {
		t.Errorf("it is in %+v", thread)
	}
	if first := st.Messages[g.cfg.Channels.Alerts][0]; first.ID != thread.ID || !strings.Contains(first.Content, errorRatio) {
		t.Errorf("the thread %s does not hang on the first alert %s", thread.ID, first.Content)
	}
}

// TestClosedDirectMessages is TestClosedDirect at a real server.
func TestClosedDirectMessages(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	g.CloseDMs(ana.ID, true)
	keep(t, g.book, wholeRound()[:6])
	g.run(t)
	g.see(t, master.ID, "ana takes no direct messages")
	if m := g.see(t, ana.ID, "Type `/credentials` here"); len(m.Mentions) != 1 || m.ChannelID != g.cfg.Channels.Alerts {
		t.Errorf("in %s it notifies %v", m.ChannelID, m.Mentions)
	}
	g.see(t, master.ID, "**R7 is ready**")
}

// TestMentions: whatever people and alerts say, nobody is notified by it.
func TestMentions(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	story := wholeRound()[:11]
	a := firing("@everyone", 0)
	a.Summary = "<@" + viewer + "> @here"
	story = append(story,
		entry{8 * time.Minute, bot, "INC-3", round.AlertFired, a},
		entry{9 * time.Minute, ana, "INC-3", round.NoteAdded, round.Note{Text: "@everyone <@" + viewer + "> look"}})
	keep(t, g.book, story)
	g.run(t)
	for _, m := range []localdiscord.Message{g.see(t, viewer, "look"), g.see(t, viewer, "🔴 **@everyone**")} {
		if m.MentionEveryone || len(m.Mentions) > 0 {
			t.Errorf("%q notifies people", m.Content)
		}
	}
}
