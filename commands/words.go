package commands

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/chaotic-good/scenarios/bot/round"
)

// joiner is invisible and breaks what Discord would read as a mention.
const joiner = "\u200b"

var (
	marks    = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "~", "\\~", "|", "\\|", "[", "\\[", "]", "\\]", "@", "@"+joiner, "<", "<"+joiner)
	opener   = regexp.MustCompile(`^(#{1,3}|-#|>{1,3}|[-+]|\d+\.)\s`)
	address  = regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2}|:\d{1,5})?\b`)
	account  = regexp.MustCompile(`\b\d{12}\b`)
	keyID    = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b`)
	longWord = regexp.MustCompile(`[A-Za-z0-9/+]{40,}={0,2}`)
)

// Neutral makes people's words safe to show: nobody is mentioned, nothing
// becomes a heading, a link or a block, nothing turns the words around it
// round, and all of it is one line.
func Neutral(s string) string {
	s = strings.Join(strings.Fields(round.Visible(s)), " ")
	if opener.MatchString(s) {
		s = "\\" + s
		return "\\" + marks.Replace(s[1:])
	}
	return marks.Replace(s)
}

// Redact takes out what viewers may never see: addresses, account numbers, keys.
func Redact(s string) string {
	s = keyID.ReplaceAllString(s, "(key)")
	s = longWord.ReplaceAllStringFunc(s, func(w string) string {
		if looksRandom(w) {
			return "(key)"
		}
		return w
	})
	s = address.ReplaceAllString(s, "(address)")
	return account.ReplaceAllString(s, "(account)")
}

// looksRandom tells a secret from a long path or a hash: it mixes capitals,
// small letters and digits.
func looksRandom(w string) bool {
	return strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		strings.ContainsAny(w, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(w, "0123456789") &&
		strings.Count(w, "/") < 4
}

// holdsKey reports whether somebody pasted an access key.
func holdsKey(s string) bool {
	return keyID.MatchString(s) || Redact(s) != s && strings.Contains(Redact(s), "(key)")
}

// words checks and neutralises what a person wrote; what names it in the
// refusals, as in "a note".
func words(what, s string, limit int) (string, error) {
	s = strings.TrimSpace(round.Visible(s))
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		return "", round.Refuse("empty text", "%s needs some words.", upper(what))
	case n > limit:
		return "", round.Refuse("long text", "%s has at most %d characters; yours has %d. Nothing was kept.", upper(what), limit, n)
	case holdsKey(s):
		return "", round.Refuse("key in text", "That looks like it holds an access key, and everybody would see it. Nothing was kept.")
	}
	return Neutral(s), nil
}

// Sentence makes half a sentence whole: a capital first, a full stop last.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.ContainsAny(s[len(s)-1:], ".!?") {
		return s
	}
	return s + "."
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
