package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/runner"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// autoplay plays a whole round through Discord: two people type, one of them
// repairs. It is the demo, the acceptance test and the benchmark.
type autoplay struct {
	scenario, variant, fix, report string
	terraform, polling             bool

	out     io.Writer
	stage   *stage
	admin   *person
	player  *person
	catalog *scenarios.Catalogue
	made    scenarios.Fix
	figures report

	provider *runner.Provider // nil: calls of the SDK make the stack
	before   rehearsal.Inventory
}

// perform plays the round. It is an error when the outcome is not the one that
// the fix promises, or when anything is left.
func (a *autoplay) perform(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	profile := monitoring.Autoplay()
	if a.catalog, err = scenarios.Load(scenarios.Files, profile); err != nil {
		return err
	}
	if err := a.choose(); err != nil {
		return err
	}
	s, _ := a.catalog.Get(a.scenario)
	if err := a.provide(ctx, s, out, log); err != nil {
		return ended(ctx, err)
	}
	began := time.Now()
	a.out, a.figures.Scenario, a.figures.Variant, a.figures.Fix = out, a.scenario, a.variant, a.fix
	if a.stage, err = raise(ctx, stageConfig{out: out, log: log, limit: limitOf(s, profile), fast: true, polling: a.polling, provider: a.provider}); err != nil {
		return err
	}
	a.figures.Ready = seconds(time.Since(began))
	keep, cancel := a.stage.whole(ctx)
	kept := make(chan error, 1)
	go func() { kept <- a.stage.bot.keep(keep) }()
	err = a.play(keep)
	if lost := context.Cause(keep); errors.Is(lost, errLost) {
		err = errors.Join(lost, err)
	}
	cancel(nil)
	err = errors.Join(err, <-kept)
	var story postmortem.Report
	if err == nil {
		story, err = a.read(ctx)
	}
	err = errors.Join(err, a.stage.stop.all(ctx))
	a.figures.Total = seconds(time.Since(began))
	if err == nil && a.report != "" {
		err = a.figures.save(a.report, story.Markdown)
	}
	return errors.Join(err, a.verdict())
}

// choose takes the move and the variant that were asked for, and draws a variant
// that has the move where none was.
func (a *autoplay) choose() (err error) {
	if a.made, err = a.catalog.FixOf(a.scenario, a.variant, a.fix, rand.IntN); err != nil {
		return err
	}
	a.variant, a.fix = a.made.Variant, a.made.Name
	return nil
}

// limitOf is how long autoplay's incident may take: onset, page and three
// holds, and a minute at least.
func limitOf(s round.Scenario, p monitoring.Profile) time.Duration {
	return max(s.Onset+p.PageBound(s.Onset)+3*s.Hold, time.Minute)
}

// play is the round, as people play it.
func (a *autoplay) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, a.time())
	defer cancel()
	for _, act := range []func(context.Context) error{a.cast, a.provision, a.incident, a.destroy, a.count} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// cast says who plays, and looks at the world before they do.
func (a *autoplay) cast(ctx context.Context) (err error) {
	if a.admin, err = newPerson(ctx, a.stage, localdiscord.Admin, a.out); err != nil {
		return err
	}
	if a.player, err = newPerson(ctx, a.stage, localdiscord.Player, a.out); err != nil {
		return err
	}
	a.before, err = a.stage.world.Inventory(ctx)
	return err
}

// count compares the world with what it was before.
func (a *autoplay) count(ctx context.Context) error {
	after, err := a.stage.world.Inventory(ctx)
	if err != nil {
		return err
	}
	left := after.Minus(a.before)
	a.figures.Left = len(left)
	for _, what := range left {
		fmt.Fprintln(a.out, "  left:", what)
	}
	return nil
}

func (a *autoplay) provision(ctx context.Context) error {
	began := time.Now()
	options := map[string]any{"player": a.player.ID}
	if s, _ := a.catalog.Get(a.scenario); len(s.Stages) > 0 {
		options["stage"] = s.Stages[0]
	}
	if err := a.admin.provisions(ctx, options); err != nil {
		return err
	}
	if _, err := a.admin.reads(ctx, "is ready"); err != nil {
		return fmt.Errorf("wait for the round: %w", err)
	}
	a.figures.Provision = seconds(time.Since(began))
	return nil
}

// incident injects, and has the player see, acknowledge and repair.
func (a *autoplay) incident(ctx context.Context) error {
	reveal, err := a.player.reveals(ctx)
	if err != nil {
		return err
	}
	if err := a.admin.injects(ctx, a.scenario, a.variant); err != nil {
		return err
	}
	page, err := a.player.reads(ctx, "🔴", string(round.NewIncidentID(1)))
	if err != nil {
		return fmt.Errorf("wait for the page: %w", err)
	}
	if err := a.player.presses(ctx, page, "Acknowledge"); err != nil {
		return err
	}
	if err := a.repair(ctx, reveal); err != nil {
		return err
	}
	if err := a.player.types(ctx, "alerts", "resolve", nil); err != nil {
		return err
	}
	if _, err := a.player.reads(ctx, "It was"); err != nil {
		return fmt.Errorf("wait for the end of the incident: %w", err)
	}
	return nil
}

// repair runs the fix in a process with an empty environment, which knows only
// the text of the message that was revealed.
func (a *autoplay) repair(ctx context.Context, reveal string) error {
	fmt.Fprintf(a.out, "\n%s runs the move %s with the revealed keys\n", a.player.name, a.fix)
	return fixInChild(ctx, reveal, a.made, a.scenario, a.out)
}

func (a *autoplay) destroy(ctx context.Context) error {
	// The thread is written after the incident ended: destroy must not hurry it.
	if _, err := a.player.reads(ctx, "Numbers."); err != nil {
		return fmt.Errorf("wait for the post-mortem: %w", err)
	}
	if err := a.admin.destroys(ctx); err != nil {
		return err
	}
	if _, err := a.admin.reads(ctx, "is destroyed"); err != nil {
		return fmt.Errorf("wait for the end of the round: %w", err)
	}
	return nil
}

// read takes the figures and the story off the ledger, after the bot has let go
// of it.
func (a *autoplay) read(ctx context.Context) (story postmortem.Report, err error) {
	if err := a.stage.bot.stop(ctx); err != nil {
		return story, err
	}
	book, err := ledger.Open(a.stage.ledger())
	if err != nil {
		return story, err
	}
	defer func() { _ = book.Close() }() // it was only read
	if story, err = postmortem.Write(ctx, book, round.NewIncidentID(1), postmortem.UTC); err != nil {
		return story, err
	}
	return story, a.figures.fill(ctx, book, story)
}

// verdict compares what happened with what the fix promises.
func (a *autoplay) verdict() error {
	f := a.figures
	if f.Outcome == "" {
		return nil // it did not come so far, and another error says why
	}
	what := f.Scenario
	if f.Variant != "" {
		what += " (" + f.Variant + ")"
	}
	fmt.Fprintf(a.out, "\n%s with %s: %s (promised: %s), %d left, page after %.1f s (bound %.1f s), %s in all\n",
		what, f.Fix, f.Outcome, a.made.Promise, f.Left, f.TTD, f.TTDBound, round.Spell(time.Duration(f.Total*float64(time.Second))))
	var wrong []string
	if f.Outcome != a.made.Promise {
		wrong = append(wrong, fmt.Sprintf("the incident ended %s, and %s promises %s", f.Outcome, a.fix, a.made.Promise))
	}
	if f.Left != 0 {
		wrong = append(wrong, fmt.Sprintf("%d things were left", f.Left))
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	return nil
}
