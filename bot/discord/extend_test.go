package discord

import (
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// The message about keys that work says the round's new end, and what is said of
// keys that have ended stays.
func TestAnExtensionIsToldWithTheKeys(t *testing.T) {
	v := &view{rounds: map[round.ID]*roundView{}}
	fold := func(seq uint64, kind round.Kind, data any) []step {
		t.Helper()
		e := entry{at: time.Duration(seq) * time.Minute, by: bot, kind: kind, data: data}.event(t)
		e.Seq = seq
		steps, err := v.fold(e)
		if err != nil {
			t.Fatal(err)
		}
		return steps
	}
	end, later := start.Add(4*time.Hour), start.Add(5*time.Hour)
	keys := round.CredentialsGiven{Person: ana, User: "r7-ana", Expires: end}
	fold(1, round.ProvisionRequested, round.ProvisionAsked{Guild: "g", Player: ana, Expires: end, Attempt: 1})
	fold(2, round.CredentialsIssued, keys)
	fold(3, round.CredentialsIssued, keys) // new ones: the first have ended
	fold(4, round.ProvisionDone, round.Provisioned{})
	steps := fold(5, round.LifetimeExtended, round.Extension{By: time.Hour, Expires: later})
	r := v.rounds["R7"]
	drawn := 0
	for _, s := range steps {
		for i, a := range r.access {
			if s.card == a.card {
				drawn++
				if i != 1 {
					t.Errorf("the message about keys that have ended is touched")
				}
			}
		}
	}
	if text := r.drawAccess(r.access[1]).text; drawn != 1 || !strings.Contains(text, commands.Clock(later)) {
		t.Errorf("drawn %d times: %s", drawn, text)
	}
	fold(6, round.CredentialsRevealed, keys) // it still carries the end of its making
	if text := r.drawAccess(r.access[1]).text; !strings.Contains(text, commands.Clock(later)) {
		t.Errorf("once shown: %s", text)
	}
}
