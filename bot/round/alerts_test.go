package round_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// The alert that was expected may come a moment after another, which mentions
// the player just as well and has the same buttons.
func TestAnyAlertCanBeAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		if _, err := offered(t.Context(), e, admin, "security-group"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		slow := round.Alert{Fingerprint: "f2", Name: "ShopLatencyHigh", StartsAt: time.Now(), Firing: true}
		if err := e.Alerts(t.Context(), "R1", []round.Alert{slow}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Acknowledge(t.Context(), ana); err != nil {
			t.Errorf("the alert was shown, and %v", err)
		}
		if _, _, err := e.Hint(t.Context(), ana); err != nil {
			t.Errorf("the alert was shown, and %v", err)
		}
		if _, ok := m.last(round.Acknowledged); !ok {
			t.Error("the ledger has no acknowledgement")
		}
	})
}

func TestRepeatedAlertsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := &memory{}, newWorld()
		e, _ := start(t, m, w)
		ready(t, e)
		a := round.Alert{Fingerprint: "f", Name: "ShopLatencyHigh", StartsAt: time.Now(), Firing: true}
		for range 3 {
			if err := e.Alerts(t.Context(), "R1", []round.Alert{a}); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(strings.Join(m.kinds(), " "), "alert.fired"); n != 1 {
			t.Errorf("%d events for one alert", n)
		}
		wantRefusal(t, e.Alerts(t.Context(), "R9", []round.Alert{a}), "no-round")
	})
}
