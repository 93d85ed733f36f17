package discord

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// provisioned is a round that is ready, with ana on call.
func (w *terrarium) provisioned() {
	w.t.Helper()
	w.types(master, "operations", "provision", map[string]any{"player": ana.ID})
	w.saysYes()
	w.pass(10 * time.Second)
}

// paged is that round with an incident that has paged.
func (w *terrarium) paged() (page localdiscord.Message) {
	w.t.Helper()
	w.provisioned()
	w.injects(map[string]any{"scenario": "zebra-crash", "variant": "lost"})
	w.pass(5 * time.Second)
	w.fires(errorRatio)
	return w.sees(ana, "**"+errorRatio+"**")
}

// injects types /inject and says yes to what is shown.
func (w *terrarium) injects(options map[string]any) string {
	w.t.Helper()
	w.types(master, "operations", "inject", options)
	return w.saysYes()
}

// saysYes presses the button of the latest offer.
func (w *terrarium) saysYes() string {
	w.t.Helper()
	m := w.sees(master, "Nothing has been touched yet.")
	if len(m.Components) != 1 || len(m.Components[0].Components) != 2 || m.EphemeralFor != master.ID {
		w.t.Fatalf("offered to %q: %+v", m.EphemeralFor, m.Components)
	}
	return w.presses(master, m, m.Components[0].Components[0].CustomID)
}

// sees waits for a message with this text.
func (w *terrarium) sees(as round.Person, text string) localdiscord.Message {
	w.t.Helper()
	m, err := w.as(as.ID).WaitMessage(within(w.t), func(m localdiscord.Message) bool { return strings.Contains(shown(m), text) })
	if err != nil {
		w.t.Fatalf("nobody wrote %q: %v\n%s", text, err, w.log)
	}
	return m
}

// presses presses a button and returns what only the presser is answered.
func (w *terrarium) presses(as round.Person, m localdiscord.Message, button string) string {
	w.t.Helper()
	id, err := w.as(as.ID).Press(within(w.t), m.ChannelID, m.ID, button)
	if err != nil {
		w.t.Error(err)
		return ""
	}
	return w.answered(as, button, id)
}

// answered waits for what the presser of a button is answered.
func (w *terrarium) answered(as round.Person, button, id string) string {
	w.t.Helper()
	answer, err := w.as(as.ID).WaitMessage(within(w.t), func(m localdiscord.Message) bool {
		return m.InteractionMetadata != nil && m.InteractionMetadata.ID == id
	})
	if err != nil || answer.EphemeralFor != as.ID {
		w.t.Errorf("%s is answered for %q: %v", button, answer.EphemeralFor, err)
	}
	return answer.Content
}

// pressesTwice presses within the same moment.
func (w *terrarium) pressesTwice(m localdiscord.Message, button string) []string {
	w.t.Helper()
	answers := make([]string, 2)
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i] = w.presses(ana, m, button) })
	}
	both.Wait()
	return answers
}

// onceEach checks that one of the answers holds the one text and the other the
// other.
func onceEach(t *testing.T, answers []string, one, other string) {
	t.Helper()
	holds := func(i, j int) bool { return strings.Contains(answers[i], one) && strings.Contains(answers[j], other) }
	if !holds(0, 1) && !holds(1, 0) {
		t.Errorf("answered %q, want one with %q and one with %q", answers, one, other)
	}
}

// TestDoubleClicks: whoever presses twice does it once, is told so, and what is
// shown once is shown once.
func TestDoubleClicks(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		page := w.paged()
		onceEach(t, w.pressesTwice(page, "ack:INC-1"), "**INC-1** is yours.", "ana acknowledged INC-1 already.")
		onceEach(t, w.pressesTwice(page, "hint:INC-1"), "Hint 1 of 3 is taken", "was taken just now")
		w.pass(10 * time.Second)
		if got := w.presses(ana, page, "hint:INC-1"); !strings.Contains(got, "Hint 2 of 3 is taken") {
			t.Errorf("a moment later: %q", got)
		}
		onceEach(t, w.pressesTwice(w.sees(ana, "Your access to **R1** is ready"), "reveal:R1"), secretKey, "was shown already")
		for kind, want := range map[round.Kind]int{round.Acknowledged: 1, round.HintTaken: 2, round.CredentialsRevealed: 1} {
			if n := w.count(kind); n != want {
				t.Errorf("%d of %s, want %d", n, kind, want)
			}
		}
		w.pass(5 * time.Second)
		w.keptSecret(1)
		if n := strings.Count(strings.Join(w.messages(), "\n"), "hint 1 of 3"); n != 1 {
			t.Errorf("the first hint stands in the channel %d times", n)
		}
	})
}

// keptSecret checks that the key stands in so many messages, which ana alone can
// read, and in no log.
func (w *terrarium) keptSecret(times int) {
	w.t.Helper()
	n := 0
	for _, text := range w.Texts() {
		if strings.Contains(text.Text, secretKey) {
			n++
			if len(text.Readers) != 1 || text.Readers[0] != ana.ID {
				w.t.Errorf("%v could read the key", text.Readers)
			}
		}
	}
	if n != times {
		w.t.Errorf("the key was shown %d times, want %d", n, times)
	}
	for _, word := range []string{secretKey, "AKIAIOSFODNN7EXAMPLE", "local.", "panic", "goroutine "} {
		if strings.Contains(w.log.String(), word) {
			w.t.Errorf("the log has %q:\n%s", word, w.log)
		}
	}
}

// TestAnOfferIsAnsweredOnce: its buttons go with the first press, and a press that
// was on its way injects nothing more.
func TestAnOfferIsAnsweredOnce(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.provisioned()
		w.hands.injecting = 3 * time.Second
		w.types(master, "operations", "inject", map[string]any{"scenario": "zebra-crash", "variant": "lost"})
		offer := w.sees(master, "Nothing has been touched yet.")
		yes, no := offer.Components[0].Components[0].CustomID, offer.Components[0].Components[1].CustomID
		answers := make([]string, 2)
		var both sync.WaitGroup
		for i, button := range []string{yes, no} {
			both.Go(func() {
				id, err := w.as(master.ID).Press(within(t), offer.ChannelID, offer.ID, button)
				switch {
				case err == nil:
					answers[i] = w.answered(master, button, id)
				case strings.Contains(err.Error(), "not there any more"): // the other press was through
					answers[i] = "You have answered this already."
				default:
					t.Error(err)
				}
			})
		}
		both.Wait()
		if n := w.count(round.FaultRequested); n == 1 {
			onceEach(t, answers, "**INC-1** has begun", "You have answered this already.")
		} else {
			onceEach(t, answers, "Nothing was injected.", "You have answered this already.")
		}
		m := w.sees(master, "**Blast radius:** One box.")
		if m.ID != offer.ID || len(m.Components) != 0 || strings.Contains(shown(m), "Nothing has been touched yet") {
			t.Errorf("what was offered reads %q, with %d rows of buttons", shown(m), len(m.Components))
		}
	})
}
