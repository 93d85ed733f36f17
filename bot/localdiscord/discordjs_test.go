package localdiscord_test

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// discordJS runs the bot in testdata on discord.js against the world, and
// returns when it has registered its commands.
func discordJS(t *testing.T, w *world) {
	t.Helper()
	node, err := exec.LookPath("node")
	home := os.Getenv("CHAOTIC_DISCORDJS")
	if err != nil || home == "" {
		const why = "node is not installed, or CHAOTIC_DISCORDJS does not name the folder in which discord.js is"
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	var said bytes.Buffer
	// It leaves by itself in the clean-up, when the test's own context is over.
	life, kill := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	bot := exec.CommandContext(life, node, filepath.Join("testdata", "discordjs.js"))
	bot.Env = []string{"NODE_PATH=" + filepath.Join(home, "node_modules"),
		"API=" + w.url + "/api", "TOKEN=" + w.cfg.Token, "GUILD=" + guildID, "ALERTS=" + alerts}
	bot.Stderr = &said
	in, err := bot.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := bot.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer kill()
		_ = in.Close() // it may have ended by itself; Wait tells
		if err := bot.Wait(); err != nil {
			t.Errorf("the bot on discord.js: %v\n%s", err, &said)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "ready 2\n" {
		t.Fatalf("the bot on discord.js says %q, %v", line, err)
	}
}

// TestDiscordJS tells a round's story to a library that was not there when
// this server was written.
func TestDiscordJS(t *testing.T) {
	t.Parallel()
	w := start(t)
	discordJS(t, w)
	player, admin := w.as(ana), w.as(gamemaster)

	m := must[localdiscord.Message](t)(player.Ask(ctx(t), "alerts", "status", nil))
	if m.Content != "R7 is ready, ana" || m.EphemeralFor != ana {
		t.Errorf("answer to /status: %q for %q", m.Content, m.EphemeralFor)
	}
	choices := must[[]localdiscord.Choice](t)(admin.Autocomplete(ctx(t), "operations", "inject", map[string]any{"scenario": "sec"}, "scenario"))
	if len(choices) != 1 || choices[0].Value != "security-group" {
		t.Errorf("choices: %v", choices)
	}
	m = must[localdiscord.Message](t)(admin.Ask(ctx(t), "operations", "inject", map[string]any{"scenario": "security-group", "player": ana}))
	if m.Content != "security-group is typed in #operations" {
		t.Errorf("answer to /inject: %q", m.Content)
	}

	st := must[localdiscord.State](t)(player.State(ctx(t)))
	var page localdiscord.Message
	for _, m := range st.Messages[alerts] {
		if strings.HasPrefix(m.Content, "INC-12") {
			page = m
		}
	}
	if page.Content != "INC-12 <@"+ana+"> is open" || len(page.Attachments) != 1 || page.Thread == nil || page.Thread.MessageCount != 1 {
		t.Fatalf("the page: %+v", page)
	}
	res := must[*http.Response](t)(http.Get(page.Attachments[0].URL))
	defer http.DefaultClient.CloseIdleConnections()
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/") {
		t.Errorf("its file: %s, %s", res.Status, kind)
	}
	if inside := st.Messages[page.ID]; len(inside) != 1 || inside[0].Content != "What happened: inc-12.md" {
		t.Errorf("in the thread: %+v", inside)
	}
	dm, ok := st.Channel("@chaotic-good")
	if told := st.Messages[dm.ID]; !ok || len(told) != 1 || told[0].Content != "Your access to R7 is ready." {
		t.Errorf("ana was told %+v", told)
	}

	answer := must[localdiscord.Message](t)(player.Click(ctx(t), page, "ack:12"))
	if answer.Content != "ack:12 by ana" || answer.EphemeralFor != ana {
		t.Errorf("the press is answered %q for %q", answer.Content, answer.EphemeralFor)
	}
	last := must[localdiscord.Message](t)(player.WaitMessage(ctx(t), func(m localdiscord.Message) bool { return m.Content == "INC-12 is acknowledged" }))
	if last.ID != page.ID || len(last.Components) != 0 {
		t.Errorf("after the press: %+v", last)
	}
}
