package discord

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
)

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func TestRoadRefusesOtherHosts(t *testing.T) {
	base, err := url.Parse("http://127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	sent := ""
	r := &road{base: base, limits: newLimits(), next: tripper(func(req *http.Request) (*http.Response, error) {
		sent = req.URL.String()
		return answer(200, "{}"), nil
	})}
	for target, want := range map[string]string{
		"https://discord.com/api/v9/gateway":      "http://127.0.0.1:9/api/v9/gateway",
		"https://cdn.discordapp.com/avatar.png":   "",
		"http://discord.com/api/v9/gateway":       "",
		"https://discord.com.example.org/api/v9/": "",
	} {
		sent = ""
		req, err := http.NewRequest("GET", target, bytes.NewReader([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.RoundTrip(req); (err == nil) != (want != "") || sent != want {
			t.Errorf("%s went to %q (%v), want %q", target, sent, err, want)
		}
	}
}

func TestRouteOf(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v9/channels/11/messages":                 "GET /api/v9/channels/11/messages",
		"/api/v9/channels/11/messages/22":              "GET /api/v9/channels/11/messages/:id",
		"/api/v9/channels/11/messages/22/threads":      "GET /api/v9/channels/11/messages/:id/threads",
		"/api/v9/guilds/11/members/22":                 "GET /api/v9/guilds/11/members/:id",
		"/api/v9/interactions/11/tOkEn/callback":       "GET /api/v9/interactions/11/:token/:token",
		"/api/v9/webhooks/11/tOkEn/messages/@original": "GET /api/v9/webhooks/11/:token/:token/:token",
		"/api/v9/users/@me/channels":                   "GET /api/v9/users/@me/channels",
		"/api/v9/applications/11/guilds/22/commands":   "GET /api/v9/applications/11/guilds/:id/commands",
		"/gateway": "GET /gateway",
		"":         "GET /",
	} {
		if got := routeOf("GET", path); got != want {
			t.Errorf("routeOf(%s) = %s, want %s", path, got, want)
		}
	}
}

// TestLimits sends through a discordgo session whose every wait must end with
// its context.
func TestLimits(t *testing.T) {
	const messages = "https://discord.com/api/v9/channels/11/messages"
	tests := []struct {
		name    string
		answers []*http.Response
		want    time.Duration // when the second request is sent
	}{
		{"free", []*http.Response{answer(200, "{}", "X-RateLimit-Remaining", "1", "X-RateLimit-Reset-After", "9")}, 0},
		{"used up", []*http.Response{answer(200, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset-After", "2.5")}, 2500 * time.Millisecond},
		{"429", []*http.Response{answer(429, `{"retry_after":1.5,"global":false}`), answer(200, "{}")}, 1500 * time.Millisecond},
		{"429 of another network", []*http.Response{answer(429, "<html>1015</html>", "Retry-After", "7"), answer(200, "{}")}, 7 * time.Second},
		{"429 for everything", []*http.Response{answer(429, `{"retry_after":3,"global":true}`, "X-RateLimit-Global", "true"), answer(200, "{}")}, 3 * time.Second},
		{"nonsense", []*http.Response{answer(200, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset-After", "soon")}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []time.Time
				known := newLimits()
				s, err := discordgo.New("Bot x")
				if err != nil {
					t.Fatal(err)
				}
				s.ShouldRetryOnRateLimit, s.MaxRestRetries, s.LogLevel = false, 0, -1
				s.Client = &http.Client{Transport: &road{limits: known, next: tripper(func(*http.Request) (*http.Response, error) {
					sent = append(sent, time.Now())
					if len(sent) <= len(tt.answers) {
						return tt.answers[len(sent)-1], nil
					}
					return answer(200, "{}"), nil
				})}}
				r := &rest{session: s, limits: known, log: discard()}
				began := time.Now()
				q := request{method: "POST", url: messages, body: map[string]any{}}
				for len(sent) < 2 {
					if err := r.insist(t.Context(), q, nil); err != nil {
						t.Fatal(err)
					}
				}
				if got := sent[1].Sub(began); got != tt.want {
					t.Errorf("the second request was sent after %s, want %s", got, tt.want)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				defer cancel()
				known.all = time.Now().Add(time.Hour)
				if err := r.insist(ctx, q, nil); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("a wait without an end: %v", err)
				}
			})
		})
	}
}

// TestErrorsHoldNoToken: the address of an interaction's answer holds its token.
func TestErrorsHoldNoToken(t *testing.T) {
	s, err := discordgo.New("Bot x")
	if err != nil {
		t.Fatal(err)
	}
	s.LogLevel = -1
	for name, next := range map[string]tripper{
		"network": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
		"500":     func(*http.Request) (*http.Response, error) { return answer(500, "oops"), nil },
		"502":     func(*http.Request) (*http.Response, error) { return answer(502, "oops"), nil },
		"404": func(*http.Request) (*http.Response, error) {
			return answer(404, `{"code":10062,"message":"Unknown interaction"}`), nil
		},
		"429":  func(*http.Request) (*http.Response, error) { return answer(429, `{"retry_after":0.001}`), nil },
		"html": func(*http.Request) (*http.Response, error) { return answer(200, "<html>"), nil },
	} {
		s.Client = &http.Client{Transport: &road{limits: newLimits(), next: next}}
		s.ShouldRetryOnRateLimit, s.MaxRestRetries = false, 0
		r := &rest{session: s, limits: newLimits(), log: discard()}
		var into struct{}
		err := r.send(t.Context(), request{method: "POST", url: discordgo.EndpointInteractionResponse("11", "tOkEn"), urgent: true}, &into)
		if err == nil || strings.Contains(err.Error(), "tOkEn") {
			t.Errorf("%s: %v", name, err)
		}
		if refusedWith(err, codeUnknownInteraction) != (name == "404") {
			t.Errorf("%s is sorted wrongly: %v", name, err)
		}
	}
}
