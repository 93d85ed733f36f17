package alerts_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/round"
)

// TestTheBotLooksForItself: only the bot's own answer counts, and what can be
// told only from outside is not claimed.
func TestTheBotLooksForItself(t *testing.T) {
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	receiver := func(key string) http.Handler {
		return alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: round.NewSecret(key), Sink: &sink{}})
	}
	mine := serve(receiver("the bot's own key"))
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct {
		public string
		near   bool
		want   round.CheckState
		says   string
	}{
		"itself":                    {mine, true, round.CheckOK, "Alerts reach the bot."},
		"with a slash":              {mine + "/", true, round.CheckOK, "Alerts reach the bot."},
		"another bot":               {serve(receiver("another key")), true, round.CheckFails, "Something else answers"},
		"another program":           {serve(http.NotFoundHandler()), true, round.CheckFails, "(HTTP 404)"},
		"a redirect":                {serve(http.RedirectHandler(mine+"/alerts/self", http.StatusFound)), true, round.CheckFails, "redirects"},
		"nobody":                    {gone.URL, true, round.CheckWarns, "does not reach itself"},
		"loopback, and a far stack": {mine, false, round.CheckFails, "only its own network knows"},
		"a private address":         {"https://10.0.0.7", false, round.CheckFails, "only its own network knows"},
		"no address":                {"bot.example.org", false, round.CheckFails, "no http address"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := alerts.Front{Public: c.public, Key: secret, Near: c.near}.Look(t.Context(), round.Spec{}, round.Person{})
			if err != nil || len(found.Checks) != 1 {
				t.Fatalf("%+v, %v", found, err)
			}
			if got := found.Checks[0]; got.State != c.want || !strings.Contains(got.Says, c.says) {
				t.Errorf("%s: %s; want %s, %q", got.State, got.Says, c.want, c.says)
			}
		})
	}
}

// TestTheEchoIsNoToken: whoever has heard proofs knows no round's token by them.
func TestTheEchoIsNoToken(t *testing.T) {
	v := alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: secret, Sink: &sink{}})
	ask := func(method, target string) (int, string) {
		w := httptest.NewRecorder()
		v.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
		return w.Code, w.Body.String()
	}
	code, proof := ask("GET", "/alerts/self?nonce=0123456789abcdef0123456789abcdef")
	if code != http.StatusOK || len(proof) != 64 || proof == alerts.Token(secret, "R7").Reveal() {
		t.Errorf("answered %d, %q", code, proof)
	}
	for _, target := range []string{"/alerts/self", "/alerts/self?nonce=R7", "/alerts/self?nonce=" + strings.Repeat("a", 64)} {
		if code, _ := ask("GET", target); code != http.StatusNotFound {
			t.Errorf("%s: answered %d", target, code)
		}
	}
	if code, _ := ask("POST", "/alerts/self?nonce=0123456789abcdef0123456789abcdef"); code != http.StatusNotFound {
		t.Errorf("a POST is answered %d", code)
	}
}
