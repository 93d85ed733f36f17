package localdiscord_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

func TestDroppedSessionResumesAndMissesNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, got := caught(t, w)
	resumed := make(chan struct{}, 1)
	dg.AddHandler(func(*discordgo.Session, *discordgo.Resumed) { resumed <- struct{}{} })
	events := must[<-chan localdiscord.Event](t)(w.as(ana).Events(ctx(t)))
	w.DropGateway()
	for e := range events {
		if e.Type == "online" && string(e.Data) == "false" {
			break
		}
	}
	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "status", nil)) // while the bot is away
	select {
	case <-resumed:
	case <-ctx(t).Done():
		t.Fatal("not resumed")
	}
	select {
	case i := <-got:
		if i.ApplicationCommandData().Name != "status" {
			t.Errorf("replayed %+v", i)
		}
	case <-ctx(t).Done():
		t.Fatal("the interaction was lost")
	}
}

func TestForgottenSessionIdentifiesAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.open(t)
	ready := make(chan struct{}, 1)
	dg.AddHandler(func(*discordgo.Session, *discordgo.Ready) { ready <- struct{}{} })
	w.ForgetSessions()
	w.AskReconnect()
	select {
	case <-ready:
	case <-ctx(t).Done():
		t.Fatal("no second READY")
	}
}

func TestGatewayRefusals(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg := w.session(t, "wrong")
	closed, ok := errors.AsType[*websocket.CloseError](dg.Open())
	if !ok || closed.Code != 4004 {
		t.Errorf("wrong token: %v, want 4004", closed)
	}
	dg = w.session(t, w.cfg.Token)
	dg.Identify.Intents = discordgo.IntentsGuildMembers
	if closed, ok = errors.AsType[*websocket.CloseError](dg.Open()); !ok || closed.Code != 4014 {
		t.Errorf("privileged intent: %v, want 4014", closed)
	}
}

func TestSilentGatewaySaysNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Silent(true)
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(w.url, "http")+"/gateway/?v=9&encoding=json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	_ = ws.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, b, err := ws.ReadMessage(); err == nil {
		t.Errorf("heard %s", b)
	}
}

func TestFailuresAndRateLimits(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *localdiscord.Config) { c.RateLimit = localdiscord.RateLimit{Requests: 3, Per: time.Hour} })
	post := func(channel string) *http.Response {
		r := must[*http.Request](t)(http.NewRequestWithContext(ctx(t), "POST", w.url+"/api/v10/channels/"+channel+"/messages", strings.NewReader(`{"content":"x"}`)))
		r.Header.Set("Authorization", "Bot "+w.cfg.Token)
		r.Header.Set("Content-Type", "application/json")
		r.Close = true
		res := must[*http.Response](t)(http.DefaultClient.Do(r))
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	w.FailREST(1, http.StatusServiceUnavailable)
	if res := post(alerts); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ordered failure: %s", res.Status)
	}
	for want := range 3 {
		if res := post(alerts); res.StatusCode != 200 || res.Header.Get("X-RateLimit-Remaining") != []string{"2", "1", "0"}[want] {
			t.Errorf("request %d: %s, %s remaining", want, res.Status, res.Header.Get("X-RateLimit-Remaining"))
		}
	}
	res := post(alerts)
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") != "3600" || !strings.Contains(string(b), `"retry_after":3`) {
		t.Errorf("over the limit: %s %v %s", res.Status, res.Header, b)
	}
	if res := post(operations); res.StatusCode != 200 {
		t.Errorf("another channel: %s", res.Status)
	}
}
