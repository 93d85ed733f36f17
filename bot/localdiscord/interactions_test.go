package localdiscord_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
)

// caught is a session that hands interactions to the test.
func caught(t *testing.T, w *world) (*discordgo.Session, <-chan *discordgo.Interaction) {
	t.Helper()
	dg := w.session(t, w.cfg.Token)
	got := make(chan *discordgo.Interaction, 8)
	dg.AddHandler(func(_ *discordgo.Session, i *discordgo.InteractionCreate) { got <- i.Interaction })
	login(t, dg)
	must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, commands))
	return dg, got
}

func reply(content string, flags discordgo.MessageFlags) *discordgo.InteractionResponse {
	return &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource,
		Data: &discordgo.InteractionResponseData{Content: content, Flags: flags}}
}

func TestInteractionIsAnsweredOnceAndFollowedUp(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, got := caught(t, w)
	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "hint", map[string]any{"number": 1}))
	i := <-got
	if n := i.ApplicationCommandData().Options[0].IntValue(); n != 1 {
		t.Errorf("option is %d, want 1", n)
	}
	if _, err := dg.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "early"}); code(t, err) != discordgo.ErrCodeUnknownWebhook {
		t.Errorf("follow-up before the answer: %v", err)
	}
	if err := dg.InteractionRespond(i, reply(strings.Repeat("x", 2001), 0), wrong); code(t, err) != 50035 {
		t.Errorf("answer that is too long: %v", err)
	}
	if err := dg.InteractionRespond(i, reply("Hint 1 of 3", 0)); err != nil {
		t.Fatal(err)
	}
	if err := dg.InteractionRespond(i, reply("again", 0)); code(t, err) != discordgo.ErrCodeInteractionHasAlreadyBeenAcknowledged {
		t.Errorf("second answer: %v", err)
	}
	f := must[*discordgo.Message](t)(dg.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "more", Flags: discordgo.MessageFlagsEphemeral}))
	must[*discordgo.Message](t)(dg.FollowupMessageEdit(i, f.ID, &discordgo.WebhookEdit{Content: new("much more")}))
	original := must[*discordgo.Message](t)(dg.InteractionResponse(i))
	if original.Content != "Hint 1 of 3" {
		t.Errorf("@original says %q", original.Content)
	}
	if _, err := dg.ChannelMessage(alerts, f.ID); code(t, err) != discordgo.ErrCodeUnknownMessage {
		t.Errorf("an ephemeral message by its channel: %v", err)
	}
	seen := func(who string) (texts []string) {
		for _, m := range must[localdiscord.State](t)(w.as(who).State(ctx(t))).Messages[alerts] {
			texts = append(texts, m.Content)
		}
		return texts
	}
	if got := strings.Join(seen(ana), ", "); got != "Hint 1 of 3, much more" {
		t.Errorf("ana reads %s", got)
	}
	if got := strings.Join(seen(gamemaster), ", "); got != "Hint 1 of 3" {
		t.Errorf("gamemaster reads %s", got)
	}
}

func TestPeopleSendOnlyWhatDiscordsClientWould(t *testing.T) {
	t.Parallel()
	w := start(t)
	caught(t, w)
	for name, c := range map[string]struct {
		as, channel, command string
		options              map[string]any
		want                 string
	}{
		"unknown command":   {ana, "alerts", "dance", nil, "no command /dance"},
		"admins' command":   {ana, "alerts", "inject", map[string]any{"scenario": "x"}, "/inject is for admins"},
		"hidden channel":    {ana, operations, "status", nil, "sees no channel"},
		"missing option":    {ana, "alerts", "hint", nil, "option number is required"},
		"text for a number": {ana, "alerts", "hint", map[string]any{"number": "one"}, "not a number"},
		"unknown option":    {ana, "alerts", "hint", map[string]any{"number": 1, "loud": true}, "no option loud"},
		"unknown person":    {gamemaster, "alerts", "inject", map[string]any{"scenario": "x", "player": "42"}, "nothing has the id 42"},
		"no DM yet":         {ana, "@chaotic-good", "status", nil, "sees no channel"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.as(c.as).Command(ctx(t), c.channel, c.command, c.options)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	w.OverrideCommandPermissions(true)
	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "inject", map[string]any{"scenario": "x"}))
}

// TestErrorsFitTheirBox: what was typed is cut where it is quoted, and a text
// that is too long is told by its numbers.
func TestErrorsFitTheirBox(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, _ := caught(t, w)
	option := func(o discordgo.ApplicationCommandOption) []*discordgo.ApplicationCommandOption {
		o.Name, o.Description = "text", "x"
		return []*discordgo.ApplicationCommandOption{&o}
	}
	must[[]*discordgo.ApplicationCommand](t)(dg.ApplicationCommandBulkOverwrite(botID, guildID, []*discordgo.ApplicationCommand{
		{Name: "note", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString, MinLength: new(2), MaxLength: 700})},
		{Name: "any", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString})},
		{Name: "pick", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionString,
			Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: "a", Value: "a"}}})},
		{Name: "count", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionInteger})},
		{Name: "sure", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionBoolean})},
		{Name: "who", Description: "x", Options: option(discordgo.ApplicationCommandOption{Type: discordgo.ApplicationCommandOptionUser})},
	}))
	long := strings.Repeat("ö", 1204)
	cut := strings.Repeat("ö", 60) + "…"
	for _, c := range []struct {
		command string
		options map[string]any
		want    string
	}{
		{"note", map[string]any{"text": long}, "/note: option text: 1,204 characters, at most 700"},
		{"note", map[string]any{"text": "x"}, "/note: option text: 1 character, at least 2"},
		{"note", map[string]any{"text": 7}, "/note: option text: 7 is not a text"},
		{"note", map[string]any{long: "x"}, "/note: there is no option " + cut},
		{"any", map[string]any{"text": strings.Repeat(long, 5)}, "/any: option text: 6,020 characters, at most 6,000"},
		{"pick", map[string]any{"text": long}, "/pick: option text: " + cut + " is not one of the choices"},
		{"count", map[string]any{"text": long}, "/count: option text: " + cut + " is not a number that fits"},
		{"sure", map[string]any{"text": long}, "/sure: option text: " + cut + " is not true or false"},
		{"who", map[string]any{"text": long}, "/who: option text: nothing has the id " + cut},
		{long, nil, "there is no command /" + cut + " here"},
		{"note " + long, nil, "/note " + strings.Repeat("ö", 55) + "…: no such subcommand"},
	} {
		_, err := w.as(ana).Command(ctx(t), "alerts", c.command, c.options)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || len([]rune(err.Error())) > 150 {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "note", map[string]any{"text": long[:2*700]}))
}

// TestAButtonThatIsGone is told in a sentence, without the button's inner name.
func TestAButtonThatIsGone(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, _ := caught(t, w)
	m := must[*discordgo.Message](t)(dg.ChannelMessageSendComplex(alerts, &discordgo.MessageSend{Content: "INC-1", Components: []discordgo.MessageComponent{
		discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.Button{Label: "Acknowledge", CustomID: "off", Style: discordgo.PrimaryButton, Disabled: true}}}}}))
	for _, c := range []struct{ message, button, want string }{
		{m.ID, "ack:INC-1", "This button is not there any more."},
		{m.ID, "off", "This button cannot be pressed any more."},
		{"1271000000000000999", "off", "This message is not there any more."},
	} {
		_, err := w.as(ana).Press(ctx(t), alerts, c.message, c.button)
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(err.Error(), c.button) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

// sink is a response that may be read while it is still being written.
type sink struct {
	header http.Header
	mu     sync.Mutex
	b      strings.Builder
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Flush()              {}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *sink) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestNobodyAnswersInTime runs in a bubble, so the handler is called without a
// network: nobody is logged in, and the command expires.
func TestNobodyAnswersInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := must[*localdiscord.Server](t)(localdiscord.New(localdiscord.Rehearsal()))
		handler := referee.Watch(t, s.Handler())
		do := func(method, path, body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bot rehearsal-token")
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			return rec
		}
		do("PUT", "/api/v10/applications/"+botID+"/guilds/"+guildID+"/commands", `[{"name":"status","description":"x"}]`)
		stream := &sink{header: http.Header{}}
		streamed := make(chan struct{})
		go func() {
			defer close(streamed)
			handler.ServeHTTP(stream, httptest.NewRequest("GET", "http://127.0.0.1/local/events?as="+ana, nil))
		}()
		synctest.Wait()
		var sent struct {
			ID string `json:"interaction_id"`
		}
		rec := do("POST", "/local/commands", `{"as":"`+ana+`","channel_id":"`+alerts+`","name":"status"}`)
		if err := json.Unmarshal(rec.Body.Bytes(), &sent); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3*time.Second - time.Millisecond)
		synctest.Wait()
		if strings.Contains(stream.String(), "did not respond") {
			t.Error("failed before three seconds had passed")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if want := `{"id":"` + sent.ID + `","state":"failed","reason":"The application did not respond"}`; !strings.Contains(stream.String(), want) {
			t.Errorf("stream %s, want %s", stream.String(), want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-streamed
	})
}

func TestLateAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	w := start(t)
	dg, got := caught(t, w)
	if _, err := w.as(ana).Ask(ctx(t), "alerts", "status", nil); !errors.Is(err, localdiscord.ErrNotResponding) {
		t.Errorf("got %v, want %v", err, localdiscord.ErrNotResponding)
	}
	if err := dg.InteractionRespond(<-got, reply("late", 0)); code(t, err) != discordgo.ErrCodeUnknownInteraction {
		t.Errorf("late answer: %v", err)
	}
}

func TestTokenDiesAfterFifteenMinutes(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	w := start(t, func(c *localdiscord.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	dg, got := caught(t, w)
	must[string](t)(w.as(ana).Command(ctx(t), "alerts", "status", nil))
	i := <-got
	if err := dg.InteractionRespond(i, &discordgo.InteractionResponse{Type: discordgo.InteractionResponseDeferredChannelMessageWithSource}); err != nil {
		t.Fatal(err)
	}
	later.Store(int64(15*time.Minute + time.Second))
	if _, err := dg.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("late")}); code(t, err) != 50027 {
		t.Errorf("late edit: %v", err)
	}
}

func TestPageAndItsInterfaceAreForLoopback(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *localdiscord.Config) {
		c.Tabs = []localdiscord.Tab{{Name: "shop", Title: "Shop", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("shop " + r.URL.Path))
		})}}
	})
	get := func(method, path, host, contentType string) (int, string) {
		r := httptest.NewRequest(method, w.url+path, strings.NewReader(`{"as":"`+ana+`","channel_id":"`+alerts+`","content":"hello"}`))
		r.Host = host
		r.Header.Set("Content-Type", contentType)
		rec := httptest.NewRecorder()
		w.Handler().ServeHTTP(rec, r)
		return rec.Code, rec.Body.String()
	}
	for _, c := range []struct {
		method, path, host, contentType string
		status                          int
		body                            string
	}{
		{"GET", "/", "localhost:1", "", 200, "<!doctype html>"},
		{"GET", "/tabs/shop/cart", "127.0.0.1:1", "", 200, "shop /cart"},
		{"GET", "/local/state?as=" + ana, "evil.example", "", 421, ""},
		{"GET", "/local/state?as=42", "127.0.0.1", "", 400, "no such person"},
		{"POST", "/local/messages", "127.0.0.1", "text/plain", 400, "send application/json"},
		{"POST", "/local/messages", "127.0.0.1", "application/json", 200, "hello"},
		{"GET", "/api/v6/gateway", "127.0.0.1", "", 400, "Invalid API version"},
		{"GET", "/api/v9/nothing", "127.0.0.1", "", 404, `"code":0`},
	} {
		status, body := get(c.method, c.path, c.host, c.contentType)
		if status != c.status || !strings.Contains(strings.ToLower(body), strings.ToLower(c.body)) {
			t.Errorf("%s %s as %s: %d %s, want %d %s", c.method, c.path, c.host, status, body, c.status, c.body)
		}
	}
}
