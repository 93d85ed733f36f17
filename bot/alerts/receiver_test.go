package alerts_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/round"
)

// firing is a notification as Alertmanager 0.34 sends it.
const firing = `{"receiver":"bot","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"ShopErrorRatioHigh","round":"R7","severity":"critical"},
"annotations":{"summary":"Every order fails","description":"d","runbook_url":"https://example.org/r"},"startsAt":"2026-11-23T14:22:32.432Z",
"endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"9e21d24a4358d4f8"}],"groupLabels":{"alertname":"ShopErrorRatioHigh"},
"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am","version":"4","groupKey":"{}:{alertname=\"ShopErrorRatioHigh\"}",
"truncatedAlerts":0,"notification_reason":"first notification","routeLabels":{}}`

type sink struct {
	got []round.Alert
	id  round.ID
	err error
}

func (s *sink) Alerts(_ context.Context, id round.ID, a []round.Alert) error {
	s.id, s.got = id, append(s.got, a...)
	return s.err
}

var secret = round.NewSecret("the bot's own key")

func post(t *testing.T, s *sink, method, path, token, body string) int {
	t.Helper()
	v := alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: secret, Sink: s})
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	v.ServeHTTP(w, r)
	return w.Code
}

func TestANotificationIsKept(t *testing.T) {
	s := &sink{}
	token := alerts.Token(secret, "R7").Reveal()
	if code := post(t, s, "POST", "/alerts/R7", token, firing); code != http.StatusOK {
		t.Fatalf("answered %d", code)
	}
	want := round.Alert{
		Fingerprint: "9e21d24a4358d4f8", Group: `{}:{alertname="ShopErrorRatioHigh"}`, Name: "ShopErrorRatioHigh", Severity: "critical",
		Summary: "Every order fails", Description: "d", Runbook: "https://example.org/r", Firing: true,
		StartsAt: time.Date(2026, 11, 23, 14, 22, 32, 432e6, time.UTC),
	}
	if len(s.got) != 1 || s.got[0] != want || s.id != "R7" {
		t.Errorf("got %+v for %s", s.got, s.id)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	token := alerts.Token(secret, "R7").Reveal()
	cases := []struct {
		name, method, path, token, body string
		err                             error
		want                            int
	}{
		{"no token", "POST", "/alerts/R7", "", firing, nil, 401},
		{"another round's token", "POST", "/alerts/R8", token, firing, nil, 401},
		{"not JSON", "POST", "/alerts/R7", token, "alert!", nil, 400},
		{"no version", "POST", "/alerts/R7", token, "{}", nil, 400},
		{"another version", "POST", "/alerts/R7", token, strings.Replace(firing, `"version":"4"`, `"version":"5"`, 1), nil, 400},
		{"two documents", "POST", "/alerts/R7", token, firing + firing, nil, 400},
		{"an alert without identity", "POST", "/alerts/R7", token, strings.Replace(firing, "9e21d24a4358d4f8", "", 1), nil, 400},
		{"a trailing slash", "POST", "/alerts/R7/", token, firing, nil, 404},
		{"no round", "POST", "/alerts/", token, firing, nil, 404},
		{"elsewhere", "POST", "/", token, firing, nil, 404},
		{"GET", "GET", "/alerts/R7", token, "", nil, 405},
		{"a round that is over", "POST", "/alerts/R7", token, firing, round.Refuse("no-round", "R7 is not open."), 404},
		{"a full disk", "POST", "/alerts/R7", token, firing, errors.New("no space left on device"), 503},
	}
	for _, c := range cases {
		s := &sink{err: c.err}
		code := post(t, s, c.method, c.path, c.token, c.body)
		if code != c.want {
			t.Errorf("%s: answered %d, want %d", c.name, code, c.want)
		}
		if c.err == nil && s.got != nil {
			t.Errorf("%s: it reached the sink", c.name)
		}
	}
}

func TestTokensAreTheRoundsOwn(t *testing.T) {
	a, b := alerts.Token(secret, "R1").Reveal(), alerts.Token(secret, "R11").Reveal()
	if a == b || len(a) != 64 || a != alerts.Token(secret, "R1").Reveal() {
		t.Errorf("tokens %q and %q", a, b)
	}
}
