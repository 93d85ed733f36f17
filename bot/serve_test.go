package main

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
)

// served runs `bot serve` until it ends by itself.
func served(t *testing.T, env map[string]string, args ...string) (errs string, err error) {
	t.Helper()
	var e bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = run(ctx, append([]string{"serve"}, args...), lookup(env), strings.NewReader(""), &e, &e)
	if ctx.Err() != nil {
		t.Fatalf("it did not end by itself: %v\n%s", err, e.String())
	}
	return e.String(), err
}

func TestTwoBotsOnOneLedger(t *testing.T) {
	state := t.TempDir()
	book, err := ledger.Open(filepath.Join(state, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = book.Close() }()
	_, err = served(t, settings(state))
	if !errors.Is(err, ledger.ErrInUse) || !strings.Contains(err.Error(), "ledger") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want a sentence that another bot has the ledger", err)
	}
	if n := book.Len(); n != 0 {
		t.Errorf("%d events were written into the other's ledger", n)
	}
	if left, err := os.ReadDir(state); err != nil || len(left) != 1 {
		t.Errorf("the second bot left %v beside the first one's ledger, %v", left, err)
	}
}

func TestServeSaysWhatIsWrongBeforeItBegins(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	env := settings(state)
	delete(env, "CHAOTIC_DISCORD_GUILD")
	_, err := served(t, env)
	if err == nil || !strings.Contains(err.Error(), "CHAOTIC_DISCORD_GUILD") {
		t.Errorf("%v, want the name of what is missing", err)
	}
	if _, err := os.Stat(state); !os.IsNotExist(err) {
		t.Errorf("a state folder was made: %v", err)
	}

	env = settings(state)
	maps.Copy(env, map[string]string{"CHAOTIC_WEBHOOK_LISTEN": "192.0.2.1:80"}) // an address of nobody
	_, err = served(t, env)
	if err == nil || !strings.Contains(err.Error(), "listen for alerts") {
		t.Errorf("%v, want that it cannot listen there", err)
	}
	book, err := ledger.Open(filepath.Join(state, "ledger.db"))
	if err != nil {
		t.Fatalf("the ledger was not let go: %v", err)
	}
	if err := book.Close(); err != nil {
		t.Error(err)
	}
}

func TestVerbs(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "usage: bot VERB"},
		{[]string{"dance"}, 2, `there is no verb "dance"`},
		{[]string{"serve", "-nonsense"}, 2, "flag provided but not defined"},
		{[]string{"rehearse", "now"}, 2, `takes no argument "now"`},
		{[]string{"help"}, 0, "rehearse   a whole round"},
	} {
		var out bytes.Buffer
		err := run(t.Context(), c.args, lookup(nil), strings.NewReader(""), &out, &out)
		var code exitCode
		if errors.As(err, &code); int(code) != c.code || (c.code == 0) != (err == nil) || !strings.Contains(out.String(), c.says) {
			t.Errorf("bot %q: %v, %q; want status %d and %q", c.args, err, out.String(), c.code, c.says)
		}
	}
}

func TestAutoplayOfWhatThereIsNot(t *testing.T) {
	for _, args := range [][]string{{"rehearse", "-autoplay", "meteor"}, {"rehearse", "-autoplay", "security-group", "-fix", "prayer"}} {
		var out bytes.Buffer
		err := run(t.Context(), args, lookup(nil), strings.NewReader(""), &out, &out)
		if err == nil || !strings.Contains(err.Error(), args[len(args)-1]) {
			t.Errorf("bot %q: %v, want a sentence that names it", args, err)
		}
		if out.Len() > 0 {
			t.Errorf("bot %q set a stage first: %s", args, out.String())
		}
	}
}
