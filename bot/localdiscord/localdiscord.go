// Package localdiscord is a Discord-compatible server for one guild, on one
// machine: rehearsal and tests run the unchanged bot against it.
//
// It knows Discord's REST interface (v9 and v10), its gateway, its limits and
// its error bodies, and a small interface of its own through which people
// type, press and read (the chat page, [Client]). Everything lives in memory.
// It does not know rounds, incidents or this bot: any Discord library that can
// be pointed at another host may talk to it.
package localdiscord

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Config says who is in the guild and which bot may log in.
type Config struct {
	Log *slog.Logger     // nil: nothing is logged
	Now func() time.Time // nil: time.Now

	// Token is the bot's token. Clients send it as "Bot <token>".
	Token string
	// Bot is the application and its user at once; both have Bot.ID.
	Bot      Person
	Guild    Guild
	People   []Person
	Channels []Channel
	Tabs     []Tab

	// RateLimit holds for each route and channel. Zero: 50 requests a second,
	// far more lenient than Discord.
	RateLimit RateLimit
	// PrivilegedIntents are the privileged gateway intents that the
	// application has switched on. A bot that asks for another is closed
	// with 4014, as Discord does.
	PrivilegedIntents int
	// NoCommands is a guild that let the bot in without the scope
	// applications.commands.
	NoCommands bool
}

// Tab is an extra page beside the chat: a dashboard, the shop, logs.
type Tab struct {
	Name    string // part of the path /tabs/<name>/
	Title   string
	Handler http.Handler // sees paths without the prefix
}

// Server is one guild with its people, channels and messages. Create it with
// [New], serve [Server.Handler], and [Server.Close] it in the end.
type Server struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	handler http.Handler
	address atomic.Pointer[string]
	done    chan struct{} // closed by Close: streams and connections end
	running sync.WaitGroup
	faults  faults
	limits  limiter

	mu           sync.Mutex // guards everything below
	closed       bool
	lastID       int64
	people       []Person // the bot is not among them
	channels     []*channel
	commands     map[string][]ApplicationCommand // by guild id; "" holds the global ones
	interactions map[string]*interaction         // by token
	files        map[string]file
	nonces       map[string]nonce
	sessions     map[string]*session
	subscribers  map[*subscriber]struct{}
	dmsClosed    map[string]bool
	override     bool // see OverrideCommandPermissions
	anyText      bool // see TakeAnyText
	said         []Text
}

// New checks the configuration and returns a server that listens to nothing
// yet.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure local Discord: %w", err)
	}
	s := &Server{
		cfg:          cfg,
		log:          cfg.Log,
		now:          cfg.Now,
		done:         make(chan struct{}),
		people:       cfg.People,
		commands:     map[string][]ApplicationCommand{},
		interactions: map[string]*interaction{},
		files:        map[string]file{},
		nonces:       map[string]nonce{},
		sessions:     map[string]*session{},
		subscribers:  map[*subscriber]struct{}{},
		dmsClosed:    map[string]bool{},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if cfg.RateLimit == (RateLimit{}) {
		cfg.RateLimit = RateLimit{Requests: 50, Per: time.Second}
	}
	s.limits = limiter{limit: cfg.RateLimit, now: s.now, windows: map[string]*window{}}
	for i, c := range cfg.Channels {
		c.Position = i
		c.GuildID = cfg.Guild.ID
		s.channels = append(s.channels, &channel{Channel: c})
	}
	s.handler = s.routes()
	return s, nil
}

// Handler serves the page, the REST interface, the gateway, attachments, tabs
// and the people's interface. It answers only requests whose Host is an
// address or localhost, so that no web site can reach it by a name of its own.
func (s *Server) Handler() http.Handler { return s.handler }

// SetAddress fixes the base URL (http://host:port) of the gateway and of
// attachments. Without it they follow the Host of the request that asks.
func (s *Server) SetAddress(url string) { s.address.Store(&url) }

// Close ends all streams and gateway connections and waits for the latter.
// The listener is the caller's to close.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("close local Discord: closed twice")
	}
	s.closed = true
	for _, i := range s.interactions {
		i.timer.Stop()
	}
	close(s.done)
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

// base is the URL under which the sender of r reaches this server.
func (s *Server) base(r *http.Request) string {
	if a := s.address.Load(); a != nil {
		return *a
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
