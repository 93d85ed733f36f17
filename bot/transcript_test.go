package main

import (
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// A terminal draws neither times nor people.
func TestTheTranscriptReads(t *testing.T) {
	people := []localdiscord.Person{{ID: "1271", Name: "ana"}}
	for text, want := range map[string]string{
		"INC-1 \u00b7 <@1271>, it ends at <t:1795628758:t>":         "INC-1 \u00b7 @ana, it ends at 17:45",
		"<t:1795628758:T> paged, destroys itself <t:1795628758:R>":  "17:45:58 paged, destroys itself at 17:45",
		"\u2039@\u200b1271\u203a and <@!1271> and <@9> and <t:x:t>": "@ana and @ana and <@9> and <t:x:t>",
	} {
		if got := spoken(text, people, time.UTC); got != want {
			t.Errorf("%q reads %q, want %q", text, got, want)
		}
	}
}
