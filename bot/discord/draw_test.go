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

// A page names its runbook whatever becomes of the link: where viewers may not
// have that, as on AWS, a button gives it to those who take part.
func TestAPageNamesItsRunbook(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, c := range []struct {
		alert, link, says string
		phase             round.Phase
		buttons           int // beside the incident's own
	}{
		{"ShopErrorRatioHigh", "http://127.0.0.1:33201/tabs/runbooks/X", "Runbook: [ShopErrorRatioHigh](http://127.0.0.1:33201/tabs/runbooks/X)", round.Ready, 0},
		{"ShopErrorRatioHigh", "https://203.0.113.9/runbooks/X", "Runbook: `ShopErrorRatioHigh`", round.Ready, 1},
		{"ShopErrorRatioHigh", "https://203.0.113.9/runbooks/X", "Runbook: `ShopErrorRatioHigh`", round.Destroying, 0},
		{"ShopErrorRatioHigh", "", "Runbook: `ShopErrorRatioHigh`", round.Ready, 0},
		{"At 203.0.113.9", "https://203.0.113.9/runbooks/X", "Runbook: `At (address)`", round.Ready, 0},
		{long, "https://203.0.113.9/runbooks/X", "Runbook: `" + long + "`", round.Ready, 0},
	} {
		a := &alertView{incident: &incidentView{id: "INC-3"}, alerts: []*alertState{{Alert: round.Alert{Name: c.alert, Runbook: c.link, Firing: true}}}}
		m := (&roundView{id: "R7", phase: c.phase}).drawAlert(a)
		if text := m.embeds[0].Text; !strings.Contains(text, c.says) || strings.Contains(text, "203.0.113.9") {
			t.Errorf("%s, %s: the page says\n%s", c.alert, c.link, text)
		}
		if got := len(m.buttons) - 2; got != c.buttons {
			t.Errorf("%s, %s: %d buttons more than the incident's", c.alert, c.link, got)
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

// An alert whose end was not told yet fires again in the next incident: that is
// a page, and not an edit of the last incident's message.
func TestAnAlertFromBeforePagesAgain(t *testing.T) {
	last := &incidentView{id: "INC-2", ended: time.Unix(1, 0)}
	in := &incidentView{id: "INC-3", asked: round.FaultAsked{Expect: []string{"ShopErrorRatioHigh"}}}
	r := &roundView{id: "R7", phase: round.Ready, player: round.Person{ID: "2", Name: "ana"}, incidents: []*incidentView{last, in}}
	tell := func(seq uint64, id round.IncidentID, firing bool, from int64) {
		t.Helper()
		data, err := json.Marshal(round.Alert{Fingerprint: "b", Name: "ShopErrorRatioHigh", Severity: "critical", Firing: firing, StartsAt: time.Unix(from, 0)})
		if err != nil {
			t.Fatal(err)
		}
		kind := round.AlertResolved
		if firing {
			kind = round.AlertFired
		}
		if _, err := r.foldAlert(round.Event{Seq: seq, Round: "R7", Incident: id, At: time.Unix(int64(seq), 0), Kind: kind, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	tell(1, "INC-2", true, 0)
	tell(2, "INC-3", true, 2)
	if len(r.alerts) != 2 || len(r.drawAlert(r.alerts[1]).ping) != 1 {
		t.Fatalf("there are %d messages; want one for each incident, and the new one to page", len(r.alerts))
	}
	if r.alerts[0].firing() != 0 {
		t.Error("the last incident's message says that it fires still")
	}
	tell(3, "INC-3", true, 3) // once more in the same incident
	tell(4, "INC-3", false, 3)
	if len(r.alerts) != 2 || r.alerts[1].firing() != 0 {
		t.Errorf("there are %d messages, and in the new one %d fire", len(r.alerts), r.alerts[1].firing())
	}
}

// TestAPageKeepsWhatPaged: the last figure before an alert resolves was measured
// while it got better, and does not replace the one that paged.
func TestAPageKeepsWhatPaged(t *testing.T) {
	var a alertView
	for _, s := range []round.Alert{
		{Fingerprint: "b", Firing: true, Description: "20 % fail"},
		{Fingerprint: "b", Firing: true, Description: "24 % fail"},
		{Fingerprint: "b", Firing: false, Description: "3 % fail"},
	} {
		a.take(s, time.Unix(1, 0))
	}
	if s := a.alerts[0]; s.Firing || s.Description != "24 % fail" {
		t.Errorf("it says %q", s.Description)
	}
}

// TestWhoAcknowledgedWhat: an alert that joins an incident which somebody has was
// not acknowledged in no time.
func TestWhoAcknowledgedWhat(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(100+s, 0) }
	ana := round.Person{ID: "2", Name: "ana"}
	for name, c := range map[string]struct {
		paged, began, acked time.Time
		want                string
	}{
		"the page":           {at(0), at(0), at(31), "🟠 acknowledged by ana after 31 s\n"},
		"one beside it":      {at(0), at(10), at(67), "🟠 acknowledged by ana after 1 min 7 s\n"},
		"before the page":    {at(50), at(10), at(30), "🟠 acknowledged by ana after 20 s\n"},
		"a later one":        {at(0), at(40), at(31), "🟠 ana had acknowledged INC-3 before this fired\n"},
		"the page, later":    {at(40), at(40), at(31), "🟠 ana had acknowledged INC-3 before this fired\n"},
		"nobody, until now":  {at(0), at(0), time.Time{}, ""},
		"no page, only this": {time.Time{}, at(3), at(5), "🟠 acknowledged by ana after 2 s\n"},
	} {
		a := alertView{began: c.began, incident: &incidentView{id: "INC-3", paged: c.paged, acked: c.acked, ackedBy: ana}}
		if got := a.acknowledged(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := (&alertView{}).acknowledged(); got != "" {
		t.Errorf("outside any incident: %q", got)
	}
}
