package round

import (
	"strings"
	"unicode"
)

// Visible takes out of a text what cannot be seen but acts: marks that turn the
// direction of writing around, that join, split or hide characters, and control
// characters other than white space. What people and alerts write passes
// through it before anything else is made of it; a key with such a mark in its
// middle would not be known as one.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
