package gateway

import (
	"log/slog"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// TestTheBotMayLookForEverything: a destroy of a round of which there is nothing
// asks every service, each of which the bot's rights and moto know; what it may
// not ask would be an error.
func TestTheBotMayLookForEverything(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/", "the-sweeping-bot", policies(t, "R81", infra.BotPolicies())...)
	for _, stage := range infra.Stages() {
		m, err := infra.NewMaker(cfg, infra.MakerConfig{
			Pace: infra.RehearsalPace(), Log: slog.New(slog.DiscardHandler), Image: "shop:1.4.0",
		})
		must(t, err)
		began := time.Now()
		gone, err := m.Destroy(t.Context(), round.Spec{Round: "R81", Stage: stage}, func(round.Progress) {})
		if err != nil || gone.Removed != 0 || gone.Left != 0 {
			t.Errorf("stage %s: %+v, %v", stage, gone, err)
		}
		t.Logf("stage %s: %s", stage, time.Since(began).Round(time.Millisecond))
	}
}
