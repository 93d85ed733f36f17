package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// crashDoor is the environment variable that tells a bot where the test listens
// that decides at which commit it dies.
const crashDoor = "CHAOTIC_TEST_CRASH_DOOR"

// commit is what a bot says of a commit before it begins, after it is on disk,
// and of all that it found on the disk when it started.
type commit struct {
	PID    int
	When   string // opened, before, after
	What   string // the kinds of the events, or what is noted
	Seq    uint64 // of the event that a cursor passes
	Events []round.Event
}

// serveAtDoor is `bot serve` with a ledger that asks the test at every commit
// whether it may go on. The test kills it instead of an answer.
func serveAtDoor(door string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := readConfig("", os.Getenv)
	if err != nil {
		return err
	}
	return serve(ctx, c, slog.New(slog.NewJSONHandler(os.Stderr, nil)), parts{stack: beside, book: func(path string) (book, error) {
		l, err := ledger.Open(path)
		if err != nil {
			return nil, err
		}
		b := &watchedBook{Ledger: l, door: door}
		var all []round.Event
		if err := l.Replay(ctx, 1, func(e round.Event) error { all = append(all, e); return nil }); err != nil {
			return nil, err
		}
		b.says(commit{When: "opened", Events: all})
		return b, nil
	}})
}

// watchedBook is the ledger with somebody at the door.
type watchedBook struct {
	*ledger.Ledger
	door string
}

// says returns when the test lets the bot go on, which it may never do.
func (b *watchedBook) says(c commit) {
	c.PID = os.Getpid()
	raw, err := json.Marshal(c)
	if err != nil {
		panic(err) // our own type
	}
	res, err := http.Post(b.door, "application/json", bytes.NewReader(raw))
	if err != nil {
		fmt.Fprintln(os.Stderr, "nobody is at the door:", err) // the test is over
		return
	}
	_ = res.Body.Close()
}

// around says it before and after.
func (b *watchedBook) around(c commit, do func() error) error {
	c.When = "before"
	b.says(c)
	if err := do(); err != nil {
		return err
	}
	c.When = "after"
	b.says(c)
	return nil
}

func (b *watchedBook) Append(ctx context.Context, events ...round.Event) (kept []round.Event, err error) {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, string(e.Kind))
	}
	c := commit{When: "before", What: strings.Join(kinds, "+")}
	b.says(c)
	if kept, err = b.Ledger.Append(ctx, events...); err != nil {
		return kept, err
	}
	c.When, c.Events = "after", kept
	b.says(c)
	return kept, nil
}

func (b *watchedBook) SetCursor(ctx context.Context, name string, seq uint64) error {
	return b.around(commit{What: "cursor", Seq: seq}, func() error { return b.Ledger.SetCursor(ctx, name, seq) })
}

func (b *watchedBook) SetNote(ctx context.Context, key, value string) error {
	what, _, _ := strings.Cut(key, ":")
	return b.around(commit{What: "note " + what}, func() error { return b.Ledger.SetNote(ctx, key, value) })
}
