package alerts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal/prom"
	"github.com/chaotic-good/scenarios/monitoring"
)

// desk takes alerts as the engine does, and tells of them as it does: the latest
// word about each counts, and repeats are none.
type desk struct {
	mu      sync.Mutex
	url     string // of the round's Alertmanager
	alerts  map[string]round.Alert
	history []string
	err     error
	grown   chan struct{}
}

func newDesk(url string) *desk {
	return &desk{url: url, alerts: map[string]round.Alert{}, grown: make(chan struct{})}
}

func (d *desk) Alerts(_ context.Context, _ round.ID, all []round.Alert) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	for _, a := range all {
		known, ok := d.alerts[a.Fingerprint]
		if !ok && !a.Firing || ok && known.Firing == a.Firing && known.StartsAt.Equal(a.StartsAt) {
			continue
		}
		d.alerts[a.Fingerprint] = a
		d.history = append(d.history, map[bool]string{true: "fired ", false: "resolved "}[a.Firing]+a.Name)
		close(d.grown)
		d.grown = make(chan struct{})
	}
	return nil
}

func (d *desk) Watched() []round.Watched {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := round.Watched{Target: round.Target{Round: "R7", Outputs: round.Outputs{Alertmanager: d.url}}}
	for _, a := range d.alerts {
		if a.Firing {
			w.Firing = append(w.Firing, a)
		}
	}
	return []round.Watched{w}
}

// latest is the latest word about each alert.
func (d *desk) latest() map[string]round.Alert {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.alerts)
}

func (d *desk) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.history)
}

// hears waits until the desk was told all of it, in any order, and no more.
func (d *desk) hears(t *testing.T, want ...string) {
	t.Helper()
	slices.Sort(want)
	for deadline := time.After(20 * time.Second); ; {
		d.mu.Lock()
		got, grown := slices.Clone(d.history), d.grown
		d.mu.Unlock()
		slices.Sort(got)
		if slices.Equal(got, want) {
			return
		}
		select {
		case <-grown:
		case <-deadline:
			t.Fatalf("told %q, want %q", got, want)
		}
	}
}

// anybody lets everybody in.
type anybody struct{}

func (anybody) Client(context.Context, round.ID) (*http.Client, error) {
	return http.DefaultClient, nil
}

func newPoller(t *testing.T, d *desk, change ...func(*alerts.PollerConfig)) *alerts.Poller {
	t.Helper()
	c := alerts.PollerConfig{Log: slog.New(slog.DiscardHandler), Rounds: d, Doors: anybody{}, Sink: d, Now: time.Now, Every: 20 * time.Millisecond, Settled: -time.Minute}
	for _, f := range change {
		f(&c)
	}
	p, err := alerts.NewPoller(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// polling runs a poller, and gives what stops it.
func polling(t *testing.T, d *desk, change ...func(*alerts.PollerConfig)) (stop func()) {
	t.Helper()
	p := newPoller(t, d, change...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// alertmanager starts a real one, which calls a webhook.
func alertmanager(t *testing.T, webhook, token string) *prom.Stack {
	t.Helper()
	s, err := prom.Start(t.Context(), prom.Config{
		Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Profile: monitoring.Autoplay(), Round: "R7",
		Webhook: prom.Webhook{URL: webhook, Token: token}, RunbookBase: "http://127.0.0.1:1/runbooks",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return s
}

// nowhere is a webhook that takes nothing.
func nowhere(t *testing.T) *prom.Stack { return alertmanager(t, "http://127.0.0.1:1/alerts/R7", "t") }

// send posts to Alertmanager's API.
func send(t *testing.T, s *prom.Stack, path string, body any) string {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return call(t, http.MethodPost, s.AlertmanagerURL()+path, raw)
}

func call(t *testing.T, method, url string, body []byte) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v: %s", method, url, resp.Status, err, answer)
	}
	return string(answer)
}

var began = time.Now().Add(-time.Minute).Truncate(time.Millisecond)

// fires and ends say of an alert what Prometheus would.
func fires(t *testing.T, s *prom.Stack, name, instance string) {
	t.Helper()
	send(t, s, "/api/v2/alerts", []map[string]any{spell(name, instance, time.Now().Add(time.Hour))})
}

func ends(t *testing.T, s *prom.Stack, name, instance string) {
	t.Helper()
	send(t, s, "/api/v2/alerts", []map[string]any{spell(name, instance, time.Now())})
}

func spell(name, instance string, until time.Time) map[string]any {
	return map[string]any{
		"labels":      map[string]string{"alertname": name, "round": "R7", "severity": "critical", "instance": instance},
		"annotations": map[string]string{"summary": "Every order fails\u202e", "description": "d", "runbook_url": "https://example.org/r"},
		"startsAt":    began, "endsAt": until,
	}
}

// TestBothIntakesHearTheSame: one Alertmanager calls the receiver and is asked by
// the poller, and the two tell the same alerts in the same groups.
func TestBothIntakesHearTheSame(t *testing.T) {
	called, asked := newDesk(""), newDesk("")
	hook := httptest.NewServer(alerts.NewReceiver(alerts.Config{Log: slog.New(slog.DiscardHandler), Key: secret, Sink: called}))
	t.Cleanup(hook.Close)
	s := alertmanager(t, hook.URL+alerts.Path("R7"), alerts.Token(secret, "R7").Reveal())
	asked.url = s.AlertmanagerURL() + "/"
	polling(t, asked)
	fires(t, s, "ShopErrorRatioHigh", "a")
	fires(t, s, "ShopErrorRatioHigh", "b")
	fires(t, s, "InventoryDown", "c")
	for _, d := range []*desk{called, asked} {
		d.hears(t, "fired ShopErrorRatioHigh", "fired ShopErrorRatioHigh", "fired InventoryDown")
	}
	byPoller := asked.latest()
	for fingerprint, want := range called.latest() {
		if got := byPoller[fingerprint]; got != want || !strings.Contains(got.Group, want.Name) || got.Summary != "Every order fails" {
			t.Errorf("asked: %+v\ncalled: %+v", got, want)
		}
	}
	ends(t, s, "ShopErrorRatioHigh", "b")
	for _, d := range []*desk{called, asked} {
		d.hears(t, "fired ShopErrorRatioHigh", "fired ShopErrorRatioHigh", "fired InventoryDown", "resolved ShopErrorRatioHigh")
	}
	byPoller = asked.latest()
	for fingerprint, want := range called.latest() {
		got := byPoller[fingerprint]
		if want.Firing != got.Firing || !want.StartsAt.Equal(got.StartsAt) || !got.Firing && got.EndsAt.Before(want.EndsAt.Add(-time.Second)) {
			t.Errorf("asked: %+v\ncalled: %+v", got, want)
		}
	}
}

// TestAPollerThatStartsAnew takes from the ledger what fired, and tells only what
// changed while nobody asked.
func TestAPollerThatStartsAnew(t *testing.T) {
	s := nowhere(t)
	d := newDesk(s.AlertmanagerURL())
	stop := polling(t, d)
	fires(t, s, "ShopErrorRatioHigh", "a")
	fires(t, s, "InventoryDown", "c")
	d.hears(t, "fired ShopErrorRatioHigh", "fired InventoryDown")
	stop()
	ends(t, s, "ShopErrorRatioHigh", "a")
	fires(t, s, "ShopLatencyHigh", "a")
	polling(t, d)
	d.hears(t, "fired ShopErrorRatioHigh", "fired InventoryDown", "resolved ShopErrorRatioHigh", "fired ShopLatencyHigh")
}

// TestAnAlertmanagerThatIsAwayResolvesNothing, nor does one that has just started
// and knows nothing yet.
func TestAnAlertmanagerThatIsAwayResolvesNothing(t *testing.T) {
	s := nowhere(t)
	d := newDesk(s.AlertmanagerURL())
	stop := polling(t, d)
	fires(t, s, "ShopErrorRatioHigh", "a")
	d.hears(t, "fired ShopErrorRatioHigh")
	stop()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	p := newPoller(t, d, func(c *alerts.PollerConfig) { c.Log, c.Settled = slog.New(slog.NewTextHandler(&log, nil)), 0 })
	p.Look(t.Context())
	p.Look(t.Context())
	if n := strings.Count(log.String(), "cannot be asked"); n != 1 {
		t.Errorf("it was logged %d times:\n%s", n, log.String())
	}
	young := nowhere(t)
	d.url = young.AlertmanagerURL()
	p.Look(t.Context())
	if !strings.Contains(log.String(), "can be asked again") {
		t.Errorf("it is back, and nobody says so:\n%s", log.String())
	}
	fires(t, young, "InventoryDown", "c") // what it does know is taken at once
	for len(d.told()) < 2 && t.Context().Err() == nil {
		p.Look(t.Context())
	}
	d.hears(t, "fired ShopErrorRatioHigh", "fired InventoryDown")
	fires(t, young, "ShopErrorRatioHigh", "a") // Prometheus tells it again
	p.Look(t.Context())
	if got := d.told(); len(got) != 2 {
		t.Errorf("told %q", got)
	}
}

// TestASilenceHidesAndResolvesNothing: what is silenced pages nobody, and what
// had fired before has not ended by that.
func TestASilenceHidesAndResolvesNothing(t *testing.T) {
	s := nowhere(t)
	d := newDesk(s.AlertmanagerURL())
	p := newPoller(t, d)
	fires(t, s, "ShopErrorRatioHigh", "a")
	for len(d.told()) == 0 && t.Context().Err() == nil { // its dispatcher takes a moment
		p.Look(t.Context())
	}
	answer := send(t, s, "/api/v2/silences", map[string]any{
		"matchers": []map[string]any{{"name": "round", "value": "R7", "isRegex": false, "isEqual": true}},
		"startsAt": time.Now().Add(-time.Second), "endsAt": time.Now().Add(time.Hour), "createdBy": "gamemaster", "comment": "quiet",
	})
	var made struct{ SilenceID string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.SilenceID == "" {
		t.Fatalf("%s: %v", answer, err)
	}
	fires(t, s, "InventoryDown", "c")
	stop := polling(t, d)
	for !strings.Contains(call(t, http.MethodGet, s.AlertmanagerURL()+"/api/v2/alerts/groups?active=false", nil), "InventoryDown") {
		if t.Context().Err() != nil {
			t.Fatal("it is never silenced")
		}
	}
	p.Look(t.Context())
	if got := d.told(); len(got) != 1 {
		t.Errorf("told %q under a silence", got)
	}
	call(t, http.MethodDelete, s.AlertmanagerURL()+"/api/v2/silence/"+made.SilenceID, nil)
	d.hears(t, "fired ShopErrorRatioHigh", "fired InventoryDown")
	stop()
}

// TestWhatIsNotBelieved: an answer that is not whole, not well-formed or not a
// success says nothing, neither that something fires nor that something ended.
func TestWhatIsNotBelieved(t *testing.T) {
	const alert = `{"annotations":{},"endsAt":"2026-11-23T15:22:32Z","fingerprint":"f2","receivers":[{"name":"bot"}],"startsAt":"2026-11-23T14:22:32Z",
		"status":{"state":"active","inhibitedBy":[],"mutedBy":[],"silencedBy":[]},"updatedAt":"2026-11-23T14:22:32Z","labels":{"alertname":"InventoryDown"}}`
	older := strings.Replace(alert, `"mutedBy":[],`, "", 1) // as Alertmanager 0.27 says it
	group := func(alert string) string {
		return `[{"labels":{"alertname":"InventoryDown"},"receiver":{"name":"bot"},"alerts":[` + alert + `]}]`
	}
	const old = `{"uptime":"2026-01-01T00:00:00Z"}`
	for name, c := range map[string]struct {
		code           int
		groups, status string
		want           string
	}{
		"a whole answer":          {200, group(alert), old, "fired InventoryDown, resolved ShopErrorRatioHigh"},
		"without what is new":     {200, group(older), old, "fired InventoryDown, resolved ShopErrorRatioHigh"},
		"nothing fires":           {200, "[]", old, "resolved ShopErrorRatioHigh"},
		"an error":                {500, "[]", old, ""},
		"a login that is wrong":   {401, "[]", old, ""},
		"a redirect":              {302, "[]", old, ""},
		"no answer at all":        {200, "", old, ""},
		"null":                    {200, "null", old, ""},
		"a page":                  {200, "<html>Bad gateway</html>", old, ""},
		"an object":               {200, "{}", old, ""},
		"cut off":                 {200, group(alert)[:200], old, ""},
		"two documents":           {200, "[][]", old, ""},
		"no group":                {200, "[null]", old, ""},
		"a group without alerts":  {200, `[{"labels":{}}]`, old, ""},
		"an empty alert":          {200, group("null"), old, ""},
		"an alert without a name": {200, group(strings.Replace(alert, `"f2"`, `""`, 1)), old, ""},
		"an alert without a time": {200, group(strings.Replace(alert, `"startsAt":"2026-11-23T14:22:32Z",`, "", 1)), old, ""},
		"a state that is none":    {200, group(strings.Replace(alert, `"active"`, `"asleep"`, 1)), old, ""},
		"no end of it":            {200, "[" + strings.Repeat(" ", 9<<20) + "]", old, ""},
		"an age that is none":     {200, "[]", `{}`, ""},
		"a young one":             {200, group(alert), `{"uptime":"` + time.Now().Format(time.RFC3339) + `"}`, "fired InventoryDown"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/alertmanager/api/v2/status":
					_, _ = io.WriteString(w, c.status)
				case "/alertmanager/api/v2/alerts/groups":
					w.Header().Set("Location", "/elsewhere")
					w.WriteHeader(c.code)
					_, _ = io.WriteString(w, c.groups)
				default:
					t.Errorf("asked for %s", r.URL)
				}
			}))
			t.Cleanup(server.Close)
			d := newDesk(server.URL + "/alertmanager")
			d.alerts["f1"] = round.Alert{Fingerprint: "f1", Name: "ShopErrorRatioHigh", StartsAt: began, Firing: true}
			p := newPoller(t, d, func(c *alerts.PollerConfig) { c.Settled, c.Doors = 0, stubborn{} })
			p.Look(t.Context())
			p.Look(t.Context())
			got := d.told()
			slices.Sort(got)
			if all := strings.Join(got, ", "); all != c.want {
				t.Errorf("told %q, want %q", all, c.want)
			}
		})
	}
}

// stubborn follows no redirect, as the bot's own doors do not.
type stubborn struct{}

func (stubborn) Client(context.Context, round.ID) (*http.Client, error) {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

// TestWhatCannotBeKeptIsHeardAgain: a full disk loses nothing, and a round that
// is over is no trouble.
func TestWhatCannotBeKeptIsHeardAgain(t *testing.T) {
	s := nowhere(t)
	d := newDesk(s.AlertmanagerURL())
	var log strings.Builder
	p := newPoller(t, d, func(c *alerts.PollerConfig) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	d.err = errors.New("no space left on device")
	fires(t, s, "ShopErrorRatioHigh", "a")
	for log.Len() == 0 && t.Context().Err() == nil {
		p.Look(t.Context())
	}
	if !strings.Contains(log.String(), "no space left") {
		t.Errorf("logged %s", log.String())
	}
	log.Reset()
	d.err = round.Refuse("no-round", "R7 is not open.")
	p.Look(t.Context())
	if strings.Contains(log.String(), "level=WARN") {
		t.Errorf("a round that is over is logged:\n%s", log.String())
	}
	d.err = nil
	p.Look(t.Context())
	d.hears(t, "fired ShopErrorRatioHigh")
}
