package postmortem_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestAlertsThatFlap: an alert that comes and goes is one line, not a page.
func TestAlertsThatFlap(t *testing.T) {
	h := begin(t)
	at := 100
	fire := func(name string, times int) {
		for i := range times {
			at += 10
			h.add(at, bot, "INC-12", round.AlertFired, round.Alert{Name: name, Firing: i%2 == 0, StartsAt: t0.Add(time.Duration(at) * time.Second)})
			if i%2 == 1 {
				h.list[len(h.list)-1].Kind = round.AlertResolved
			}
		}
	}
	fire("ShopTrafficMissing", 16)
	fire("ShopLatencyHigh", 7)
	fire("ShopInventoryDown", 4)
	h.add(at+10, bot, "INC-12", round.AlertResolved, round.Alert{Name: "ShopErrorRatioHigh"})
	h.add(at+20, bot, "INC-12", round.RollbackRequested, round.Ending{Outcome: round.Aborted, Attempt: 1})
	h.add(at+21, bot, "INC-12", round.RollbackDone, round.Ending{Outcome: round.Aborted, Attempt: 1})
	lines, times := timelineOf(t, write(t, h))
	var got strings.Builder
	for i := range lines {
		fmt.Fprintln(&got, times[i], lines[i])
	}
	golden(t, "flapping.txt", got.String())
}
