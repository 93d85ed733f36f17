// Package discord is the bot's connection to Discord: it hands what people type
// and press to the commands, and tells the channels what the ledger says.
//
// It is the only package that opens a discordgo session. It knows Discord's
// limits and what discordgo does badly: a handler that panics, an Open that
// hangs, waits that nobody can end, a message that is posted twice. It does not
// know AWS, Alertmanager or the rules of a round: those are in what it reads.
package discord

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/bwmarrin/discordgo"
	"golang.org/x/sync/errgroup"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// Config is everything that a Bot needs. Only BaseURL is optional.
type Config struct {
	Token       round.Secret // without "Bot "
	Guild       string       // id of the one guild that it works in
	Application string       // id of the application
	Channels    Channels
	Roles       Roles

	// BaseURL is a Discord-compatible server (http://host:port). All traffic
	// goes there and to no other host. Empty: Discord itself.
	BaseURL string

	Router  *commands.Router
	Book    Book
	Reports Reporter
	Log     *slog.Logger
	Now     func() time.Time
}

// Channels are the ids of the channels that the bot writes to.
type Channels struct {
	Alerts     string // players and viewers read it
	Operations string // only admins do
}

// Roles are the ids of Discord's roles that make somebody an admin or a player.
// Everybody else in the guild is a viewer.
type Roles struct{ Admin, Player string }

// Book is the ledger as the announcer reads it, and the memory of how far it is
// and which messages it wrote.
type Book interface {
	Replay(ctx context.Context, from uint64, each func(round.Event) error) error
	Wait(ctx context.Context, after uint64) error
	Cursor(ctx context.Context, name string) (uint64, error)
	SetCursor(ctx context.Context, name string, seq uint64) error
	Note(ctx context.Context, key string) (value string, found bool, err error)
	SetNote(ctx context.Context, key, value string) error
}

// Reporter writes the post-mortem of an incident that has ended.
type Reporter interface {
	Report(ctx context.Context, id round.IncidentID) (Report, error)
}

// Report is a post-mortem.
type Report struct {
	Title    string   // of the thread
	Markdown string   // the whole of it, for the attached file
	Sections []string // what the thread shows, each of any length
	File     string   // name of the attached file
}

// Bot is one connection to one guild.
type Bot struct {
	cfg     Config
	log     *slog.Logger
	session *discordgo.Session
	rest    *rest
	wires   wires

	dropped chan struct{} // the gateway's connection has ended
	online  chan struct{} // closed when it opened for the first time
	ready   chan struct{} // closed when the commands are there too
	busy    busy          // interactions that are being answered

	patience time.Duration // before an answer that does not come is deferred
}

// New checks the configuration and connects to nothing yet.
func New(cfg Config) (*Bot, error) {
	base, err := parseBase(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	b := &Bot{cfg: cfg, log: cfg.Log, patience: 700 * time.Millisecond,
		dropped: make(chan struct{}, 1), online: make(chan struct{}), ready: make(chan struct{})}
	b.wires.handshake, b.wires.idle, b.wires.gone = 10*time.Second, 100*time.Second, make(chan struct{})
	known := newLimits()
	if b.session, err = newSession(cfg.Token, newClient(base, known, b.wires.gone)); err != nil {
		return nil, err
	}
	b.session.Dialer = b.wires.dialer(base)
	b.rest = &rest{session: b.session, limits: known, log: cfg.Log, latest: map[string]string{}}
	return b, nil
}

// parseBase reads a BaseURL; nil is Discord itself.
func parseBase(address string) (*url.URL, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("the Discord address %q is not http://host:port", address)
	}
	return u, nil
}

// newSession makes a session without discordgo's own wishes.
func newSession(token round.Secret, client *http.Client) (*discordgo.Session, error) {
	s, err := discordgo.New("Bot " + token.Reveal())
	if err != nil {
		return nil, fmt.Errorf("make a Discord session: %w", err)
	}
	s.Client = client
	s.UserAgent = "DiscordBot (https://github.com/chaotic-good/scenarios, 1)"
	s.LogLevel = -1 // it would print to the standard logger
	s.StateEnabled = false
	s.Identify.Intents = intents
	s.ShouldReconnectOnError = false // its loop cannot be stopped; ours is in gateway.go
	s.ShouldRetryOnRateLimit, s.MaxRestRetries = false, 0
	return s, nil
}

func (c Config) check() error {
	for name, value := range map[string]string{
		"a guild": c.Guild, "an application": c.Application, "the alerts channel": c.Channels.Alerts,
		"the operations channel": c.Channels.Operations, "the admin role": c.Roles.Admin, "the player role": c.Roles.Player,
	} {
		if value == "" {
			return fmt.Errorf("to work in Discord, the bot needs the id of %s", name)
		}
	}
	if c.Token.Empty() {
		return errors.New("to work in Discord, the bot needs its token")
	}
	if c.Router == nil || c.Book == nil || c.Reports == nil || c.Log == nil || c.Now == nil {
		return errors.New("to work in Discord, the bot needs Router, Book, Reports, Log and Now")
	}
	return nil
}

// Ready is closed when the commands are registered and the gateway is open for
// the first time.
func (b *Bot) Ready() <-chan struct{} { return b.ready }

// Run works until ctx ends, and then returns nil. Discord being away delays it;
// only a token, an id or a ledger that cannot work ends it with an error. Call
// it once.
func (b *Bot) Run(ctx context.Context) error {
	defer b.busy.wait()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.stayConnected(ctx) })
	g.Go(func() error {
		if err := b.register(ctx); err != nil {
			return err
		}
		select {
		case <-b.online:
			close(b.ready)
		case <-ctx.Done():
		}
		return nil
	})
	g.Go(func() error {
		a := announcer{book: b.cfg.Book, reports: b.cfg.Reports, out: b.rest, log: b.log, now: b.cfg.Now,
			alerts: b.cfg.Channels.Alerts, operations: b.cfg.Channels.Operations}
		return a.run(ctx)
	})
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// register tells Discord which commands there are.
func (b *Bot) register(ctx context.Context) error {
	endpoint := discordgo.EndpointApplicationGuildCommands(b.cfg.Application, b.cfg.Guild)
	if err := b.rest.insist(ctx, request{method: "PUT", url: endpoint, body: b.cfg.Router.Defs()}, nil); err != nil {
		return fmt.Errorf("register the commands: %w", err)
	}
	return nil
}
