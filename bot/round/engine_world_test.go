package round_test

import (
	"context"
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/chaotic-good/scenarios/bot/round"
)

// alert lets Alertmanager say something of a round, also of one that is over.
func (m *machine) alert(t *rapid.T) {
	id := rapid.SampledFrom([]round.ID{"R1", "R2", "R9"}).Draw(t, "round")
	a := round.Alert{
		Fingerprint: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "fingerprint"), Firing: rapid.SampledFrom([]bool{true, true, false}).Draw(t, "firing"), StartsAt: time.Now(),
		Name: rapid.SampledFrom([]string{"ShopErrorRatioHigh", "ShopLatencyHigh"}).Draw(t, "alert"),
	}
	want := "no-round"
	m.with(func() {
		if r := m.current(); r != nil {
			want = ""
			id = m.model.Order[len(m.model.Order)-1]
		}
	})
	m.run(t, "alert", round.Caller{Person: round.Person{ID: "nobody"}}, want, func(ctx context.Context) error {
		return m.engine.Alerts(ctx, id, []round.Alert{a})
	})
}

// worldActions are what happens to the bot and around it.
func (m *machine) worldActions() map[string]func(*rapid.T) {
	acts := []string{"provision", "inject", "rollback", "issue", "destroy", "clean", "revoke", "extend", "plan", "append"}
	wait := func(t *rapid.T) {
		time.Sleep(rapid.SampledFrom([]time.Duration{
			3 * time.Second, time.Second, 10 * time.Second, time.Minute, 6 * time.Minute, 25 * time.Minute,
		}).Draw(t, "wait"))
	}
	return map[string]func(*rapid.T){
		"alert": m.alert, "wait": wait,
		"fail": func(t *rapid.T) {
			m.set(rapid.SampledFrom(acts).Draw(t, "act"), true, 0)
		},
		"slow": func(t *rapid.T) {
			m.set(rapid.SampledFrom(acts[:5]).Draw(t, "act"), false, rapid.SampledFrom([]time.Duration{20 * time.Second, 3 * time.Minute}).Draw(t, "lasts"))
		},
		"heal":   func(*rapid.T) { m.heal() },
		"repair": func(*rapid.T) { m.with(func() { clear(m.broken) }) }, // by the player
		"health": func(t *rapid.T) {
			h := rapid.SampledFrom([]round.Health{round.Good, "", round.Bad, round.Unknown}).Draw(t, "health")
			m.with(func() { m.health = h })
		},
		"call": func(t *rapid.T) {
			c := round.Call{EventID: fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "call")), User: "r1-player-ana"}
			m.run(t, "call", round.Caller{}, "", func(ctx context.Context) error { return m.engine.Observe(ctx, "R1", c) })
		},
		"restart": func(t *rapid.T) {
			m.stop()
			m.seen["restart"]++
			if rapid.Bool().Draw(t, "away") {
				wait(t)
			}
			m.start(t)
		},
		"crash": func(t *rapid.T) {
			n, heard := rapid.IntRange(1, 6).Draw(t, "fuse"), rapid.Bool().Draw(t, "heard")
			m.with(func() { m.life.fuse, m.life.heard = n, heard })
		},
	}
}
