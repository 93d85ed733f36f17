package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
	"github.com/chaotic-good/scenarios/infra/rehearsal/postgres"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// TestMain is also the program itself: a rehearsal starts its own binary for
// the bot, the shop, the player's move and the watchdog, and in a test that is
// the test's. Flags of tests begin with "-", verbs do not.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		if door := os.Getenv(crashDoor); door != "" && os.Args[1] == "serve" {
			if err := serveAtDoor(door); err != nil {
				fmt.Fprintln(os.Stderr, "bot:", err)
				os.Exit(1)
			}
			return
		}
		main()
		return
	}
	os.Exit(referee.Main(m).Run())
}

// needWorld skips a test, or fails it, where a rehearsal would first have to
// install what it is made of.
func needWorld(t *testing.T) {
	t.Helper()
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	_, err = moto.Find(t.Context(), cache)
	if err == nil {
		_, err = postgres.Find(t.Context())
	}
	var missing *postgres.MissingError
	if errors.Is(err, moto.ErrNotFound) || errors.As(err, &missing) {
		cannot(t, err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// cannot says why a test cannot run on this machine.
func cannot(t *testing.T, why any) {
	t.Helper()
	if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// openFolder makes a folder that PostgreSQL's own user may pass through, which
// the testing package's are not.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaotic-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spool is a buffer that is written and read at the same time.
type spool struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *spool) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *spool) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// until waits for a condition, and asks about it again and again.
func until(t *testing.T, most time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(most); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %s", what, most)
		}
	}
}

// rehearsed is an autoplay whose parts a test plays one by one.
type rehearsed struct {
	*autoplay
	transcript, log *spool
}

// onStage raises a stage and casts the people. The bot is kept alive until the
// test ends.
func onStage(t *testing.T, scenario, fix string) *rehearsed {
	t.Helper()
	return onStageWith(t, scenario, fix, stageConfig{})
}

// onStageWith raises a stage with what a test stands in between. Behind that a
// referee judges whatever the bot and the local Discord say to each other.
func onStageWith(t *testing.T, scenario, fix string, c stageConfig) *rehearsed {
	t.Helper()
	ownPlace(t)
	return raised(t, scenario, fix, c)
}

// ownPlace gives the test a folder of its own for all that is temporary, and
// leaves it the cache.
func ownPlace(t *testing.T) {
	t.Helper()
	needWorld(t)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHAOTIC_CACHE", cache)
	t.Setenv("TMPDIR", openFolder(t))
}

// raised is onStageWith in a place that the test has already.
func raised(t *testing.T, scenario, fix string, c stageConfig) *rehearsed {
	t.Helper()
	var err error
	p := &rehearsed{autoplay: &autoplay{scenario: scenario, fix: fix}, transcript: &spool{}, log: &spool{}}
	p.out = p.transcript
	p.catalog, err = scenarios.Load(scenarios.Files, monitoring.Autoplay())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.choose(); err != nil {
		t.Fatal(err)
	}
	s, _ := p.catalog.Get(scenario)
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	outer := c.front
	c.front = func(discord http.Handler) http.Handler {
		discord = referee.Watch(t, discord)
		if outer != nil {
			discord = outer(discord)
		}
		return discord
	}
	c.out, c.log, c.limit, c.fast = p.out, log, max(c.limit, limitOf(s, monitoring.Autoplay())), true
	p.stage, err = raise(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.stage.stop.all(t.Context()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the transcript:\n%s", p.transcript)
		}
	})
	return p
}

// book copies the ledger, which the bot holds, and opens the copy.
func (p *rehearsed) book(t *testing.T) *ledger.Ledger {
	t.Helper()
	// A copy that was made in the middle of a write may not open: it is made again.
	path := filepath.Join(t.TempDir(), "ledger.db")
	var book *ledger.Ledger
	until(t, 5*time.Second, "copy the ledger", func() bool {
		raw, err := os.ReadFile(p.stage.ledger())
		if err == nil {
			err = os.WriteFile(path, raw, 0o600)
		}
		if err != nil {
			return false
		}
		book, err = ledger.Open(path)
		return err == nil
	})
	t.Cleanup(func() { _ = book.Close() })
	return book
}

// events reads the ledger from a sequence on.
func (p *rehearsed) events(t *testing.T, from uint64) (all []round.Event) {
	t.Helper()
	book := p.book(t)
	if err := book.Replay(t.Context(), from, func(e round.Event) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// files reads everything below a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) || err == nil && !d.Type().IsRegular() {
			return nil // gone meanwhile, or a socket
		}
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		raw, err := io.ReadAll(f)
		all[strings.TrimPrefix(path, dir+"/")] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(fmt.Errorf("read %s: %w", dir, err))
	}
	return all
}
