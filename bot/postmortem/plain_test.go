package postmortem

import (
	"testing"

	"github.com/chaotic-good/scenarios/commands"
)

// TestPlain: a note comes neutralised already, and must read as it was written.
func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a_b":                        `a\_b`,
		commands.Neutral("a_b"):      `a\_b`,
		commands.Neutral("[a](b)"):   `\[a\](b)`,
		commands.Neutral("`x` ```"):  "\\`x\\` \\`\\`\\`",
		"[a](b) `x`":                 `\[a\](b) 'x'`,
		commands.Neutral("<@1> \\`"): "‹@\u200b1› \\\\\\`",
		"ana\u202e":                  "ana",
		`at the end \`:               `at the end \`,
	} {
		if got := Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}
