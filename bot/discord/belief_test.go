package discord

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
)

// restOf is a rest whose requests are answered by next, and a way to count them.
func restOf(t *testing.T, next tripper) *rest {
	t.Helper()
	known := newLimits()
	s, err := discordgo.New("Bot x")
	if err != nil {
		t.Fatal(err)
	}
	s.ShouldRetryOnRateLimit, s.MaxRestRetries, s.LogLevel = false, 0, -1
	s.Client = &http.Client{Transport: &road{limits: known, next: next}}
	return &rest{session: s, limits: known, log: discard(), latest: map[string]string{}}
}

// TestRetryAfterIsNotBelievedBlindly: neither does 22 minutes keep a page back,
// nor is a limit of no length at all asked again without a pause.
func TestRetryAfterIsNotBelievedBlindly(t *testing.T) {
	for retryAfter, want := range map[string]time.Duration{
		"1336.57": time.Minute, "1e300": time.Minute, "30": 30 * time.Second,
		"0.376": 376 * time.Millisecond, "0": 100 * time.Millisecond, "-5": 100 * time.Millisecond,
	} {
		for _, global := range []string{"true", "false"} {
			synctest.Test(t, func(t *testing.T) {
				var sent []time.Time
				r := restOf(t, func(*http.Request) (*http.Response, error) {
					if sent = append(sent, time.Now()); len(sent) == 1 {
						return answer(429, `{"message":"slow down","retry_after":`+retryAfter+`,"global":`+global+`}`), nil
					}
					return answer(200, `{"id":"1"}`), nil
				})
				if _, err := r.post(t.Context(), "11", message{text: "a page"}, "n"); err != nil {
					t.Fatal(err)
				}
				if got := sent[1].Sub(sent[0]); len(sent) != 2 || got != want {
					t.Errorf("retry_after %s, global %s: %d tries, the second after %s, want %s", retryAfter, global, len(sent), got, want)
				}
			})
		}
	}
}

// TestADeadTokenIsNotTriedAgain: Discord answers 401 to a revoked bot, for whom
// a better token may come, and to an interaction that is over, for which none does.
func TestADeadTokenIsNotTriedAgain(t *testing.T) {
	for body, want := range map[string]int{
		`{"message":"Invalid Webhook Token","code":50027}`: 1,
		`{"message":"401: Unauthorized","code":0}`:         2,
	} {
		synctest.Test(t, func(t *testing.T) {
			tries := 0
			r := restOf(t, func(*http.Request) (*http.Response, error) {
				if tries++; tries == 2 {
					return answer(200, `{}`), nil
				}
				return answer(401, body), nil
			})
			q := request{method: "PATCH", url: discordgo.EndpointWebhookMessage("11", "token", "@original"), urgent: true}
			if err := r.insist(t.Context(), q, nil); tries != want || (err == nil) != (want == 2) {
				t.Errorf("%s: %d tries, want %d, and %v", body, tries, want, err)
			}
		})
	}
}
