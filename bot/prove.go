package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// proveVerb shows of each scenario, by trials in one world, that it is one: calm
// without the fault, broken with it until somebody makes a right move.
func proveVerb(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("scenarios prove", flag.ContinueOnError)
	flags.SetOutput(errs)
	trials := flags.Int("trials", 1, "look at each cell so `often`; at the calm three times as often and more: ten times for three")
	path := flags.String("append", "", "append each trial to this `file`, a JSON line each")
	verbose := flags.Bool("verbose", false, "show what people say, and log what the world does")
	id, err := oneArgument(flags, args)
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return errors.New("rehearsal runs on Linux only: it holds processes and network paths as only Linux lets it")
	}
	s, err := newSeries(out, talkOf(*verbose, errs), logOf(*verbose, errs))
	if err != nil {
		return err
	}
	ways, err := s.ways(id)
	if err != nil {
		return err
	}
	if *path != "" {
		f, err := os.OpenFile(*path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("open the file of trials: %w", err)
		}
		defer func() { _ = f.Close() }() // each line was written whole
		s.keep = func(t trial) error {
			raw, err := json.Marshal(t)
			if err == nil {
				_, err = f.Write(append(raw, '\n'))
			}
			return err
		}
	}
	ctx, cancel := endWithGoRun(ctx)
	defer cancel()
	err = s.perform(ctx, ways, func(ctx context.Context, ways []round.Scenario) error { return s.prove(ctx, ways, *trials) })
	return s.verdict(ctx, err)
}

// prove goes through the cells of all ways, so often.
func (s *series) prove(ctx context.Context, ways []round.Scenario, trials int) error {
	title(s.out)
	for range (10*trials + 2) / 3 {
		if trials == 1 && len(s.trials) > 0 && s.trials[0].Scenario == ways[0].ID {
			break
		}
		if err := s.calm(ctx, ways); err != nil {
			return err
		}
	}
	for range trials {
		err := s.play(ctx, ways, s.guards, s.untouched)
		if err != nil {
			return err
		}
	}
	return nil
}

// play makes the right moves of all ways, and then the wrong ones, which take
// their time limit. Beside each of both it does what the caller wants, too.
func (s *series) play(ctx context.Context, ways []round.Scenario, right, wrong func(context.Context, round.Scenario) error) error {
	if err := s.limited(ctx, repairable); err != nil {
		return err
	}
	for _, w := range ways {
		for _, m := range w.Debrief.Fixes {
			if err := s.move(ctx, w, m, round.Resolved); err != nil {
				return err
			}
		}
		if err := right(ctx, w); err != nil {
			return err
		}
	}
	for _, w := range ways {
		if err := s.limited(ctx, limitOf(w, s.profile)); err != nil {
			return err
		}
		if err := wrong(ctx, w); err != nil {
			return err
		}
		for _, m := range w.Debrief.Wrong {
			if err := s.move(ctx, w, m, round.TimedOut); err != nil {
				return err
			}
		}
	}
	return nil
}

// verdict prints the matrix. That somebody ended the series is no error of it.
func (s *series) verdict(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(s.out, "\nEnded by hand.")
		err = nil
	}
	fmt.Fprintln(s.out)
	ok := matrix(s.out, s.trials)
	fmt.Fprintf(s.out, "\n%d trials in %s, %d left\n", len(s.trials), round.Spell(time.Duration(s.figures.Total*float64(time.Second))), s.figures.Left)
	switch {
	case err != nil:
		return err
	case !ok:
		return errors.New("not every cell is as it should be")
	case s.figures.Left != 0:
		return fmt.Errorf("%d things were left", s.figures.Left)
	}
	s.figures.OK = true
	return nil
}

// oneArgument parses flags that may stand before and behind one word.
func oneArgument(flags *flag.FlagSet, args []string) (string, error) {
	if err := flags.Parse(args); err != nil {
		return "", exitCode(2)
	}
	word := flags.Arg(0)
	if flags.NArg() > 1 {
		if err := flags.Parse(flags.Args()[1:]); err != nil {
			return "", exitCode(2)
		}
		if flags.NArg() > 0 {
			fmt.Fprintf(flags.Output(), "bot: %s takes one argument, not %q too\n", flags.Name(), flags.Arg(0))
			return "", exitCode(2)
		}
	}
	return word, nil
}

func talkOf(verbose bool, errs io.Writer) io.Writer {
	if verbose {
		return errs
	}
	return io.Discard
}

func logOf(verbose bool, errs io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))
}
