package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
	"github.com/chaotic-good/scenarios/infra/rehearsal/panels"
	"github.com/chaotic-good/scenarios/infra/rehearsal/reconcile"
	"github.com/chaotic-good/scenarios/infra/runner"
	"github.com/chaotic-good/scenarios/monitoring"
)

// stage is a rehearsal: the world, the local Discord, and the bot in a process
// of its own. The bot may die; the stage is what AWS and Discord are to it.
type stage struct {
	world   *rehearsal.World
	discord *localdiscord.Server
	setup   localdiscord.Config
	page    string // the one address that people need
	bot     *child
	pace    string // of the bot: for people, or faster
	polling bool   // of the bot: it asks Alertmanager
	run     string
	log     *slog.Logger
	stop    closers
}

func rehearseVerb(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("rehearse", flag.ContinueOnError)
	flags.SetOutput(errs)
	var play autoplay
	flags.StringVar(&play.scenario, "autoplay", "", "play a whole round of this `scenario`, the repair included, and end; all: every move of every scenario")
	sample := flags.Bool("sample", false, "autoplay all: one right and one wrong move of each scenario only")
	flags.StringVar(&play.variant, "variant", "", "autoplay: the `variant` of the scenario; drawn if empty")
	flags.StringVar(&play.fix, "fix", "", "autoplay: the move that the player makes; the first that counts if empty")
	flags.StringVar(&play.report, "report", "", "autoplay: write the figures to this `file` as JSON, and the post-mortem beside it as .md")
	flags.BoolVar(&play.polling, "polling", false, "the bot asks Alertmanager, as one without a public address does, instead of being called by it")
	flags.BoolVar(&play.terraform, "terraform", false, "make the stack by Terraform and AWS's provider, as it is made on AWS, and not by calls of the SDK")
	verbose := flags.Bool("verbose", false, "log what the world does")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(errs, "bot: rehearse takes no argument %q\n", flags.Arg(0))
		return exitCode(2)
	}
	if runtime.GOOS != "linux" {
		return errors.New("rehearsal runs on Linux only: it holds processes and network paths as only Linux lets it")
	}
	log := logOf(*verbose, errs)
	ctx, cancel := endWithGoRun(ctx)
	defer cancel()
	if play.scenario == "all" {
		if play.variant != "" || play.fix != "" || play.terraform || play.polling {
			fmt.Fprintln(errs, "bot: autoplay all plays every variant and every move, on stacks made by calls of the SDK, with a bot that is called")
			return exitCode(2)
		}
		return playAll(ctx, *sample, play.report, out, talkOf(*verbose, errs), log)
	}
	if play.scenario != "" {
		return play.perform(ctx, out, log)
	}
	c := stageConfig{out: out, log: log, polling: play.polling}
	if play.terraform {
		if c.provider, err = provide(ctx, os.Environ(), out, log); err != nil {
			return ended(ctx, err)
		}
	}
	return rehearse(ctx, c)
}

// rehearse holds a stage until somebody ends it.
func rehearse(ctx context.Context, c stageConfig) error {
	began, out := time.Now(), c.out
	s, err := raise(ctx, c)
	if err != nil {
		return ended(ctx, err)
	}
	fmt.Fprintf(out, "\nReady after %.1f s. Open %s and type /provision player:@ana in #operations.\nCtrl-C ends it and leaves nothing behind.\n", time.Since(began).Seconds(), s.page)
	hold, cancel := s.whole(ctx)
	defer cancel(nil)
	err = s.bot.keep(hold)
	if lost := context.Cause(hold); errors.Is(lost, errLost) {
		err = errors.Join(lost, err)
	}
	fmt.Fprintln(out, "\nEnding the rehearsal …")
	if err := errors.Join(ended(ctx, err), s.stop.all(ctx)); err != nil {
		return err
	}
	fmt.Fprintln(out, "Nothing is left.")
	return nil
}

// errLost ends a rehearsal whose AWS is gone.
var errLost = errors.New("moto, which plays AWS here, ended by itself, and the rehearsal with it; start a new one")

// whole gives a context that ends, with errLost as its cause, when the world
// cannot go on.
func (s *stage) whole(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.world.Lost():
			cancel(errLost)
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// ended is nil when an error only says that somebody ended the program.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return nil
	}
	return err
}

// stageConfig is what differs between a rehearsal for a person and autoplay.
type stageConfig struct {
	out   io.Writer
	log   *slog.Logger
	limit time.Duration // of an incident; 0: the scenario's
	fast  bool          // nobody watches: a disk fills in seconds

	polling  bool             // the bot asks Alertmanager and has no address of its own
	provider *runner.Provider // by which Terraform makes the stacks; nil: calls of the SDK make them

	// What tests stand in between; nil everywhere else.
	front func(discord http.Handler) http.Handler // before the local Discord
	env   []string                                // more for the bot's process
}

// How many bytes a second the inventory logs when it says everything. Its volume
// of 64 MiB is full after 80 s or 11 s.
const (
	peopleLogRate = 8 << 20 / 10
	fastLogRate   = 6 << 20
)

// raise builds a stage. On error nothing of it is left.
func raise(ctx context.Context, c stageConfig) (s *stage, err error) {
	s = &stage{log: c.log, setup: localdiscord.Rehearsal(), pace: "rehearsal", polling: c.polling}
	logRate := int64(peopleLogRate)
	if c.fast {
		s.pace, logRate = "autoplay", fastLogRate
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop.all(ctx))
		}
	}()
	base, err := runBase()
	if err != nil {
		return s, err
	}
	s.run = base
	// The world removes it; where there is no world yet, it is empty.
	s.stop.add("run folder", func(context.Context) error { _ = os.Remove(base); return nil })
	cache, err := cacheDir()
	if err != nil {
		return s, err
	}
	page, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return s, fmt.Errorf("listen for the chat page: %w", err)
	}
	s.stop.add("chat page's listener", func(context.Context) error { return ignoreClosed(page.Close()) })
	s.page = "http://" + page.Addr().String()
	progress := func(line string) { fmt.Fprintln(c.out, "  "+line) }
	fmt.Fprintln(c.out, "Setting the stage:")
	s.world, err = rehearsal.Start(ctx, rehearsal.Config{
		Log: c.log.With("part", "world"), Run: base, Cache: cache,
		Watchdog: []string{self, "watchdog"}, Shop: []string{self, "shop"}, Box: []string{self, "box"}, Cage: []string{self, "cage"}, LogRate: logRate,
		Progress: progress, Pages: reconcile.Pages{Graphs: s.page + "/tabs/graphs/", Logs: s.page + "/tabs/logs/", Runbooks: s.page + "/tabs/runbooks/"},
		Unjudged: c.provider != nil,
	})
	if err != nil {
		return s, err
	}
	s.stop.add("world", s.world.Close)
	if err := s.openDiscord(page, c.front); err != nil {
		return s, err
	}
	progress("starting the bot")
	if err := s.startBot(ctx, c); err != nil {
		return s, err
	}
	return s, nil
}

// openDiscord serves the local Discord with its tabs.
func (s *stage) openDiscord(page net.Listener, front func(http.Handler) http.Handler) error {
	s.setup.Log, s.setup.Now = s.log.With("part", "localdiscord"), time.Now
	s.setup.Tabs = []localdiscord.Tab{
		{Name: "graphs", Title: "Graphs", Handler: panels.Graphs(s.world.Graphs)},
		{Name: "logs", Title: "Logs", Handler: panels.Logs(s.world.Logs)},
		{Name: "runbooks", Title: "Runbooks", Handler: monitoring.Runbooks(s.world.Round)},
	}
	server, err := localdiscord.New(s.setup)
	if err != nil {
		return err
	}
	s.discord = server
	handler := server.Handler()
	if front != nil {
		handler = front(handler)
	}
	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	var g errgroup.Group
	g.Go(func() error { return ignoreClosed(web.Serve(page)) })
	s.stop.add("local Discord", func(context.Context) error {
		return errors.Join(server.Close(), web.Close(), g.Wait())
	})
	return nil
}

// startBot runs `bot serve` and waits until it is at Discord's gateway.
func (s *stage) startBot(ctx context.Context, c stageConfig) error {
	state := filepath.Join(s.run, "bot")
	if err := os.MkdirAll(state, 0o700); err != nil {
		return fmt.Errorf("make the bot's folder: %w", err)
	}
	address := filepath.Join(state, "webhook.address")
	// The bot's public address: it stays when the bot dies, as a load balancer
	// or a DNS name would.
	door, err := netpath.Open(ctx, netpath.Config{Name: "alertmanager -> bot", Log: s.log, Target: func() string { return readLine(address) }})
	if err != nil {
		return fmt.Errorf("open the bot's public address: %w", err)
	}
	s.stop.add("bot's public address", func(context.Context) error { return door.Close() })
	s.bot = &child{
		group: s.world.Group, env: slices.Concat(s.botEnv(state, address, "http://"+door.Addr(), c.limit), byTerraformEnv(c.provider), c.env), dir: state, log: s.log,
		asked: make(chan anew),
	}
	s.stop.add("bot", s.bot.stop)
	if err := s.bot.start(ctx); err != nil {
		return err
	}
	return s.online(ctx)
}

// online waits until the bot has registered its commands.
func (s *stage) online(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	admin := localdiscord.NewClient(s.page, s.person(localdiscord.Admin).ID)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if state, err := admin.State(ctx); err == nil && state.Online && len(state.Commands) > 0 {
			return nil
		}
		select {
		case <-s.bot.process.Done():
			return fmt.Errorf("the bot did not start: %s", s.bot.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("wait for the bot: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

func (s *stage) person(role localdiscord.Role) localdiscord.Person {
	for _, p := range s.setup.People {
		if p.Role == role {
			return p
		}
	}
	return localdiscord.Person{}
}

// ledger is where the bot keeps its events.
func (s *stage) ledger() string { return filepath.Join(s.run, "bot", "ledger.db") }
