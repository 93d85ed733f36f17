package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// series plays many incidents in one world: a round for each stage, and in it
// one incident after the other, through Discord as people play them. After each
// the stack is brought back to what it was.
type series struct {
	out, talk io.Writer // the table, and the transcript
	log       *slog.Logger
	catalogue *scenarios.Catalogue
	profile   monitoring.Profile
	limit     time.Duration // of every incident, for now
	keep      func(trial) error

	stage         *stage
	admin, player *person
	prober        round.Prober
	rounds        int
	target        round.Target
	reveal        string // the text of the player's keys
	trials        []trial
	figures       seriesReport
}

func newSeries(out, talk io.Writer, log *slog.Logger) (*series, error) {
	s := &series{
		out: out, talk: talk, log: log, profile: monitoring.Autoplay(), keep: func(trial) error { return nil },
		prober: infra.NewProber(log.With("part", "prober"), infra.OpenDoors()),
	}
	var err error
	s.catalogue, err = scenarios.Load(scenarios.Files, s.profile)
	return s, err
}

// ways lists the scenarios in each of their variants; an id leaves only its own.
func (s *series) ways(id string) (all []round.Scenario, err error) {
	for _, sc := range s.catalogue.All() {
		if id != "" && sc.ID != id {
			continue
		}
		if len(sc.Variants) == 0 {
			all = append(all, sc)
		}
		for _, v := range sc.Variants {
			varied, _ := sc.As(v.Name)
			all = append(all, varied)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no scenario %q", id)
	}
	return all, nil
}

// perform raises a world, plays the ways stage by stage, and counts what is
// left. When ctx ends, the round under way is destroyed all the same.
func (s *series) perform(ctx context.Context, ways []round.Scenario, play func(context.Context, []round.Scenario) error) (err error) {
	began := time.Now()
	s.limit = repairable
	s.stage, err = raise(ctx, stageConfig{out: s.out, log: s.log, limit: s.limit, fast: true, env: []string{"CHAOTIC_LIFETIME=24h"}})
	if err != nil {
		return err
	}
	s.figures.Ready = seconds(time.Since(began))
	world, cancel := s.stage.whole(context.WithoutCancel(ctx))
	kept := make(chan error, 1)
	go func() { kept <- s.stage.bot.keep(world) }()
	err = s.playStages(ctx, world, ways, play)
	if lost := context.Cause(world); errors.Is(lost, errLost) {
		err = errors.Join(lost, err)
	}
	cancel(nil)
	err = errors.Join(err, <-kept, s.stage.stop.all(world))
	s.figures.Total, s.figures.Trials = seconds(time.Since(began)), s.trials
	return err
}

func (s *series) playStages(ctx, world context.Context, ways []round.Scenario, play func(context.Context, []round.Scenario) error) (err error) {
	if s.admin, err = newPerson(ctx, s.stage, localdiscord.Admin, s.talk); err != nil {
		return err
	}
	if s.player, err = newPerson(ctx, s.stage, localdiscord.Player, s.talk); err != nil {
		return err
	}
	before, err := s.stage.world.Inventory(ctx)
	if err != nil {
		return err
	}
	s.figures.Left = -1
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(world, cancel)() // the world may end first
	stages := map[string][]round.Scenario{}
	for _, w := range ways {
		stages[stageOf(w)] = append(stages[stageOf(w)], w)
	}
	for _, name := range infra.Stages() {
		if err == nil && len(stages[name]) > 0 {
			err = s.round(ctx, world, name, func() error { return play(ctx, stages[name]) })
		}
	}
	after, counted := s.stage.world.Inventory(world)
	if counted != nil {
		return errors.Join(err, counted)
	}
	left := after.Minus(before)
	s.figures.Left = len(left)
	for _, what := range left {
		fmt.Fprintln(s.out, "  left:", what)
	}
	return err
}

// repairable is the time limit of an incident that somebody repairs: a right move
// is given the time that it needs, on a busy machine too. One that nobody repairs
// lasts until its limit, so that is the least that proves it: see limitOf.
const repairable = 4 * time.Minute

// limited starts the bot anew with another time limit for incidents. Keys that
// were shown live on.
func (s *series) limited(ctx context.Context, d time.Duration) error {
	if d == s.limit {
		return nil
	}
	s.limit = d
	if err := s.stage.bot.again(ctx, "CHAOTIC_INCIDENT_LIMIT", d.String()); err != nil {
		return fmt.Errorf("start the bot with another time limit: %w", err)
	}
	return s.stage.online(ctx)
}

// stageOf is the stage that a scenario is played in: the usual one, if it fits.
func stageOf(s round.Scenario) string {
	for _, stage := range infra.Stages() {
		if len(s.Stages) == 0 || slices.Contains(s.Stages, stage) {
			return stage
		}
	}
	return s.Stages[0]
}

// round opens a round, and destroys it whatever became of the play.
func (s *series) round(ctx, world context.Context, stage string, play func() error) (err error) {
	began := time.Now()
	s.rounds++
	id := round.RoundID(s.rounds)
	defer func() { err = errors.Join(err, s.destroy(world, id)) }()
	if err := s.admin.provisions(ctx, map[string]any{"player": s.player.ID, "stage": stage}); err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if _, err := s.admin.reads(ready, string(id)+" is ready"); err != nil {
		return fmt.Errorf("wait for the round: %w", err)
	}
	s.figures.Provision = max(s.figures.Provision, seconds(time.Since(began)))
	fmt.Fprintf(s.out, "\n%s, stage %s, is ready after %.1f s.\n", id, stage, time.Since(began).Seconds())
	if s.reveal, err = s.player.reveals(ready); err != nil {
		return err
	}
	state, err := s.stage.look(ctx)
	if err != nil {
		return err
	}
	s.target = round.Target{Round: id, Outputs: state.Rounds[id].Outputs}
	return play()
}

func (s *series) destroy(world context.Context, id round.ID) error {
	ctx, cancel := context.WithTimeout(world, 4*time.Minute)
	defer cancel()
	if err := s.admin.destroys(ctx); err != nil {
		return err
	}
	if _, err := s.admin.reads(ctx, string(id)+" is destroyed"); err != nil {
		return fmt.Errorf("wait for the end of the round: %w", err)
	}
	return nil
}

// record keeps a trial and shows it.
func (s *series) record(t trial) error {
	t.At = time.Now().UTC()
	s.trials = append(s.trials, t)
	t.line(s.out)
	return s.keep(t)
}

// seriesReport is what a series found, as JSON.
type seriesReport struct {
	OK        bool    `json:"ok"`
	Ready     float64 `json:"ready_s"`
	Provision float64 `json:"provision_s"` // the longest
	Total     float64 `json:"total_s"`
	Left      int     `json:"left"` // -1: nobody came so far as to count
	Trials    []trial `json:"trials"`
}
