package main

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Two people rehearse on one machine at the same time: neither sees anything of
// the other's world, and each count of what is left is its own. One's bot is called
// by Alertmanager, the other's asks it: the round is the same.
func TestTwoRehearsalsSideBySide(t *testing.T) {
	if testing.Short() {
		t.Skip("a rehearsal takes more than a minute")
	}
	needWorld(t)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHAOTIC_CACHE", cache)
	t.Setenv("TMPDIR", openFolder(t))
	plays := []*autoplay{
		{scenario: "security-group", fix: "authorize-group"},
		{scenario: "security-group", fix: "authorize-cidr", polling: true},
	}
	outs := []*spool{{}, {}}
	errs := make([]error, len(plays))
	var both sync.WaitGroup
	for i, play := range plays {
		both.Go(func() { errs[i] = play.perform(t.Context(), outs[i], slog.New(slog.DiscardHandler)) })
	}
	both.Wait()
	for i, play := range plays {
		if f := play.figures; errs[i] != nil || f.Outcome != round.Resolved || f.Left != 0 {
			t.Errorf("%s: %v; outcome %q, %d left\n%s", play.fix, errs[i], f.Outcome, f.Left, outs[i])
		}
	}
	if called, asks := outs[0].String(), outs[1].String(); strings.Contains(called, "asks Alertmanager") || !strings.Contains(asks, "asks Alertmanager") {
		t.Errorf("not one bot of each kind:\n%s\n%s", called, asks)
	}
	if a, b := plays[0].stage, plays[1].stage; a == nil || b == nil || a.page == b.page || a.run == b.run {
		t.Error("the two rehearsals shared an address or a folder")
	}
}
