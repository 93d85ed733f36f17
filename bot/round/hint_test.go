package round_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestHintNamesTheRound: a hint is pasted into a shell, and kept as it was said.
func TestHintNamesTheRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := broken(t, m, w)
		time.Sleep(6 * time.Second)
		for _, want := range []string{"one", "two: chaotic-r1/key, /chaotic-good/R1/releases"} {
			if _, h, err := e.Hint(t.Context(), ana); err != nil || h.Text != want {
				t.Errorf("%+v, %v; want %q", h, err, want)
			}
			time.Sleep(6 * time.Second)
		}
		if kept := all[round.Hint](t, m, round.HintTaken); len(kept) != 2 || strings.Contains(kept[1].Text, "<") {
			t.Errorf("the ledger has %+v", kept)
		}
	})
}

// TestTwoHintsAtOnce: a hint costs; whoever presses twice gets one, and after a
// moment the next, also from a bot that was started meanwhile.
func TestTwoHintsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, stop := broken(t, m, w)
		var presses sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			presses.Go(func() { _, _, errs[i] = e.Hint(t.Context(), ana) })
		}
		presses.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("two presses: %v and %v, want one hint and one refusal", errs[0], errs[1])
		}
		wantRefusal(t, errors.Join(errs...), "hint-pause")
		stop()
		e, _ = start(t, m, w)
		_, _, err := e.Hint(t.Context(), ana)
		wantRefusal(t, err, "hint-pause")
		time.Sleep(6 * time.Second)
		if _, h, err := e.Hint(t.Context(), ana); err != nil || h.N != 2 {
			t.Errorf("a moment later: %+v, %v", h, err)
		}
		if n := len(all[round.Hint](t, m, round.HintTaken)); n != 2 {
			t.Errorf("%d hints were taken", n)
		}
	})
}
