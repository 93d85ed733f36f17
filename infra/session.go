package infra

import (
	"crypto/rand"
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
