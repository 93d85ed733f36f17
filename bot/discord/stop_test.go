package discord

import (
	"context"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestStopWhileDiscordIsAway: a Discord that accepts and never answers keeps the
// bot from stopping no longer than a moment, though discordgo asks it where the
// gateway is without a way to be interrupted.
func TestStopWhileDiscordIsAway(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.Weather(localdiscord.Weather{Mute: true})
		other, err := New(w.bot.cfg)
		if err != nil {
			t.Fatal(err)
		}
		w.connect(other)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- other.Run(ctx) }()
		w.pass(5 * time.Second)
		began := time.Now()
		cancel()
		if err := <-ended; err != nil || time.Since(began) > 2*time.Second {
			t.Errorf("stopped after %s with %v", time.Since(began), err)
		}
		other.session.Client.CloseIdleConnections()
		w.Weather(localdiscord.Weather{})
	})
}
