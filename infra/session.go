package infra

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Session is what somebody did past AWS's API: they logged in to the box or to
// the database, or typed something there. AWS's trail tells only that a session
// of Session Manager began; who serves the logins, as a rehearsal does, knows the
// lines as well.
type Session struct {
	Service string // round.Shell or round.Database
	Target  string // the instance, or the database
	At      time.Time
	Line    string // what was typed; empty: a login
	Looks   bool   // it changes nothing
}

// Event is the session in the shape in which the trail's queue holds AWS's calls.
// What is secret in the line stays out of it.
func (s Session) Event() map[string]any {
	name := round.SessionOpened
	if s.Line != "" {
		name = round.LineTyped
	}
	return map[string]any{
		"detail-type": "Session", "source": "chaotic-good." + s.Service,
		"detail": map[string]any{
			"eventID": rand.Text(), "eventTime": s.At.UTC().Format(time.RFC3339Nano), "eventSource": s.Service, "eventName": name,
			"readOnly": s.Looks || s.Line == "", "requestParameters": map[string]any{"target": s.Target, "line": lineOf(s.Line)},
		},
	}
}

// sessionOf reads such an event. Nobody's name is in it: the round's key and
// login are anybody's who may read them.
func sessionOf(e envelope) (round.Call, bool) {
	d := e.Detail
	if d.EventSource != round.Shell && d.EventSource != round.Database {
		return round.Call{}, false
	}
	request, _ := d.Request.(map[string]any)
	target, _ := request["target"].(string)
	line, _ := request["line"].(string)
	return round.Call{
		EventID: d.EventID, At: d.EventTime.UTC(), Service: d.EventSource, Action: d.EventName,
		Target: presentable(target), With: lineOf(line), ReadOnly: d.ReadOnly,
	}, d.EventID != "" && d.EventName != "" && !d.EventTime.IsZero()
}

// opened makes of a call of Session Manager the session that it opens. What is
// done in it AWS does not tell: it may be anything.
func opened(c round.Call, id round.ID, request any) round.Call {
	if c.Service != "ssm" || c.Action != "StartSession" {
		return c
	}
	c.Service, c.Action, c.Target, c.With = round.Shell, round.SessionOpened, firstOf(request, "target"), ""
	if strings.Contains(firstOf(request, "documentname"), "ToRemoteHost") { // a port is forwarded, to the only thing that the box reaches so
		c.Service, c.Target = round.Database, NamesOf(id).Database
	}
	return c
}

// mostLine is the longest line that is told, in characters.
const mostLine = 160

var (
	// What stands after such a word is nobody's business.
	secretValue = `("[^"]*"|'(?:[^']|'')*'|[^\s'"]+)`
	secretWord  = regexp.MustCompile(`(?i)(\w*(?:pass(?:word|wd)?|secret|token|key)\w*["']?\s*[=:]\s*)` + secretValue)
	secretAfter = regexp.MustCompile(`(?i)((?:\bpassword|\bpasswd|\bbearer|--?[\w-]*(?:pass|secret|token|key))\s+)` + secretValue)
	secretHead  = regexp.MustCompile(`(?i)(authorization["']?\s*:\s*)[^'"]+`)
	secretURL   = regexp.MustCompile(`(://[^:/\s]*:)[^@\s]+@`)
	secretText  = regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|SCRAM-SHA-256\$\S+`)
	longWord    = regexp.MustCompile(`[A-Za-z0-9/+]{40,}={0,2}`)
	addresses   = regexp.MustCompile(`\b(?:\d{1,3}\.){3}\d{1,3}\b`)
	accounts    = regexp.MustCompile(`\b\d{12}\b`)
)

// lineOf is a typed line as a public thread may show it: one line, not long, and
// without what looks like a secret, an address or an account.
func lineOf(s string) string {
	s = strings.Join(strings.Fields(round.Visible(s)), " ")
	if len(s) > 64*mostLine {
		s = strings.ToValidUTF8(s[:64*mostLine], "") // nobody reads so far
	}
	for _, re := range []*regexp.Regexp{secretHead, secretWord, secretAfter} {
		s = re.ReplaceAllString(s, "${1}(secret)")
	}
	s = secretURL.ReplaceAllString(s, "${1}(secret)@")
	s = secretText.ReplaceAllString(s, "(secret)")
	s = longWord.ReplaceAllStringFunc(s, func(w string) string {
		if strings.ContainsAny(w, "0123456789") && strings.ToLower(w) != w {
			return "(secret)"
		}
		return w // a path
	})
	s = accounts.ReplaceAllString(addresses.ReplaceAllString(s, "(address)"), "(account)")
	if r := []rune(s); len(r) > mostLine {
		s = string(r[:mostLine]) + "…"
	}
	return s
}
