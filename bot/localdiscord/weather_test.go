package localdiscord_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestWeather asks without a network, on a clock that does not wait. Its sender
// gives every request up after a minute.
func TestWeather(t *testing.T) {
	fine := localdiscord.Weather{}
	for name, c := range map[string]struct {
		weather localdiscord.Weather
		status  int // 0: no answer
		after   time.Duration
		done    bool
		header  string // X-RateLimit-Global
	}{
		"fine":              {fine, 200, 0, true, ""},
		"slow":              {localdiscord.Weather{Slow: 20 * time.Second}, 200, 20 * time.Second, true, ""},
		"slower":            {localdiscord.Weather{Slow: 2 * time.Minute}, 200, 2 * time.Minute, true, ""}, // its sender has gone
		"half-open":         {localdiscord.Weather{Mute: true}, 0, time.Minute, false, ""},
		"half-open, acting": {localdiscord.Weather{Mute: true, Acts: true}, 0, time.Minute, true, ""},
		"500":               {localdiscord.Weather{Status: 500}, 500, 0, false, ""},
		"502, acting":       {localdiscord.Weather{Status: 502, Acts: true}, 502, 0, true, ""},
		"429":               {localdiscord.Weather{Status: 429, RetryAfter: 22 * time.Minute}, 429, 0, false, ""},
		"429 for all":       {localdiscord.Weather{Status: 429, RetryAfter: time.Hour, Global: true}, 429, 0, false, "true"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := must[*localdiscord.Server](t)(localdiscord.New(localdiscord.Rehearsal()))
				s.Weather(c.weather)
				post := func() (rec *httptest.ResponseRecorder, answered bool) {
					sender, gone := context.WithTimeout(t.Context(), time.Minute)
					defer gone()
					r := httptest.NewRequestWithContext(sender, "POST", "http://127.0.0.1/api/v10/channels/"+alerts+"/messages", strings.NewReader(`{"content":"x"}`))
					r.Header.Set("Authorization", "Bot rehearsal-token")
					rec = httptest.NewRecorder()
					defer func() { _ = recover() }() // as net/http does, for a connection that is cut
					s.Handler().ServeHTTP(rec, r)
					return rec, true
				}
				began := time.Now()
				rec, answered := post()
				if took := time.Since(began); answered != (c.status != 0) || took != c.after {
					t.Fatalf("answered %t after %s", answered, took)
				}
				if answered && (rec.Code != c.status || rec.Header().Get("X-RateLimit-Global") != c.header) {
					t.Errorf("answered %d, %v", rec.Code, rec.Header())
				}
				if done := len(s.Texts()) == 1; done != c.done {
					t.Errorf("done: %t, want %t", done, c.done)
				}
				s.Weather(fine)
				if rec, answered = post(); !answered || rec.Code != http.StatusOK {
					t.Error("the weather did not clear up")
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// enter connects to the gateway and logs in. discordgo would come back by itself.
func (w *world) enter(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := w.knock(t)
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteJSON(map[string]any{"op": 2, "d": map[string]any{"token": w.cfg.Token, "intents": 0}}); err != nil {
		t.Fatal(err)
	}
	for range 2 { // HELLO, READY
		if _, said, err := ws.ReadMessage(); err != nil {
			t.Fatalf("%s, %v", said, err)
		}
	}
	return ws
}

func (w *world) knock(t *testing.T) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(ctx(t), "ws"+strings.TrimPrefix(w.url, "http")+"/gateway/?v=9&encoding=json", nil)
	if err == nil {
		_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		t.Cleanup(func() { ws.Close() })
	}
	return ws, resp, err
}

func TestGatewayWeather(t *testing.T) {
	t.Parallel()
	w := start(t)
	ws := w.enter(t)
	w.RefuseGateway(true)
	if _, _, err := ws.ReadMessage(); err == nil || websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("a gateway that is cut: %v", err)
	}
	if _, resp, err := w.knock(t); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a refusing gateway answered %v", err)
	}
	w.RefuseGateway(false)
	ws = w.enter(t)
	w.CloseGateway(4000)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		t.Errorf("a connection that was open: %v", err)
	}
	ws, _, err := w.knock(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4000) {
		t.Errorf("a closing gateway: %v", err)
	}
	w.CloseGateway(0)
	w.enter(t)
}
