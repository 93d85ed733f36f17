package discord

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	intake "github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// terrarium is a whole bot under glass: the real engine, ledger, webhook, router
// and Discord session, and a local Discord, connected by pipes inside a synctest
// bubble, where five minutes pass at once. Only AWS is played by hands.
type terrarium struct {
	*localdiscord.Server
	t       *testing.T
	cfg     localdiscord.Config
	bot     *Bot
	book    *outside
	engine  *round.Engine
	hands   *hands
	log     *logged
	discord *pipes
	webhook *pipes
	ahead   atomic.Int64 // of the bot's clock
	statuses
}

var morning = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// underGlass builds a terrarium in a bubble of its own and plays in it.
func underGlass(t *testing.T, play func(t *testing.T, w *terrarium)) {
	t.Helper()
	book := openOutside(t, filepath.Join(t.TempDir(), "ledger.db"))
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(morning)) // a bubble begins in 2000, before Discord's first id
		play(t, grow(t, book))
	})
}

func grow(t *testing.T, book *outside) *terrarium {
	t.Helper()
	w := &terrarium{t: t, cfg: localdiscord.Rehearsal(), hands: newHands(), log: &logged{}, book: book}
	var err error
	if w.Server, err = localdiscord.New(w.cfg); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	key := round.NewSecret("the bot's own key")
	w.engine, err = round.New(t.Context(), w.hands.config(log, w.book))
	if err != nil {
		t.Fatal(err)
	}
	router, err := commands.NewRouter(commands.Config{Rounds: w.engine, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w.discord = listen(t, &http.Server{Handler: referee.Watch(t, w.Handler())})
	w.webhook = listen(t, intake.NewReceiver(intake.Config{Log: log, Key: key, Sink: w.engine}).Server())
	w.bot, err = New(Config{
		Token: round.NewSecret(w.cfg.Token), Guild: w.cfg.Guild.ID, Application: w.cfg.Bot.ID, BaseURL: "http://127.0.0.1:9",
		Channels: Channels{Alerts: w.cfg.Channels[0].ID, Operations: w.cfg.Channels[1].ID},
		Roles:    Roles{Admin: w.cfg.Guild.Roles[0].ID, Player: w.cfg.Guild.Roles[1].ID},
		Router:   router, Book: w.book, Reports: reporterFunc(w.report), Log: log,
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.connect(w.bot)
	w.run()
	return w
}

// connect leads all that a bot sends into the pipes.
func (w *terrarium) connect(b *Bot) {
	b.wires.dial = w.discord.dial
	b.session.Client.Transport.(*road).next = &http.Transport{DialContext: w.discord.dial}
}

// run starts the engine and the bot, and stops them in the order in which
// discordgo's lock, which Close holds while it sleeps, is waited for by nobody:
// a bubble's clock stands still while somebody waits for a lock.
func (w *terrarium) run() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = w.engine.Run(ctx) })
	running.Go(func() {
		if err := w.bot.Run(ctx); err != nil {
			w.t.Errorf("the bot ended: %v", err)
		}
	})
	w.t.Cleanup(func() {
		w.RefuseGateway(true)
		time.Sleep(1200 * time.Millisecond)
		cancel()
		running.Wait()
		w.bot.session.Client.CloseIdleConnections()
		if err := w.Close(); err != nil {
			w.t.Error(err)
		}
	})
	select {
	case <-w.bot.Ready():
	case <-within(w.t).Done():
		w.t.Fatalf("the bot is not ready:\n%s", w.log)
	}
}

// pass lets time pass, which in a bubble takes none.
func (w *terrarium) pass(d time.Duration) { time.Sleep(d) }

func (w *terrarium) report(id round.IncidentID) (Report, error) {
	p, err := postmortem.Write(context.Background(), w.book, id, postmortem.Chat)
	return Report{Title: "Post-mortem " + p.Title, Markdown: p.Markdown, Sections: p.Sections, File: p.File}, err
}

func (w *terrarium) as(id string) *localdiscord.Client {
	return localdiscord.NewClient("http://127.0.0.1:9", id).Dialing(w.discord.dial)
}

// kinds lists the kinds of all events.
func (w *terrarium) kinds() (kinds []round.Kind) {
	w.t.Helper()
	if err := w.book.Replay(w.t.Context(), 1, func(e round.Event) error { kinds = append(kinds, e.Kind); return nil }); err != nil {
		w.t.Fatal(err)
	}
	return kinds
}

// count tells how many events of a kind there are.
func (w *terrarium) count(kind round.Kind) (n int) {
	w.t.Helper()
	for _, k := range w.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// statuses are what senders of alerts were answered.
type statuses struct {
	mu  sync.Mutex
	all []int
}

// notify sends a notification as an Alertmanager does. A network error is 0.
func (w *terrarium) notify(body string) int {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: w.webhook.dial}, Timeout: 5 * time.Second}
	status := 0
	req, err := http.NewRequestWithContext(w.t.Context(), "POST", "http://bot/alerts/R1", bytes.NewReader([]byte(body)))
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+intake.Token(round.NewSecret("the bot's own key"), "R1").Reveal())
		if resp, err := client.Do(req); err == nil {
			status = resp.StatusCode
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
	w.statuses.mu.Lock()
	defer w.statuses.mu.Unlock()
	w.all = append(w.all, status)
	return status
}

// pipes is a network with one server in it.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu   sync.Mutex
	open []net.Conn
	cut  bool
}

func listen(t *testing.T, s *http.Server) *pipes {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	served := make(chan error, 1)
	go func() { served <- s.Serve(p) }()
	t.Cleanup(func() {
		_ = s.Close()
		<-served
	})
	return p
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// unplug cuts every connection and lets none be made, or plugs in again.
func (p *pipes) unplug(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = on
	for _, c := range p.open {
		if on {
			_ = c.Close()
		}
	}
	p.open = nil
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	p.mu.Lock()
	cut := p.cut
	p.open = append(p.open, near)
	p.mu.Unlock()
	if cut {
		return nil, fmt.Errorf("dial: %w", net.ErrClosed)
	}
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.done:
		return nil, net.ErrClosed
	}
}
