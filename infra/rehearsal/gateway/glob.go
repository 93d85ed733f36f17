package gateway

import "strings"

// A pattern is a sequence of runes in which the wildcards are not
// characters, so that a variable's value can hold a * that means itself.
type pattern []rune

const (
	anyText rune = -1 // any text, also none
	anyRune rune = -2 // one character
)

// literal reads * and ? as wildcards and everything else as itself.
func literal(s string) pattern {
	p := make(pattern, 0, len(s))
	for _, c := range s {
		switch c {
		case '*':
			c = anyText
		case '?':
			c = anyRune
		}
		p = append(p, c)
	}
	return p
}

// expand reads a pattern of a policy: wildcards, and variables in ${...}. It
// reports false when a variable has no value, for then nothing may match.
func expand(s string, value func(key string) (string, bool)) (pattern, bool) {
	var p pattern
	for {
		before, rest, found := strings.Cut(s, "${")
		p = append(p, literal(before)...)
		if !found {
			return p, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, false
		}
		switch name {
		case "*", "?", "$":
			p = append(p, rune(name[0]))
		default:
			v, ok := value(name)
			if !ok {
				return nil, false
			}
			p = append(p, []rune(v)...)
		}
		s = after
	}
}

// glob matches a whole text.
func glob(p pattern, text string) bool {
	s := []rune(text)
	i, j := 0, 0
	backP, backS := -1, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == anyText:
			backP, backS = i, j
			i++
		case i < len(p) && (p[i] == anyRune || p[i] == s[j]):
			i++
			j++
		case backP >= 0: // let the last * take one character more
			backS++
			i, j = backP+1, backS
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyText {
		i++
	}
	return i == len(p)
}
