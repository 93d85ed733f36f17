package infra

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// TestASessionComesThroughTheTrail: what is written for the queue is read as it
// was meant.
func TestASessionComesThroughTheTrail(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 13, 5, 250e6, time.UTC)
	for name, c := range map[string]struct {
		told Session
		want round.Call
	}{
		"a login":   {Session{Service: round.Shell, Target: "i-1"}, round.Call{Service: round.Shell, Action: round.SessionOpened, Target: "i-1", ReadOnly: true}},
		"a change":  {Session{Service: round.Shell, Target: "i-1", Line: "rm  -f\nx"}, round.Call{Service: round.Shell, Action: round.LineTyped, Target: "i-1", With: "rm -f x"}},
		"a look":    {Session{Service: round.Database, Target: "shop", Line: "SELECT 1", Looks: true}, round.Call{Service: round.Database, Action: round.LineTyped, Target: "shop", With: "SELECT 1", ReadOnly: true}},
		"a secret":  {Session{Service: round.Database, Target: "shop", Line: "ALTER ROLE ana PASSWORD 'hunter2'"}, round.Call{Service: round.Database, Action: round.LineTyped, Target: "shop", With: "ALTER ROLE ana PASSWORD (secret)"}},
		"somewhere": {Session{Service: round.Shell, Target: "10.20.0.7", Line: "ls", Looks: true}, round.Call{Service: round.Shell, Action: round.LineTyped, With: "ls", ReadOnly: true}},
	} {
		c.told.At = at
		raw, err := json.Marshal(c.told.Event())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "hunter2") {
			t.Errorf("%s: the queue holds %s", name, raw)
		}
		got, ours, err := parseCall(string(raw), "R1")
		if got.EventID == "" {
			t.Errorf("%s: without an id", name)
		}
		got.EventID, c.want.At = "", at
		if err != nil || !ours || got != c.want {
			t.Errorf("%s: %+v, %v, %v; want %+v", name, got, ours, err, c.want)
		}
	}
	if c, ours, err := parseCall(`{"detail":{"eventSource":"ssh"}}`, "R1"); ours || err == nil {
		t.Errorf("a session without id and time: %+v", c)
	}
}

// TestASessionOfSessionManager: AWS tells that it was opened, and no more.
func TestASessionOfSessionManager(t *testing.T) {
	for document, want := range map[string]round.Call{
		"AWS-StartSSHSession":                        {Service: round.Shell, Target: "i-0a"},
		"AWS-StartPortForwardingSessionToRemoteHost": {Service: round.Database, Target: "chaotic-r1-database"},
	} {
		request := `{"target":"i-0a","documentName":"` + document + `","parameters":{"host":["db.us-east-1.rds.amazonaws.com"]}}`
		got, ours, err := parseCall(message("e1", "ssm", "StartSession", request, ""), "R1")
		if err != nil || !ours || got.Service != want.Service || got.Target != want.Target || got.Action != round.SessionOpened || got.User != "r1-player-ana" || got.ReadOnly {
			t.Errorf("%s: %+v, %v, %v", document, got, ours, err)
		}
	}
}
