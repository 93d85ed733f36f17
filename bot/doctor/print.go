package doctor

import (
	"fmt"
	"io"
	"strings"
)

// Print writes a line for each result, below it how to mend what is not well, and
// at the end a count. It reports whether nothing is wrong.
func Print(w io.Writer, all []Result) (healthy bool, err error) {
	wide := 0
	for _, r := range all {
		wide = max(wide, len(r.Name))
	}
	count := map[State]int{}
	var b strings.Builder
	for _, r := range all {
		count[r.State]++
		fmt.Fprintf(&b, "%-8s %-*s  %s\n", r.State, wide, r.Name, line(r.Says))
		if r.Mend != "" {
			fmt.Fprintf(&b, "%-8s %-*s  -> %s\n", "", wide, "", line(r.Mend))
		}
	}
	fmt.Fprintf(&b, "\n%d checks: %d ok, %d warning, %d wrong\n", len(all), count[OK], count[Warning], count[Wrong])
	_, err = io.WriteString(w, b.String())
	return count[Wrong] == 0, err
}

// line keeps a text on one line: part of it may come from a server.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
}
