package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// One stage, two rounds. The first is autoplay's own, with people's mistakes,
// the limits of the player's key and the search for secrets in between; in the
// second the bot is killed in the middle of an incident.
func TestRehearsal(t *testing.T) {
	if testing.Short() {
		t.Skip("a rehearsal takes more than a minute")
	}
	p := onStageWith(t, "security-group", "authorize-group", stageConfig{limit: repairable}) // the second's is a surprise
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	keep, letGo := context.WithCancel(ctx)
	defer letGo()
	kept := make(chan error, 1)
	go func() { kept <- p.stage.bot.keep(keep) }()

	act := func(name string, part func(*testing.T)) {
		if !t.Run(name, part) {
			t.FailNow() // the rest of the story makes no sense
		}
	}
	play := func(name string, part func(context.Context) error) {
		act(name, func(t *testing.T) {
			if err := part(ctx); err != nil {
				t.Fatal(err)
			}
		})
	}
	key := &keyTest{rehearsed: p}
	find := newSearch(p)

	act("an instance of somebody else", key.stranger)
	play("cast", p.cast)
	act("nothing is open", func(t *testing.T) { nothingOpen(ctx, t, p) })
	play("provision", p.provision)
	act("a round is open", func(t *testing.T) { roundOpen(ctx, t, p) })
	act("the round goes on longer", func(t *testing.T) { longer(ctx, t, p) })
	act("a webhook of a stranger", func(t *testing.T) { webhook(ctx, t, p) })
	play("incident", p.incident)
	act("the player's key", key.limits)
	act("secrets of the first round", func(t *testing.T) { find.learn(ctx, t, "R1", key.texts[0]) })
	play("destroy", p.destroy)
	act("the player's key is dead", key.dead)

	act("the bot is killed in an incident", func(t *testing.T) { killed(ctx, t, p, key, find) })
	play("count", p.count)
	letGo()
	if err := <-kept; err != nil {
		t.Fatal(err)
	}
	act("report", func(t *testing.T) { figures(ctx, t, p) })
	t.Run("no secret is anywhere", find.secrets)
	t.Run("the scenario is told at the end", find.spoilers)
	t.Run("nothing is left", func(t *testing.T) {
		if err := p.stage.stop.all(ctx); err != nil {
			t.Error(err)
		}
		left, err := process.Remains(p.stage.run)
		if err != nil || !left.Empty() {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if _, err := os.Stat(p.stage.run); !os.IsNotExist(err) {
			t.Errorf("the run folder is still there: %v", err)
		}
	})
}

// figures reads what --report would write.
func figures(ctx context.Context, t *testing.T, p *rehearsed) {
	story, err := p.read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f := p.figures
	if f.Outcome != round.Resolved || f.Outcome != p.made.Promise || f.Left != 0 {
		t.Errorf("outcome %s, %d left; want resolved and none", f.Outcome, f.Left)
	}
	// A machine on which other tests run is late; the figures themselves are
	// measured elsewhere.
	if f.TTD <= 0 || f.TTD > f.TTDBound+5 {
		t.Errorf("paged after %.1f s; the bound is %.1f s", f.TTD, f.TTDBound)
	}
	for name, v := range map[string]float64{
		"provision_s": f.Provision, "onset_s": f.Onset, "ttd_bound_s": f.TTDBound, "tta_s": f.TTA, "ttr_s": f.TTR, "hold_s": f.Hold, "outage_s": f.Outage,
	} {
		if v <= 0 || v > 120 {
			t.Errorf("%s is %v", name, v)
		}
	}
	if f.Calls < 2 || f.Events < 20 {
		t.Errorf("%d calls and %d events; want the player's look and repair, and a whole ledger", f.Calls, f.Events)
	}
	path := filepath.Join(t.TempDir(), "round.json")
	if err := f.save(path, story.Markdown); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(path + ".md"); err != nil || !strings.Contains(string(raw), "INC-1") {
		t.Errorf("the post-mortem beside the report: %v\n%s", err, raw)
	}
}

// says types a command as somebody and compares the answer, which only they
// may see. Nothing of it may be in the ledger.
func says(ctx context.Context, t *testing.T, p *rehearsed, who localdiscord.Role, channel, name string, options map[string]any, want string) {
	t.Helper()
	before := p.book(t).Len()
	me := p.stage.person(who)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	answer, err := localdiscord.NewClient(p.stage.page, me.ID).Ask(ctx, channel, name, options)
	if err != nil {
		t.Errorf("%s types /%s: %v", me.Name, name, err)
		return
	}
	if text := textOf(answer); !strings.Contains(text, want) || strings.Contains(text, "went wrong") {
		t.Errorf("%s types /%s %v and reads %q, want %q", me.Name, name, options, text, want)
	}
	if answer.EphemeralFor != me.ID {
		t.Errorf("%s types /%s, and the answer is seen by %q", me.Name, name, answer.EphemeralFor)
	}
	for _, e := range p.events(t, before+1) {
		if e.Actor.ID == me.ID {
			t.Errorf("%s types /%s, and the ledger has %s", me.Name, name, e.Kind)
		}
	}
}

func nothingOpen(ctx context.Context, t *testing.T, p *rehearsed) {
	const none = "No round is open."
	scenario := map[string]any{"scenario": p.scenario}
	says(ctx, t, p, localdiscord.Admin, "operations", "inject", scenario, none)
	says(ctx, t, p, localdiscord.Admin, "operations", "destroy", nil, none)
	says(ctx, t, p, localdiscord.Admin, "operations", "abort", map[string]any{"reason": "bored"}, none)
	says(ctx, t, p, localdiscord.Player, "alerts", "resolve", nil, none)
	says(ctx, t, p, localdiscord.Player, "alerts", "credentials", nil, none)
	viewer := map[string]any{"player": p.stage.person(localdiscord.Viewer).ID}
	says(ctx, t, p, localdiscord.Admin, "operations", "provision", viewer, "does not hold the player's role")
	if n := p.book(t).Len(); n != 0 {
		t.Errorf("%d events are in the ledger, and nothing happened", n)
	}
}

func roundOpen(ctx context.Context, t *testing.T, p *rehearsed) {
	before := p.book(t).Len()
	scenario := map[string]any{"scenario": p.scenario}
	player := map[string]any{"player": p.player.ID}
	says(ctx, t, p, localdiscord.Admin, "operations", "provision", player, "R1 is open already")
	says(ctx, t, p, localdiscord.Admin, "operations", "inject", map[string]any{"scenario": "meteor"}, "There is no scenario `meteor`. There are ")
	says(ctx, t, p, localdiscord.Admin, "operations", "abort", map[string]any{"reason": "bored"}, "No incident is open in R1.")
	says(ctx, t, p, localdiscord.Player, "alerts", "ack", nil, "No incident is open in R1.")

	// A guild's admins can give every command to everybody; then the bot itself
	// has to say no.
	p.stage.discord.OverrideCommandPermissions(true)
	defer p.stage.discord.OverrideCommandPermissions(false)
	const notAdmin, notPlayer = "You are not an admin here", "You are not a player here"
	for _, who := range []localdiscord.Role{localdiscord.Player, localdiscord.Viewer} {
		says(ctx, t, p, who, "alerts", "provision", player, notAdmin)
		says(ctx, t, p, who, "alerts", "inject", scenario, notAdmin)
		says(ctx, t, p, who, "alerts", "abort", map[string]any{"reason": "bored"}, notAdmin)
		says(ctx, t, p, who, "alerts", "destroy", nil, notAdmin)
		says(ctx, t, p, who, "alerts", "scenarios", nil, notAdmin)
	}
	for _, name := range []string{"ack", "hint", "resolve", "credentials"} {
		says(ctx, t, p, localdiscord.Viewer, "alerts", name, nil, notPlayer)
	}
	says(ctx, t, p, localdiscord.Viewer, "alerts", "note", map[string]any{"text": "hello"}, notPlayer)
	if n := p.book(t).Len(); n != before {
		t.Errorf("the ledger grew from %d to %d by nothing but refusals", before, n)
	}
}

// longer puts the round's end off, which the bot writes on all that carries it,
// with the rights that it has.
func longer(ctx context.Context, t *testing.T, p *rehearsed) {
	before := p.book(t).Len()
	if answer, err := p.admin.asks(ctx, "operations", "extend", nil); err != nil || !strings.Contains(textOf(answer), "R1") {
		t.Fatalf("/extend is answered %q, %v", textOf(answer), err)
	}
	until(t, 30*time.Second, "the later end is written", func() bool {
		return slices.ContainsFunc(p.events(t, before+1), func(e round.Event) bool { return e.Kind == round.LifetimeWritten })
	})
}

// webhook posts what no Alertmanager of the round would.
func webhook(ctx context.Context, t *testing.T, p *rehearsed) {
	before := p.book(t).Len()
	key, err := ownKey(filepath.Join(p.stage.run, "bot"))
	if err != nil {
		t.Fatal(err)
	}
	public := p.stage.public(t)
	mine, other := alerts.Token(key, "R1").Reveal(), alerts.Token(key, "R2").Reveal()
	const whole = `{"version":"4","groupKey":"{}","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"X"},"startsAt":"2026-11-23T18:00:00Z","fingerprint":"0123456789abcdef"}]}`
	for _, c := range []struct {
		name, path, token, body string
		want                    int
	}{
		{"no token", alerts.Path("R1"), "", whole, http.StatusUnauthorized},
		{"another round's token", alerts.Path("R1"), other, whole, http.StatusUnauthorized},
		{"not JSON", alerts.Path("R1"), mine, "the shop is down!", http.StatusBadRequest},
		{"JSON of something else", alerts.Path("R1"), mine, `{"version":"5"}`, http.StatusBadRequest},
		{"a round that is not open", alerts.Path("R2"), other, whole, http.StatusNotFound},
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, public+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("%s is answered %s, want %d", c.name, res.Status, c.want)
		}
	}
	if n := p.book(t).Len(); n != before {
		t.Errorf("the ledger grew from %d to %d", before, n)
	}
}

// public is the address at which Alertmanager finds the bot.
func (s *stage) public(t *testing.T) string {
	t.Helper()
	for _, v := range s.bot.env {
		if url, ok := strings.CutPrefix(v, "CHAOTIC_WEBHOOK_PUBLIC="); ok {
			return url
		}
	}
	t.Fatal("the bot was not told its own address")
	return ""
}

// killed plays a second round, in which the bot dies between the page and the
// repair, before anybody has seen the keys.
func killed(ctx context.Context, t *testing.T, p *rehearsed, key *keyTest, find *search) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(p.admin.provisions(ctx, map[string]any{"player": p.player.ID}))
	_, err := p.admin.reads(ctx, "R2 is ready")
	must(err)
	must(p.admin.injects(ctx, "surprise", ""))
	says(ctx, t, p, localdiscord.Admin, "operations", "inject", map[string]any{"scenario": p.scenario}, "INC-2 is still open in R2")
	page, err := p.player.reads(ctx, "🔴", "INC-2")
	must(err)
	p.drawn(t)

	was := p.stage.botPID()
	must(syscall.Kill(was, syscall.SIGKILL))
	until(t, 15*time.Second, "the bot comes back", func() bool {
		pid := p.stage.botPID()
		return pid != 0 && pid != was
	})
	must(p.stage.online(ctx))

	reveal := revealed(ctx, t, p, "R2")
	cfg, id, err := readReveal(reveal)
	must(err)
	creds, err := cfg.Credentials.Retrieve(ctx)
	must(err)
	if id != "R2" || creds.SecretAccessKey == key.secret {
		t.Errorf("the new keys are those of %s", id)
	}
	key.texts = append(key.texts, reveal)
	must(p.player.presses(ctx, page, "Acknowledge"))
	_, err = p.player.reads(ctx, "INC-2", "acknowledged by ana")
	must(err)
	must(p.repair(ctx, reveal))
	_, err = p.player.reads(ctx, "INC-2 is resolved")
	must(err)
	_, err = p.player.reads(ctx, "Numbers.")
	must(err)
	find.learn(ctx, t, "R2", reveal)
	must(p.admin.types(ctx, "operations", "destroy", nil))
	_, err = p.admin.reads(ctx, "R2 is destroyed")
	must(err)
	once(ctx, t, p)
}

// drawn looks into the ledger for what the surprise is, and takes a move that
// counts for it.
func (p *rehearsed) drawn(t *testing.T) {
	t.Helper()
	for _, e := range p.events(t, 1) {
		if e.Kind != round.FaultRequested {
			continue
		}
		var asked round.FaultAsked
		err := e.Into(&asked)
		if err == nil {
			p.made, err = p.catalog.FixOf(asked.Scenario, asked.Variant, "", func(int) int { return 0 })
		}
		if err != nil {
			t.Fatal(err)
		}
		p.scenario, p.variant, p.fix = asked.Scenario, asked.Variant, p.made.Name
	}
}

// revealed presses until the keys are shown: a bot that has just come back says
// that they are not ready, because it makes new ones, and tells of those in a
// message of their own.
func revealed(ctx context.Context, t *testing.T, p *rehearsed, id round.ID) (text string) {
	t.Helper()
	until(t, 30*time.Second, "the keys are shown", func() bool {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		m, err := p.player.WaitMessage(ctx, func(m localdiscord.Message) bool {
			return buttonOf(m, "Show once") != "" && strings.Contains(textOf(m), string(id))
		})
		if err != nil {
			t.Log(err)
			return false
		}
		press, err := p.player.Press(ctx, m.ChannelID, m.ID, buttonOf(m, "Show once"))
		if err != nil {
			t.Log(err)
			return false
		}
		answer, err := p.player.WaitMessage(ctx, func(m localdiscord.Message) bool {
			return m.InteractionMetadata != nil && m.InteractionMetadata.ID == press
		})
		if text = textOf(answer); err == nil && strings.Contains(text, "AWS_SECRET_ACCESS_KEY") {
			return true
		}
		t.Logf("not yet: %q, %v", text, err)
		return false
	})
	return text
}

// once looks for what was said twice.
func once(ctx context.Context, t *testing.T, p *rehearsed) {
	st, err := p.admin.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	channel, ok := st.Channel("alerts")
	if !ok {
		t.Fatal("the admin sees no alerts")
	}
	pages, ends, threads := map[string]int{}, 0, 0
	for _, m := range st.Messages[channel.ID] {
		text := textOf(m)
		if strings.Contains(text, "INC-2 is resolved") && strings.Contains(text, "It was") {
			ends++
		}
		if title, rest, ok := strings.Cut(text, "** · "); ok && strings.Contains(rest, "INC-2") {
			pages[title]++
		}
	}
	for _, c := range st.Channels {
		if c.Type == localdiscord.PublicThread && strings.Contains(c.Name, "INC-2") {
			threads++
		}
	}
	if ends != 1 || threads != 1 || len(pages) == 0 {
		t.Errorf("INC-2: %d words at its end, %d threads, alerts %v; want one, one and some", ends, threads, pages)
	}
	for title, n := range pages {
		if n != 1 {
			t.Errorf("%d messages say %q", n, title)
		}
	}
}

func (s *stage) botPID() int {
	all := s.world.Group.List()
	i := slices.IndexFunc(all, func(p process.Info) bool { return p.Name == "bot" })
	if i < 0 {
		return 0
	}
	return all[i].PID
}
