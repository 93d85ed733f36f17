package infra

import (
	"regexp"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// mostLine is the longest line that is told, in characters.
const mostLine = 160

const hidden = "(secret)"

var (
	// A line about these is not told at all: where the secret stands in it nobody
	// knows.
	secretLine = regexp.MustCompile(`(?i)chpasswd|passwd\b.*--stdin|\.pgpass|\.netrc|htpasswd|\bcrypt\s*\(|private key`)
	// What comes after such words is a secret. The line goes on after it where it is
	// a simple word.
	secretWord = regexp.MustCompile(`(?i)\w*(?:pass(?:word|wd|phrase)?|pwd?|secret|token|key)\w*(?:["'\\]*\s*[=:]|["'\\]+\s*,)\s*` +
		`|(?:^|\s)--?[\w-]*(?:pass|secret|token|key)[\w-]*\s+|\bsshpass\s+-p\s*|\baws_(?:secret_access_key|session_token)\s+|\bbearer\s+` +
		`|(?:^|\s)(?:-u|--user|--proxy-user)[\s=]*[^\s:]*:`)
	// Between these and the secret there may stand anything: nothing after them is
	// told.
	secretRest = regexp.MustCompile(`(?i)\bpass(?:word|wd)\b`)
	// A simple word ends at the same place whatever language it is in.
	simpleWord = regexp.MustCompile(`^(\(secret\)|[\w.,:/+@%~][\w.,:/+@%~=-]*|'[^'"\\]*'|"[^'"\\$` + "`" + `]*")(?:[;)]*(?:\s|$))`)

	secretHead = regexp.MustCompile(`(?i)((?:authorization|cookie)["']?\s*:\s*)[^'"]+`)
	secretURL  = regexp.MustCompile(`(://[^:/\s]*:)[^\s'"]+@`)
	secretText = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|SCRAM-SHA-256\$\S+`)
	longWord   = regexp.MustCompile(`[A-Za-z0-9/+]{40,}={0,2}`)
	addresses  = regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}\b`)
	accounts   = regexp.MustCompile(`\b\d{12}\b`)
)

// lineOf is a typed line as a public thread may show it: one line, not long, and
// without what looks like a secret, an address or an account. Where it is not
// clear where a secret ends, the rest of the line goes with it.
func lineOf(s string) string {
	s = strings.Join(strings.Fields(round.Visible(s)), " ")
	if len(s) > 64*mostLine {
		s = strings.ToValidUTF8(s[:64*mostLine], "") // nobody reads so far
	}
	if secretLine.MatchString(s) {
		return hidden
	}
	s = secretHead.ReplaceAllString(s, "${1}"+hidden)
	s = withoutSecrets(secretURL.ReplaceAllString(s, "${1}"+hidden+"@"))
	s = secretText.ReplaceAllString(s, hidden)
	s = longWord.ReplaceAllStringFunc(s, func(w string) string {
		if strings.ContainsAny(w, "0123456789") && strings.ToLower(w) != w {
			return hidden
		}
		return w // a path
	})
	s = accounts.ReplaceAllString(addresses.ReplaceAllString(s, "(address)"), "(account)")
	if r := []rune(s); len(r) > mostLine {
		s = string(r[:mostLine]) + "…"
	}
	return s
}

// withoutSecrets takes out what stands after the words that announce a secret.
func withoutSecrets(s string) string {
	told := ""
	for {
		word, rest := secretWord.FindStringIndex(s), secretRest.FindStringIndex(s)
		switch {
		case rest != nil && (word == nil || rest[1] <= word[0]):
			if rest[1] == len(s) {
				return told + s // it announces nothing
			}
			return told + s[:rest[1]] + " " + hidden
		case word == nil || word[1] == len(s):
			return told + s
		}
		value := simpleWord.FindStringSubmatch(s[word[1]:])
		told += s[:word[1]] + hidden
		if value == nil {
			return told
		}
		s = s[word[1]+len(value[1]):]
	}
}
