package ledger_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// TestMain lets the test binary play the bot that is killed in the middle.
func TestMain(m *testing.M) {
	if path := os.Getenv("LEDGER_WRITER"); path != "" {
		write(path)
		return
	}
	os.Exit(m.Run())
}

// write appends for ever and says after each append that it returned.
func write(path string) {
	l, err := ledger.Open(path)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	for {
		kept, err := l.Append(context.Background(), event("x"))
		if err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println(kept[0].Seq)
	}
}

func event(text string) round.Event {
	return round.Event{Round: "R1", Kind: round.NoteAdded, At: time.Unix(1, 0).UTC(), Data: json.RawMessage(strconv.Quote(text))}
}

func open(t *testing.T, path string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func all(t *testing.T, l *ledger.Ledger, from uint64) []round.Event {
	t.Helper()
	var events []round.Event
	if err := l.Replay(t.Context(), from, func(e round.Event) error { events = append(events, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEventsComeBackInOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for range 50 {
				if _, err := l.Append(t.Context(), event("a"), event("b")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path)
	events := all(t, l, 1)
	if len(events) != 800 || l.Len() != 800 {
		t.Fatalf("%d events, length %d", len(events), l.Len())
	}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has sequence %d", i, e.Seq)
		}
		if want := []string{`"a"`, `"b"`}[i%2]; string(e.Data) != want {
			t.Fatalf("event %d is %s: two of one call came apart", i, e.Data)
		}
	}
	if tail := all(t, l, 799); len(tail) != 2 {
		t.Errorf("from 799 on: %d events", len(tail))
	}
}

func TestWhatReturnedSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "LEDGER_WRITER="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last uint64
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
		if last = n; last == 40 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	l := open(t, path)
	if got := uint64(len(all(t, l, 1))); got < last || last < 40 {
		t.Errorf("%d appends returned, %d events survived", last, got)
	}
}

func TestASecondBotOnTheSameLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	open(t, path)
	if _, err := ledger.Open(path); !errors.Is(err, ledger.ErrInUse) {
		t.Errorf("a second bot got %v", err)
	}
}

func TestANewerSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("2")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Open(path); err == nil || !strings.Contains(err.Error(), "schema is 2") {
		t.Errorf("opened a newer ledger: %v", err)
	}
}

func TestWhatIsNoLedgerIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a ledger ", 10000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Open(path); err == nil {
		t.Error("opened a file that is no ledger")
	}
}

func TestFollowers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	l := open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Wait(ctx, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting on an empty ledger: %v", err)
	}
	waited := make(chan error, 1)
	go func() { waited <- l.Wait(t.Context(), 0) }()
	if _, err := l.Append(t.Context(), event("x")); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	if seq, err := l.Cursor(t.Context(), "discord"); seq != 0 || err != nil {
		t.Errorf("a new cursor: %d, %v", seq, err)
	}
	if err := errors.Join(l.SetCursor(t.Context(), "discord", 7), l.SetNote(t.Context(), "INC-1", "123")); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, path)
	seq, err := l.Cursor(t.Context(), "discord")
	note, found, nerr := l.Note(t.Context(), "INC-1")
	if seq != 7 || note != "123" || !found || errors.Join(err, nerr) != nil {
		t.Errorf("after reopening: cursor %d, note %q", seq, note)
	}
	if _, found, _ := l.Note(t.Context(), "INC-2"); found {
		t.Error("found a note that nobody made")
	}
}
