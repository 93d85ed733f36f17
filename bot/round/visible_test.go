package round_test

import (
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain words,\nin two lines":   "plain words,\nin two lines",
		"\u202egnirts\u202c \u2066x":   "gnirts x",
		"a\u200bb\u200dc\ufeffd\u00ad": "abcd",
		"\x1b[31mred\x00":              "[31mred",
		"שלום, مرحبا, naïve, 日本, 🦓":    "שלום, مرحبا, naïve, 日本, 🦓",
		"": "",
	} {
		if got := round.Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}
