package discord

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestTwoAlertmanagersTellTheSame: a pair for high availability, of which each
// sends everything, at once, again, in its own order and its own batches. It is
// one event for each alert and state, one message for the group, and both are
// told that it is kept, else they would go on sending.
func TestTwoAlertmanagersTellTheSame(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.paged()
		alert := func(task string) alarm {
			return alarm{Labels: map[string]string{"alertname": "TargetDown", "severity": "warning", "task": task},
				Annotations: map[string]string{"summary": task + " does not answer"}, StartsAt: time.Now().UTC(), Fingerprint: "f-" + task}
		}
		both := func(status string, a, b alarm) {
			var pair sync.WaitGroup
			for _, batches := range [][][]alarm{{{a, b}, {a, b}}, {{b}, {b, a}, {a}}} {
				pair.Go(func() {
					for _, batch := range batches {
						w.notify(notification("TargetDown", status, append([]alarm(nil), batch...)...))
					}
				})
			}
			pair.Wait()
			w.pass(5 * time.Second)
		}
		count := func(when string, fired, resolved int) {
			t.Helper()
			if f, r := w.count(round.AlertFired)-1, w.count(round.AlertResolved); f != fired || r != resolved { // one is the page
				t.Errorf("%s: %d fired and %d resolved, want %d and %d", when, f, r, fired, resolved)
			}
			told := strings.Join(w.messages(), "\n")
			if n := strings.Count(told, "**TargetDown"); n != 1 {
				t.Errorf("%s: %d messages\n%s", when, n, told)
			}
		}
		a, b := alert("one"), alert("two")
		both("firing", a, b)
		count("firing", 2, 0)
		both("resolved", a, b)
		count("resolved", 2, 2)
		a.StartsAt, b.StartsAt = time.Now().UTC(), time.Now().UTC()
		both("firing", a, b)
		count("firing for the second time", 4, 2)
		for _, status := range w.all {
			if status != 200 {
				t.Fatalf("they were answered %v", w.all)
			}
		}
		if len(w.all) != 16 {
			t.Errorf("%d notifications were answered", len(w.all))
		}
	})
}
