package discord

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// fails types or presses something that Discord's client shows as failed.
func (w *terrarium) fails(what string, _ localdiscord.Message, err error) {
	w.t.Helper()
	if !errors.Is(err, localdiscord.ErrNotResponding) {
		w.t.Errorf("%s: %v, want that it did not respond", what, err)
	}
}

// TestTheAnswerComesTooLate: the press arrives, its answer does not, within the
// three seconds. It is done once, everybody reads it in the channel, and whoever
// presses again is told that it was done.
func TestTheAnswerComesTooLate(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		page := w.paged()
		w.Weather(localdiscord.Weather{Slow: 4 * time.Second})
		m, err := w.as(ana.ID).Click(within(t), page, "ack:INC-1")
		w.fails("ack", m, err)
		m, err = w.as(ana.ID).Ask(within(t), "alerts", "note", map[string]any{"text": "connections hang"})
		w.fails("/note", m, err)
		w.Weather(localdiscord.Weather{})
		w.pass(30 * time.Second)
		told := strings.Join(w.messages(), "\n")
		for _, want := range []string{"🟠 acknowledged by ana", "ana notes: connections hang"} {
			if strings.Count(told, want) != 1 {
				t.Errorf("the channel does not say %q once:\n%s", want, told)
			}
		}
		if got := w.types(ana, "alerts", "ack", nil); got != "ana acknowledged INC-1 already." {
			t.Errorf("typed again: %q", got)
		}
		if a, n := w.count(round.Acknowledged), w.count(round.NoteAdded); a != 1 || n != 1 {
			t.Errorf("acknowledged %d times, %d notes", a, n)
		}
		w.keptSecret(0)
	})
}

// TestAnInteractionComesTooLate: the gateway was away when it was typed, and
// delivers it minutes later. Its person saw it fail and may have thought better
// of it: it is not done, and done once when they type it again.
func TestAnInteractionComesTooLate(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.paged()
		w.RefuseGateway(true)
		for name, options := range map[string]map[string]any{"note": {"text": "connections hang"}, "ack": nil, "hint": nil} {
			m, err := w.as(ana.ID).Ask(within(t), "alerts", name, options)
			w.fails("/"+name, m, err)
		}
		m, err := w.as(master.ID).Ask(within(t), "operations", "abort", map[string]any{"reason": "bored"})
		w.fails("/abort", m, err)
		w.pass(3 * time.Minute)
		w.RefuseGateway(false)
		w.pass(time.Minute)
		if n := strings.Count(w.log.String(), "nothing was done"); n != 4 {
			t.Errorf("%d of 4 came late:\n%s", n, w.log)
		}
		for _, kind := range []round.Kind{round.NoteAdded, round.Acknowledged, round.HintTaken, round.RollbackRequested} {
			if n := w.count(kind); n != 0 {
				t.Errorf("%d of %s, of minutes ago", n, kind)
			}
		}
		if got := w.types(ana, "alerts", "note", map[string]any{"text": "connections hang"}); got != "Noted for **INC-1**." || w.count(round.NoteAdded) != 1 {
			t.Errorf("typed again: %q, %d notes", got, w.count(round.NoteAdded))
		}
		w.keptSecret(0)
	})
}

// TestOurClockIsWrong: on a machine whose clock is ahead everything seems late,
// and is done all the same.
func TestOurClockIsWrong(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.ahead.Store(int64(time.Hour))
		if got := w.types(ana, "alerts", "status", nil); !strings.Contains(got, "No round is open") {
			t.Errorf("answered %q", got)
		}
	})
}

// TestTheTokenDies: Discord is away while a slow command is at work, for longer
// than an answer may take. What was done is done once and told in the channel;
// keys that nobody saw were shown to nobody, and the person is told the way on.
func TestTheTokenDies(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.provisioned()
		w.hands.revealing = func() { w.Weather(localdiscord.Weather{Status: 500}) }
		if _, err := w.as(ana.ID).Command(within(t), "alerts", "credentials", nil); err != nil {
			t.Fatal(err)
		}
		w.pass(16 * time.Minute)
		w.hands.mu.Lock()
		w.hands.revealing = nil
		w.hands.mu.Unlock()
		w.Weather(localdiscord.Weather{})
		w.pass(catchUp)
		w.keptSecret(0)
		w.sees(ana, "Your access to **R1** was shown once.")
		if n := w.count(round.CredentialsRevealed); n != 1 || !strings.Contains(w.log.String(), "an answer was lost") {
			t.Errorf("revealed %d times:\n%s", n, w.log)
		}
		if got := w.types(ana, "alerts", "credentials", nil); !strings.Contains(got, "was shown already. `/credentials new:True` gives you new keys") {
			t.Errorf("asked again: %q", got)
		}
		w.types(ana, "alerts", "credentials", map[string]any{"new": true})
		if got := w.types(ana, "alerts", "credentials", nil); !strings.Contains(got, secretKey) {
			t.Errorf("with new keys: %q", got)
		}
		w.keptSecret(1)

		w.hands.injecting = 10 * time.Second
		w.types(master, "operations", "inject", map[string]any{"scenario": "zebra-crash"})
		offer := w.sees(master, "Nothing has been touched yet.")
		if _, err := w.as(master.ID).Press(within(t), offer.ChannelID, offer.ID, offer.Components[0].Components[0].CustomID); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		w.Weather(localdiscord.Weather{Status: 500})
		w.pass(16 * time.Minute)
		w.Weather(localdiscord.Weather{})
		w.pass(catchUp)
		if n := strings.Count(strings.Join(w.messages(), "\n"), "**INC-1** has begun in R1."); n != 1 {
			t.Errorf("that it began is told %d times", n)
		}
		w.keptSecret(1)
	})
}

// TestTheAnswerWaitsForDiscord: keys that were taken out while Discord went away
// for five minutes come when it is back.
func TestTheAnswerWaitsForDiscord(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.provisioned()
		w.hands.revealing = func() { w.Weather(localdiscord.Weather{Status: 500}) }
		m := w.sees(ana, "Your access to **R1** is ready")
		if _, err := w.as(ana.ID).Press(within(t), m.ChannelID, m.ID, "reveal:R1"); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Minute)
		w.keptSecret(0)
		w.Weather(localdiscord.Weather{})
		w.pass(catchUp)
		w.sees(ana, "export AWS_SECRET_ACCESS_KEY="+secretKey)
		w.keptSecret(1)
	})
}
