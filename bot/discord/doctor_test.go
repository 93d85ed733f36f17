package discord

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/doctor"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
	"github.com/chaotic-good/scenarios/bot/round"
)

// surgery is a Discord, the configuration for it, and how often it was asked.
type surgery struct {
	local localdiscord.Config
	cfg   DoctorConfig

	mu    sync.Mutex
	asked map[string]int // by method and path
}

// newSurgery spoils the guild and the configuration.
func newSurgery(t *testing.T, spoil func(*localdiscord.Config, *DoctorConfig)) *surgery {
	t.Helper()
	s := &surgery{local: localdiscord.Rehearsal(), asked: map[string]int{}}
	c := s.local
	s.cfg = DoctorConfig{
		Token: round.NewSecret(c.Token), Guild: c.Guild.ID, Application: c.Bot.ID, Now: time.Now,
		Channels: Channels{Alerts: c.Channels[0].ID, Operations: c.Channels[1].ID},
		Roles:    Roles{Admin: c.Guild.Roles[0].ID, Player: c.Guild.Roles[1].ID},
	}
	if spoil != nil {
		spoil(&s.local, &s.cfg)
	}
	server, err := localdiscord.New(s.local)
	if err != nil {
		t.Fatal(err)
	}
	watched := referee.Watch(t, server.Handler())
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked[r.Method+" "+r.URL.Path]++
		s.mu.Unlock()
		watched.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		h.Close()
	})
	if s.cfg.BaseURL == "" {
		s.cfg.BaseURL = h.URL
	}
	return s
}

// examine runs all checks, and holds them to asking each thing once and changing
// nothing.
func (s *surgery) examine(t *testing.T) map[string]doctor.Result {
	t.Helper()
	d, err := NewDoctor(s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all := map[string]doctor.Result{}
	for _, r := range doctor.Examine(t.Context(), 10*time.Second, d.Checks()) {
		all[r.Name] = r
		if token := s.cfg.Token.Reveal(); token != "" && strings.Contains(r.Says+r.Mend, token) {
			t.Errorf("%+v tells the token", r)
		}
		if (r.Mend == "") != (r.State == doctor.OK || strings.HasPrefix(r.Says, "Not looked at")) || r.Says == "" {
			t.Errorf("%+v: whatever is not well is told with how to mend it", r)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for what, n := range s.asked {
		if n > 1 || !strings.HasPrefix(what, "GET ") {
			t.Errorf("%s, %d times", what, n)
		}
	}
	return all
}

func TestTheDoctorFindsNothingInARehearsal(t *testing.T) {
	s := newSurgery(t, nil)
	all := s.examine(t)
	if len(all) != 9 {
		t.Errorf("%d checks", len(all))
	}
	for _, r := range all {
		if r.State != doctor.OK {
			t.Errorf("%+v", r)
		}
	}
	if n := len(s.asked); n > 8 {
		t.Errorf("%d questions: %v", n, s.asked)
	}
}

func TestTheDoctorFindsWhatIsWrongInDiscord(t *testing.T) {
	const (
		alerts, operations = "alerts channel", "operations channel"
		bots               = "1271000000000000013"
	)
	type spoil = func(*localdiscord.Config, *DoctorConfig)
	deny := func(channel int, id string, bits int64) spoil {
		return func(l *localdiscord.Config, _ *DoctorConfig) {
			over := &l.Channels[channel].Overwrites
			*over = append(*over, localdiscord.Overwrite{ID: id, Deny: bits})
		}
	}
	for name, c := range map[string]struct {
		spoil spoil
		check string
		want  doctor.State
		says  string
	}{
		"a wrong token":       {func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.NewSecret("another-token") }, "Discord token", doctor.Wrong, "does not take it"},
		"then nothing else":   {func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.NewSecret("another-token") }, alerts, doctor.Warning, "Not looked at"},
		"no token":            {func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.Secret{} }, "Discord token", doctor.Wrong, "there is none"},
		"a token with a word": {func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.NewSecret("Bot rehearsal-token") }, "Discord token", doctor.Wrong, "begins with `Bot`"},
		"two tokens":          {func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.NewSecret("one\ntwo") }, "Discord token", doctor.Wrong, "no token has"},
		"nobody there":        {func(_ *localdiscord.Config, c *DoctorConfig) { c.BaseURL = "http://127.0.0.1:1" }, "Discord token", doctor.Wrong, "connection refused"},
		"another application": {func(_ *localdiscord.Config, c *DoctorConfig) { c.Application = "77" }, "application", doctor.Wrong, "belongs to the application 1271000000000000100"},
		"no application":      {func(_ *localdiscord.Config, c *DoctorConfig) { c.Application = "" }, "commands", doctor.Warning, "has no id"},
		"another guild":       {func(_ *localdiscord.Config, c *DoctorConfig) { c.Guild = "77" }, "guild", doctor.Wrong, "not in the guild 77"},
		"then no channels":    {func(_ *localdiscord.Config, c *DoctorConfig) { c.Guild = "77" }, alerts, doctor.Warning, "the guild is not there"},
		"no guild":            {func(_ *localdiscord.Config, c *DoctorConfig) { c.Guild = "" }, "guild", doctor.Wrong, "no id"},
		"a name for a guild":  {func(_ *localdiscord.Config, c *DoctorConfig) { c.Guild = "../users" }, "guild", doctor.Wrong, "no id"},
		"no scope":            {func(l *localdiscord.Config, _ *DoctorConfig) { l.NoCommands = true }, "commands", doctor.Wrong, "without the scope applications.commands"},
		"a missing role":      {func(_ *localdiscord.Config, c *DoctorConfig) { c.Roles.Player = "77" }, "roles", doctor.Wrong, `the player role "77" does not exist`},
		"two missing roles":   {func(_ *localdiscord.Config, c *DoctorConfig) { c.Roles = Roles{} }, "roles", doctor.Wrong, "and the player role"},
		"everyone's role":     {func(_ *localdiscord.Config, c *DoctorConfig) { c.Roles.Admin = c.Guild }, "roles", doctor.Wrong, "is @everyone"},
		"one role for both":   {func(_ *localdiscord.Config, c *DoctorConfig) { c.Roles.Player = c.Roles.Admin }, "roles", doctor.Warning, "every player may destroy"},
		"an unknown channel":  {func(_ *localdiscord.Config, c *DoctorConfig) { c.Channels.Alerts = "77" }, alerts, doctor.Wrong, `no channel "77"`},
		"one channel for all": {func(_ *localdiscord.Config, c *DoctorConfig) { c.Channels.Operations = c.Channels.Alerts }, operations, doctor.Warning, "for both"},
		"everybody reads it":  {func(_ *localdiscord.Config, c *DoctorConfig) { c.Channels.Operations = "1271000000000000023" }, operations, doctor.Warning, "Everybody can read #general"},

		"a missing permission":     {deny(0, bots, discordgo.PermissionAttachFiles), alerts, doctor.Wrong, "In #alerts the bot lacks Attach Files."},
		"two missing":              {deny(0, bots, discordgo.PermissionCreatePublicThreads|discordgo.PermissionEmbedLinks), alerts, doctor.Wrong, "lacks Embed Links, Create Public Threads."},
		"everyone is denied":       {deny(0, "1271000000000000001", discordgo.PermissionSendMessages), alerts, doctor.Wrong, "lacks Send Messages."},
		"it sees no alerts":        {deny(0, bots, discordgo.PermissionViewChannel), alerts, doctor.Wrong, "lacks View Channels."},
		"admins' needs less":       {deny(1, bots, discordgo.PermissionAttachFiles), operations, doctor.OK, "#operations"},
		"but not nothing":          {deny(1, bots, discordgo.PermissionSendMessages), operations, doctor.Wrong, "lacks Send Messages."},
		"players see no alerts":    {deny(0, "1271000000000000012", discordgo.PermissionViewChannel), alerts, doctor.Warning, "players cannot see #alerts"},
		"players may not type":     {deny(0, "1271000000000000012", discordgo.PermissionUseApplicationCommands), alerts, doctor.Warning, "use commands there"},
		"admins see all by nature": {deny(1, "1271000000000000011", discordgo.PermissionUseApplicationCommands), operations, doctor.OK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := newSurgery(t, c.spoil).examine(t)[c.check]
			if got.State != c.want || !strings.Contains(got.Says, c.says) {
				t.Errorf("%+v\nwant %s, %q", got, c.want, c.says)
			}
		})
	}
}

// TestAWrongTokenIsShownOnce: Discord shuts out who shows wrong ones too often.
func TestAWrongTokenIsShownOnce(t *testing.T) {
	s := newSurgery(t, func(_ *localdiscord.Config, c *DoctorConfig) { c.Token = round.NewSecret("another-token") })
	s.examine(t)
	if len(s.asked) != 1 {
		t.Errorf("asked %v", s.asked)
	}
}

// TestIntentsAndSwitches: nothing is asked for today; whoever asks for a
// privileged one tomorrow is told of its switch.
func TestIntentsAndSwitches(t *testing.T) {
	if f := judgeIntents(intents, 0); f.State != doctor.OK || intents&(discordgo.IntentsGuildMembers|discordgo.IntentsGuildPresences|discordgo.IntentMessageContent) != 0 {
		t.Errorf("%+v", f)
	}
	if f := judgeIntents(discordgo.IntentMessageContent|discordgo.IntentsGuilds, 1<<15); f.State != doctor.Wrong || !strings.Contains(f.Says, "Message Content Intent") {
		t.Errorf("%+v", f)
	}
	if f := judgeIntents(discordgo.IntentMessageContent, 1<<19); f.State != doctor.OK {
		t.Errorf("%+v", f)
	}
}

// said is a Discord that gives a test's answers.
func said(t *testing.T, answers map[string]string) *Doctor {
	t.Helper()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(answers[strings.TrimPrefix(r.URL.Path, "/api/v9")]))
	}))
	t.Cleanup(h.Close)
	d, err := NewDoctor(DoctorConfig{Token: round.NewSecret("t"), Application: "42", Guild: "7", BaseURL: h.URL, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// TestWhatLocalDiscordNeverSays: the settings of an application, and a bot that
// logged in too often.
func TestWhatLocalDiscordNeverSays(t *testing.T) {
	const me = `{"id":"42","username":"chaotic","bot":true}`
	for name, c := range map[string]struct {
		path, answer string
		check        func(*Doctor) func(context.Context) doctor.Finding
		want         doctor.State
		says         string
	}{
		"commands go elsewhere": {"/applications/@me", `{"id":"42","interactions_endpoint_url":"https://old.example.org"}`,
			func(d *Doctor) func(context.Context) doctor.Finding { return d.applies }, doctor.Wrong, "to an HTTP address"},
		"a code grant": {"/applications/@me", `{"id":"42","bot_require_code_grant":true}`,
			func(d *Doctor) func(context.Context) doctor.Finding { return d.applies }, doctor.Warning, "code grant"},
		"few log-ins": {"/gateway/bot", `{"session_start_limit":{"total":1000,"remaining":12}}`,
			func(d *Doctor) func(context.Context) doctor.Finding { return d.gateway }, doctor.Warning, "12 times more today, of 1000"},
		"no log-in": {"/gateway/bot", `{"session_start_limit":{"total":1000,"remaining":0}}`,
			func(d *Doctor) func(context.Context) doctor.Finding { return d.gateway }, doctor.Wrong, "0 times"},
		"a person's token": {"/users/@me", `{"id":"1","username":"ana"}`,
			func(d *Doctor) func(context.Context) doctor.Finding { return d.token }, doctor.Wrong, "a person's"},
		"a forum": {"/guilds/7/channels", `[{"id":"5","name":"forum","type":15}]`,
			func(d *Doctor) func(context.Context) doctor.Finding {
				return func(ctx context.Context) doctor.Finding {
					return d.channel(ctx, spot{"discord.alerts_channel", "5", false, "3", "players"})
				}
			}, doctor.Wrong, "no text channel"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := map[string]string{"/users/@me": me, "/guilds/7": `{"id":"7","name":"guild"}`, "/guilds/7/members/42": `{}`}
			answers[c.path] = c.answer
			f := c.check(said(t, answers))(t.Context())
			if f.State != c.want || !strings.Contains(f.Says, c.says) {
				t.Errorf("%+v, want %s, %q", f, c.want, c.says)
			}
		})
	}
}

// TestTheDoctorsClock: Discord's answers tell the time, even to a wrong token.
func TestTheDoctorsClock(t *testing.T) {
	for _, token := range []string{"rehearsal-token", "another-token"} {
		s := newSurgery(t, func(_ *localdiscord.Config, c *DoctorConfig) {
			c.Token, c.Now = round.NewSecret(token), func() time.Time { return time.Now().Add(time.Hour) }
		})
		d, err := NewDoctor(s.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if ahead, known := d.Ahead(t.Context()); !known || ahead.Round(time.Minute) != time.Hour {
			t.Errorf("ahead by %s, %v", ahead, known)
		}
		d.Close()
	}
}
