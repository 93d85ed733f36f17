package localdiscord_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(referee.Main(m)) }

// wrong marks a request that breaks Discord's rules on purpose.
var wrong = discordgo.WithHeader(referee.Wrong, "yes")

const (
	gamemaster = "1271000000000000101"
	ana        = "1271000000000000102"
	viewer     = "1271000000000000103"
	guildID    = "1271000000000000001"
	botID      = "1271000000000000100"
	alerts     = "1271000000000000021"
	operations = "1271000000000000022"
)

// world is a server that listens, and its people.
type world struct {
	*localdiscord.Server
	url string
	cfg localdiscord.Config
}

func start(t *testing.T, change ...func(*localdiscord.Config)) *world {
	t.Helper()
	cfg := localdiscord.Rehearsal()
	for _, f := range change {
		f(&cfg)
	}
	s, err := localdiscord.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(referee.Watch(t, s.Handler()))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		h.Close()
	})
	return &world{Server: s, url: h.URL, cfg: cfg}
}

func (w *world) as(id string) *localdiscord.Client { return localdiscord.NewClient(w.url, id) }

// redirect sends discord.com's requests to the world and counts them by path.
type redirect struct {
	host string
	http.RoundTripper
}

func (r redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host, req.Host = "http", r.host, ""
	return r.RoundTripper.RoundTrip(req)
}

// session is an unchanged discordgo session whose requests end up here.
func (w *world) session(t *testing.T, token string) *discordgo.Session {
	t.Helper()
	dg, err := discordgo.New("Bot " + token)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	dg.Client = &http.Client{Transport: redirect{u.Host, transport}, Timeout: 10 * time.Second}
	dg.Identify.Intents = discordgo.IntentsGuilds | discordgo.IntentsGuildMessages
	dg.ShouldRetryOnRateLimit = false
	dg.MaxRestRetries = 0
	return dg
}

// open logs in, and out again when the test ends.
func (w *world) open(t *testing.T) *discordgo.Session {
	t.Helper()
	dg := w.session(t, w.cfg.Token)
	login(t, dg)
	return dg
}

// login opens the session and waits for its first heartbeat. A connection that
// breaks before it sends discordgo into two reconnects at once, of which the
// second closes what the first has opened.
func login(t *testing.T, dg *discordgo.Session) {
	t.Helper()
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { leave(dg) })
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := ctx(t)
	for beat := false; !beat; {
		select {
		case <-tick.C:
		case <-limit.Done():
			t.Fatal("no heartbeat")
		}
		dg.RLock()
		beat = dg.DataReady
		dg.RUnlock()
	}
}

// leave logs out for good. discordgo reconnects for ever when its first
// heartbeat comes after the close.
func leave(dg *discordgo.Session) {
	dg.Lock()
	dg.ShouldReconnectOnError = false
	dg.Unlock()
	dg.Close()
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, stop := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(stop)
	return c
}

// must returns the value of a call that may not fail.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// code is the Discord error code of a refusal.
func code(t *testing.T, err error) int {
	t.Helper()
	rest, ok := err.(*discordgo.RESTError)
	if !ok || rest.Message == nil {
		t.Fatalf("got %v, want a refusal with a body", err)
	}
	return rest.Message.Code
}

var commands = []*discordgo.ApplicationCommand{
	{Name: "status", Description: "What runs now"},
	{Name: "hint", Description: "Ask for a hint", Options: []*discordgo.ApplicationCommandOption{
		{Name: "number", Description: "Which", Type: discordgo.ApplicationCommandOptionInteger, Required: true}}},
	{Name: "inject", Description: "Start an incident", DefaultMemberPermissions: new(int64(0)), Options: []*discordgo.ApplicationCommandOption{
		{Name: "scenario", Description: "Which", Type: discordgo.ApplicationCommandOptionString, Required: true, Autocomplete: true},
		{Name: "player", Description: "Who", Type: discordgo.ApplicationCommandOptionUser}}},
}
