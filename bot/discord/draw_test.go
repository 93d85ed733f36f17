package discord

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestMayLink(t *testing.T) {
	for link, want := range map[string]bool{
		"https://example.org/runbooks/ShopErrorRatioHigh": true,
		"http://127.0.0.1:33201/tabs/runbooks/X":          true, // a rehearsal's
		"http://10.0.3.7/tabs/runbooks/X":                 false,
		"http://127.0.0.1/AKIAIOSFODNN7EXAMPLE":           false,
		"http://example.org/10.0.3.7":                     false,
		"javascript:alert(1)":                             false,
		"https://example.org/a)(b":                        false,
		"":                                                false,
	} {
		if got := mayLink(link); got != want {
			t.Errorf("mayLink(%q) = %v", link, got)
		}
	}
}

// What comes along with the page, and before it, notifies nobody and is not
// what the post-mortem hangs on.
func TestTheExpectedAlertPages(t *testing.T) {
	in := &incidentView{id: "INC-3", asked: round.FaultAsked{Expect: []string{"ShopErrorRatioHigh"}}}
	r := &roundView{id: "R7", phase: round.Ready, player: round.Person{ID: "2", Name: "ana"}, incidents: []*incidentView{in}}
	for seq, a := range []round.Alert{
		{Fingerprint: "a", Name: "ShopLatencyHigh", Severity: "warning", Firing: true},
		{Fingerprint: "b", Name: "ShopErrorRatioHigh", Severity: "critical", Firing: true},
		{Fingerprint: "c", Name: "ShopDatabaseUnreachable", Severity: "critical", Firing: true},
	} {
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		e := round.Event{Seq: uint64(seq + 1), Round: "R7", Incident: "INC-3", At: time.Unix(int64(seq), 0), Kind: round.AlertFired, Data: data}
		if _, err := r.foldAlert(e); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct {
		lamp  string
		pings int
	}{{"🟡", 0}, {"🔴", 1}, {"🔴", 0}} {
		m := r.drawAlert(r.alerts[i])
		if !strings.HasPrefix(m.text, want.lamp) || len(m.ping) != want.pings {
			t.Errorf("alert %d: %q notifies %v", i, m.text, m.ping)
		}
	}
	for _, s := range r.end(in) {
		if s.report != "" && s.anchor != r.alerts[1].card {
			t.Errorf("the post-mortem hangs on %v", s.anchor)
		}
	}
}
