package discord

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(referee.Main(m)) }

const viewer = "1271000000000000103"

// rounds is an engine of which a test says what it answers. What it does not
// say is a panic.
type rounds struct {
	commands.Rounds
	status func(context.Context) (round.Status, error)
	shows  func(context.Context) (round.Offer, error)
	access round.Access
	err    error
}

func (r *rounds) Status(ctx context.Context, _ round.Caller) (round.Status, error) {
	if r.status == nil {
		return round.Status{}, r.err
	}
	return r.status(ctx)
}

func (r *rounds) Preview(ctx context.Context, _ round.Caller, _, _ string, _ bool) (round.Offer, error) {
	return r.shows(ctx)
}

func (r *rounds) Prepare(_ context.Context, _ round.Caller, p round.Person, stage string) (round.Prospect, error) {
	return round.Prospect{Ticket: "c3d4", Round: "R7", Player: p, Stage: stage, Lifetime: time.Hour}, r.err
}

func (r *rounds) Provision(_ context.Context, _ round.Caller, ticket string) (round.ID, error) {
	return "R7", r.err
}

func (r *rounds) Acknowledge(context.Context, round.Caller) (round.IncidentID, error) {
	return "INC-3", r.err
}

func (r *rounds) Reveal(context.Context, round.Caller) (round.Access, error) { return r.access, r.err }

func (r *rounds) Scenarios(context.Context, round.Caller) ([]round.Scenario, error) {
	return []round.Scenario{{ID: "security-group", Title: "a rule goes missing"}}, r.err
}

// guild is a local Discord with a bot's configuration for it.
type guild struct {
	*localdiscord.Server
	url    string
	cfg    Config
	rounds *rounds
	book   *ledger.Ledger
	log    *logged
}

func newGuild(t *testing.T, change ...func(*localdiscord.Config)) *guild {
	t.Helper()
	c := localdiscord.Rehearsal()
	for _, f := range change {
		f(&c)
	}
	s, err := localdiscord.New(c)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(referee.Watch(t, s.Handler()))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		h.Close()
	})
	g := &guild{Server: s, url: h.URL, rounds: &rounds{}, book: openLedger(t, filepath.Join(t.TempDir(), "ledger.db")), log: &logged{}}
	log := slog.New(slog.NewTextHandler(g.log, nil))
	router, err := commands.NewRouter(commands.Config{Rounds: g.rounds, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	g.cfg = Config{
		Token: round.NewSecret(c.Token), Guild: c.Guild.ID, Application: c.Bot.ID,
		Channels: Channels{Alerts: c.Channels[0].ID, Operations: c.Channels[1].ID},
		Roles:    Roles{Admin: c.Guild.Roles[0].ID, Player: c.Guild.Roles[1].ID},
		BaseURL:  h.URL, Router: router, Book: g.book, Reports: reporterFunc(someReport), Log: log, Now: time.Now,
	}
	return g
}

// run starts a bot and returns how to stop it. It is ready when run returns.
func (g *guild) run(t *testing.T, change ...func(*Bot)) (*Bot, func() error) {
	t.Helper()
	b, stop := g.begin(t, change...)
	select {
	case <-b.Ready():
	case <-within(t).Done():
		t.Fatal("the bot is not ready")
	}
	return b, stop
}

// begin starts a bot and does not wait for it.
func (g *guild) begin(t *testing.T, change ...func(*Bot)) (*Bot, func() error) {
	t.Helper()
	b, err := New(g.cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(b)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		err := <-done
		b.session.Client.CloseIdleConnections()
		return err
	})
	t.Cleanup(func() { _ = stop() })
	return b, stop
}

func (g *guild) as(id string) *localdiscord.Client { return localdiscord.NewClient(g.url, id) }

// see waits until somebody sees a message that holds all the texts.
func (g *guild) see(t *testing.T, as string, texts ...string) localdiscord.Message {
	t.Helper()
	m, err := g.as(as).WaitMessage(within(t), func(m localdiscord.Message) bool {
		all := m.Content
		for _, e := range m.Embeds {
			all += "\n" + e.Description
		}
		return !slices.ContainsFunc(texts, func(s string) bool { return !strings.Contains(all, s) })
	})
	if err != nil {
		t.Fatalf("nobody wrote %q: %v", texts, err)
	}
	return m
}

// history is all that stands in a channel, oldest first.
func (g *guild) history(t *testing.T, as, channel string) []string {
	t.Helper()
	st, err := g.as(as).State(within(t))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range st.Messages[channel] {
		lines = append(lines, m.Content)
	}
	return lines
}

func within(t *testing.T) context.Context {
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(stop)
	return ctx
}

// logged is a log that a test can read and wait for.
type logged struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{}
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.grown != nil {
		close(l.grown)
		l.grown = nil
	}
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns when the text is in the log.
func (l *logged) wait(t *testing.T, text string) {
	t.Helper()
	for ctx := within(t); ; {
		l.mu.Lock()
		if strings.Contains(l.text.String(), text) {
			l.mu.Unlock()
			return
		}
		if l.grown == nil {
			l.grown = make(chan struct{})
		}
		grown := l.grown
		l.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
			t.Fatalf("the log does not say %q:\n%s", text, l)
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
