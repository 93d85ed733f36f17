package prom

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func get(t *testing.T, url string) string {
	t.Helper()
	r, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func post(t *testing.T, url string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := client.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if answer, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s: %s", url, r.Status, answer)
	}
}

// alerting is one alert as Prometheus posts it.
func alerting(name string) []map[string]any {
	return []map[string]any{{
		"labels": map[string]string{"alertname": name, "round": "R1"},
		"endsAt": time.Now().Add(time.Minute),
	}}
}

func TestABotThatWasDownIsToldWhenItIsUp(t *testing.T) {
	t.Parallel()
	hook := newBot(t)
	hook.refuse = 2
	s := start(t, testConfig(t, hook.URL, io.Discard))
	post(t, s.AlertmanagerURL()+"/api/v2/alerts", alerting("Late"))
	p := hook.next(t, 10*time.Second)
	hook.mu.Lock()
	defer hook.mu.Unlock()
	if hook.refused != 2 || p.CommonLabels["alertname"] != "Late" || p.bearer != "Bearer "+token {
		t.Errorf("after %d refusals came %+v", hook.refused, p)
	}
}

func TestASilencedAlertIsNotDelivered(t *testing.T) {
	t.Parallel()
	hook := newBot(t)
	s := start(t, testConfig(t, hook.URL, io.Discard))
	api := s.AlertmanagerURL() + "/api/v2"
	post(t, api+"/silences", map[string]any{
		"matchers":  []map[string]any{{"name": "alertname", "value": "Hushed", "isRegex": false, "isEqual": true}},
		"startsAt":  time.Now(),
		"endsAt":    time.Now().Add(time.Minute),
		"createdBy": "ana",
		"comment":   "known",
	})
	post(t, api+"/alerts", alerting("Hushed"))
	post(t, api+"/alerts", alerting("Loud"))
	if p := hook.next(t, 5*time.Second); p.CommonLabels["alertname"] != "Loud" {
		t.Errorf("delivered %v", p.CommonLabels)
	}
	// The API, which a bot without an address polls, shows both.
	eventually(t, "the silence shows", 30*time.Second, func() bool {
		var groups []struct {
			Labels map[string]string `json:"labels"`
			Alerts []struct {
				Status struct{ State string } `json:"status"`
			} `json:"alerts"`
		}
		if err := json.Unmarshal([]byte(get(t, api+"/alerts/groups")), &groups); err != nil {
			t.Fatal(err)
		}
		state := map[string]string{}
		for _, g := range groups {
			state[g.Labels["alertname"]] = g.Alerts[0].Status.State
		}
		return state["Hushed"] == "suppressed" && state["Loud"] == "active"
	})
	if len(hook.pages) != 0 {
		t.Errorf("also delivered: %+v", <-hook.pages)
	}
	if got := get(t, s.AlertmanagerURL()+"/-/ready"); got != "Ready.\n" {
		t.Errorf("ready: %q", got)
	}
}

func TestAHangingWebhookDoesNotHoldUpTheStop(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer hook.Close()
	defer close(release)
	s, err := Start(t.Context(), testConfig(t, hook.URL, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	post(t, s.AlertmanagerURL()+"/api/v2/alerts", alerting("Stuck"))
	select {
	case <-arrived:
	case <-time.After(5 * time.Second):
		t.Error("no webhook")
	}
	stopWithinASecond(t, s)
}
