package panels

import (
	"bytes"
	"slices"
	"strings"
)

// Filter says which lines to show. The zero Filter shows all.
type Filter struct {
	words   []string // all must be there, lower case
	not     []string // none may be there
	sources []string // one of them
	level   int      // this weight or more
}

// ParseFilter reads what a person types: words (each must be in the line),
// "two words", -word, source:api (or source:api,visitors; source:api fits
// api-1 too) and level:warn (warnings and worse). It never fails: what it does
// not understand is a word.
func ParseFilter(text string) Filter {
	var f Filter
	for _, word := range split(strings.ToLower(text)) {
		key, value, found := strings.Cut(word, ":")
		switch {
		case found && key == "source" && value != "":
			f.sources = append(f.sources, strings.Split(value, ",")...)
		case found && key == "level" && weight[level(value)] > 0 && value != "":
			f.level = weight[level(value)]
		case len(word) > 1 && word[0] == '-':
			f.not = append(f.not, word[1:])
		default:
			f.words = append(f.words, word)
		}
	}
	return f
}

// split cuts at blanks, except within double quotes.
func split(text string) []string {
	var words []string
	var word strings.Builder
	quoted := false
	flush := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
		}
		word.Reset()
	}
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ' ' || r == '\t'):
			flush()
		default:
			word.WriteRune(r)
		}
	}
	flush()
	return words
}

// Match tells whether the line fits. Words are looked for in the text, the
// source and the JSON fields, whatever their case.
func (f Filter) Match(line Line) bool {
	if weight[line.Level] < f.level {
		return false
	}
	source := strings.ToLower(line.Source)
	if len(f.sources) > 0 && !slices.ContainsFunc(f.sources, func(s string) bool { return s != "" && (source == s || strings.HasPrefix(source, s+"-")) }) {
		return false
	}
	if len(f.words) == 0 && len(f.not) == 0 {
		return true
	}
	text := strings.ToLower(line.Text)
	fields := bytes.ToLower(line.Fields)
	has := func(word string) bool {
		return strings.Contains(text, word) || strings.Contains(source, word) || bytes.Contains(fields, []byte(word))
	}
	return !slices.ContainsFunc(f.words, func(w string) bool { return !has(w) }) && !slices.ContainsFunc(f.not, has)
}

// compareNames puts api-2 before api-10.
func compareNames(a, b string) int {
	cut := func(s string) (string, string) {
		head := strings.TrimRight(s, "0123456789")
		return head, strings.TrimLeft(s[len(head):], "0")
	}
	headA, numberA := cut(a)
	headB, numberB := cut(b)
	if headA != headB {
		return strings.Compare(headA, headB)
	}
	if len(numberA) != len(numberB) {
		return len(numberA) - len(numberB)
	}
	return strings.Compare(numberA, numberB)
}
