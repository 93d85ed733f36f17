package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

const exportUsage = `usage: bot export [-state DIR] R7       the round's events, as JSON lines
       bot export [-state DIR] INC-12   the incident's post-mortem, as Markdown

`

// exportVerb writes what the ledger says of a round or an incident. It only
// reads, yet the ledger has one user at a time: the bot has to be stopped.
func exportVerb(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { fmt.Fprint(errs, exportUsage); flags.PrintDefaults() }
	state := flags.String("state", os.Getenv("CHAOTIC_STATE"), "the bot's state `folder`; as for serve, CHAOTIC_STATE if empty")
	if err := flags.Parse(args); err != nil {
		return exitCode(2)
	}
	name := strings.ToUpper(flags.Arg(0))
	id, incident := round.ID(name), round.IncidentID(name)
	if flags.NArg() != 1 || id.Number() == 0 && incident.Number() == 0 {
		flags.Usage()
		return exitCode(2)
	}
	if *state == "" {
		return errors.New("export: say where the state folder is, with -state or CHAOTIC_STATE")
	}
	path := filepath.Join(*state, "ledger.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("export %s: there is no ledger in %s", name, *state) // opening would make an empty one
	}
	book, err := ledger.Open(path)
	if errors.Is(err, ledger.ErrInUse) {
		return fmt.Errorf("export %s: %w; stop it for a moment, its rounds go on when it is back", name, ledger.ErrInUse)
	} else if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	if incident.Number() > 0 {
		return exportIncident(ctx, book, incident, out)
	}
	return exportRound(ctx, book, id, out)
}

func exportRound(ctx context.Context, book *ledger.Ledger, id round.ID, out io.Writer) error {
	w := bufio.NewWriter(out)
	lines := json.NewEncoder(w)
	found := 0
	err := book.Replay(ctx, 1, func(e round.Event) error {
		if e.Round != id {
			return nil
		}
		found++
		return lines.Encode(e)
	})
	switch {
	case err != nil:
		return fmt.Errorf("export %s: %w", id, err)
	case found == 0:
		return fmt.Errorf("export %s: the ledger has no round of that name", id)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	return nil
}

func exportIncident(ctx context.Context, book *ledger.Ledger, id round.IncidentID, out io.Writer) error {
	story, err := postmortem.Write(ctx, book, id, postmortem.UTC)
	if err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	if _, err := io.WriteString(out, story.Markdown); err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	return nil
}
