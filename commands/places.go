package commands

import (
	"fmt"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// pageLines lead to what one looks at beside the chat. None of the addresses is a
// secret, and all are for those who take part: they say where the stack is.
func pageLines(shop, graphs, logs, runbooks string) string {
	var b strings.Builder
	if shop != "" {
		fmt.Fprintf(&b, "The shop is at <%s/>\n", strings.TrimSuffix(shop, "/"))
	}
	var all []string
	for _, p := range []struct{ name, at string }{{"Graphs", graphs}, {"Logs", logs}, {"Runbooks", runbooks}} {
		if p.at != "" {
			all = append(all, "**"+p.name+"** <"+p.at+">")
		}
	}
	if len(all) > 0 {
		fmt.Fprintf(&b, "%s\n", strings.Join(all, " · "))
	}
	return b.String()
}

// loginLine is what the pages ask for, where they ask. It holds a secret.
func loginLine(l round.Login) string {
	if l.Password.Empty() {
		return ""
	}
	s := fmt.Sprintf("They ask for user `%s`, password `%s`.", l.User, l.Password.Reveal())
	if l.Fingerprint != "" {
		s += fmt.Sprintf(" Your browser does not know their certificate; its SHA-256 fingerprint must be `%s`.", l.Fingerprint)
	}
	return s + "\n"
}
