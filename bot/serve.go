package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"github.com/chaotic-good/scenarios/bot/discord"
	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/runner"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// shopRelease is the release of the shop that a new stack runs.
const shopRelease = "1.4.0"

func serveVerb(ctx context.Context, args []string, getenv func(string) string, errs io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(errs)
	path := flags.String("config", "", "a YAML file; the environment goes over it")
	verbose := flags.Bool("verbose", false, "log more")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	c, err := readConfig(*path, getenv)
	if err != nil {
		return err
	}
	return serve(ctx, c, slog.New(slog.NewJSONHandler(errs, &slog.HandlerOptions{Level: level})), parts{book: openLedger, stack: beside})
}

// book is the ledger, as the parts that serve wires together use it.
type book interface {
	round.Ledger
	discord.Book
	Close() error
}

// parts are what serve is made of that a test may replace.
type parts struct {
	book  func(path string) (book, error)
	stack func(aws.Config, *runner.Config) // what is built beside Terraform
}

func openLedger(path string) (book, error) {
	return ledger.Open(path)
}

// serve is the bot. It returns when ctx ends: open rounds stay open, and the
// next start goes on with them.
func serve(ctx context.Context, c config, log *slog.Logger, with parts) (err error) {
	var stop closers
	defer func() { err = errors.Join(err, stop.all(ctx)) }()
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	book, err := with.book(filepath.Join(c.State, "ledger.db"))
	if err != nil {
		return err
	}
	stop.add("ledger", func(context.Context) error { return book.Close() })
	key, err := ownKey(c.State)
	if err != nil {
		return err
	}
	intake, err := newIntake(ctx, c, log, key)
	if err != nil {
		return err
	}
	stop.add("webhook's listener", intake.close)
	_, profile, err := c.pace()
	if err != nil {
		return err
	}
	catalogue, err := scenarios.Load(scenarios.Files, profile)
	if err != nil {
		return err
	}
	cloud, err := infra.AWSConfig(ctx, c.AWS.Region, c.AWS.Endpoint)
	if err != nil {
		return err
	}
	doors := infra.NewDoors(cloud)
	people := new(lateScout)
	engine, err := newEngine(ctx, hands{c, log, key, cloud, doors, with.stack}, book, catalogue, intake.scout(), people)
	if err != nil {
		return err
	}
	chat, err := newDiscord(c, log, book, engine, catalogue)
	if err != nil {
		return err
	}
	people.Scout = chat

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return engine.Run(ctx) })
	g.Go(func() error { return chat.Run(ctx) })
	g.Go(func() error { return intake.run(ctx, engine, doors) })
	return g.Wait()
}

// lateScout is a scout that is there only after the engine is: people are looked
// at by Discord, which needs the engine.
type lateScout struct{ round.Scout }

// hands are what the engine acts with: AWS and the settings of how.
type hands struct {
	c     config
	log   *slog.Logger
	key   round.Secret
	cloud aws.Config
	doors *infra.Doors
	stack func(aws.Config, *runner.Config)
}

// maker is who makes the stacks, and looks before.
type maker interface {
	round.Stacks
	round.Scout
}

// maker gives the one that the configuration names. Terraform leaves the secrets
// and the clean-up to the other.
func (h hands) maker(pace infra.Pace) (maker, error) {
	log := h.log.With("part", "maker")
	wait := pace.Ready
	if h.c.AWS.Maker == byTerraform {
		wait = max(wait, shopTerraformTime)
	}
	m, err := infra.NewMaker(h.cloud, infra.MakerConfig{Pace: pace, Log: log, Image: "chaotic-good/shop:" + shopRelease, Wait: wait, Doors: h.doors})
	if err != nil || h.c.AWS.Maker != byTerraform {
		return m, err
	}
	return newRunner(h.cloud, m, h.c.stacksBy(), log, h.stack)
}

// newEngine gives the engine its hands: AWS, the scenarios, the measurements.
func newEngine(ctx context.Context, h hands, book book, catalogue *scenarios.Catalogue, scouts ...round.Scout) (*round.Engine, error) {
	c, log, cloud := h.c, h.log, h.cloud
	pace, profile, err := c.pace()
	if err != nil {
		return nil, err
	}
	maker, err := h.maker(pace)
	if err != nil {
		return nil, err
	}
	account, err := infra.NewScout(cloud, c.scout(log.With("part", "scout")))
	if err != nil {
		return nil, err
	}
	users, err := infra.NewUsers(cloud, infra.UsersConfig{Log: log.With("part", "users")})
	if err != nil {
		return nil, err
	}
	return round.New(ctx, round.Config{
		Now: time.Now, Log: log.With("part", "engine"), Ledger: book, Stacks: maker, Identities: users, Pages: h.doors,
		Faults: scenarios.NewFaults(cloud), Prober: infra.NewProber(log.With("part", "prober"), h.doors),
		Trail: infra.NewTrail(cloud, log.With("part", "trail")), Catalogue: catalogue,
		Scouts: append([]round.Scout{account, maker}, scouts...), Ceiling: c.Cost.PerHour,
		Webhook:   func(id round.ID) round.Webhook { return reportsTo(c, h.key, id) },
		PageBound: profile.PageBound, Pick: rand.IntN, Tick: profile.Scrape, Settle: settle(profile),
		Lifetime: c.Lifetime, Idle: c.Idle, Retry: 10 * pace.Poll, IncidentLimit: c.IncidentLimit,
	})
}

// settle is how long /inject waits for the steady state of a young stack: until
// its first minute of errors, if there was one, has left the window.
func settle(p monitoring.Profile) time.Duration { return 2*p.Window + 5*p.Scrape }

// stages lists those that the maker has. Terraform has the usual one.
func (c *config) stages(all []round.Scenario) []string {
	if c.AWS.Maker == byTerraform {
		return infra.Stages()[:1]
	}
	return stagesOf(all)
}

// stagesOf lists the stages that scenarios need, the usual one first.
func stagesOf(all []round.Scenario) []string {
	list := []string{infra.Stages()[0]}
	for _, stage := range infra.Stages()[1:] {
		if slices.ContainsFunc(all, func(s round.Scenario) bool { return slices.Contains(s.Stages, stage) }) {
			list = append(list, stage)
		}
	}
	return list
}

func newDiscord(c config, log *slog.Logger, book book, engine *round.Engine, catalogue *scenarios.Catalogue) (*discord.Bot, error) {
	router, err := commands.NewRouter(commands.Config{
		Rounds: engine, Log: log.With("part", "commands"), Stages: c.stages(catalogue.All()),
		Roles: map[round.Role]string{
			round.Admin: "<@&" + c.Discord.AdminRole + ">", round.Player: "<@&" + c.Discord.PlayerRole + ">",
		},
	})
	if err != nil {
		return nil, err
	}
	return discord.New(discord.Config{
		Token: round.NewSecret(c.Discord.Token), Guild: c.Discord.Guild, Application: c.Discord.Application,
		Channels: discord.Channels{Alerts: c.Discord.Alerts, Operations: c.Discord.Operations},
		Roles:    discord.Roles{Admin: c.Discord.AdminRole, Player: c.Discord.PlayerRole},
		BaseURL:  c.Discord.URL, Router: router, Book: book, Reports: reports{book}, Log: log.With("part", "discord"), Now: time.Now,
	})
}

// reports hands post-mortems to Discord.
type reports struct{ book book }

func (r reports) Report(ctx context.Context, id round.IncidentID) (discord.Report, error) {
	p, err := postmortem.Write(ctx, r.book, id, postmortem.Chat)
	if err != nil {
		return discord.Report{}, err
	}
	return discord.Report{Title: "Post-mortem " + p.Title, Markdown: p.Markdown, Sections: p.Sections, File: p.File}, nil
}
