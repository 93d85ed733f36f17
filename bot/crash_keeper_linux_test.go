package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// crashStage raises a stage whose bot dies where the choice says, and is started
// again at once. Everything else stays, as AWS and Discord would. The test has a
// place of its own.
func crashStage(t *testing.T, c choice) (*rehearsed, *crasher) {
	t.Helper()
	m := newCrasher(c)
	door := httptest.NewServer(m)
	t.Cleanup(door.Close)
	p := raised(t, "security-group", "authorize-group", stageConfig{front: m.front, env: []string{
		crashDoor + "=" + door.URL,
		"CHAOTIC_INCIDENT_LIMIT=5m", // what dies again and again is slow
	}})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the kills:\n%s\nthe bot's worries:\n%s", m.log, strings.Join(p.stage.bot.worries(), "\n"))
		}
	})
	p.stage.world.OnWrite(func(call gateway.Call) { m.wrote(call, "arn:aws:iam::"+botAccount+":user/"+botName) })
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	kept := make(chan error, 1)
	go func() { kept <- m.keep(ctx, p.stage.bot) }()
	t.Cleanup(func() {
		m.rest()
		cancel()
		if err := <-kept; err != nil {
			t.Error(err)
		}
	})
	return p, m
}

// The bot's user, as AWS names it.
const botAccount, botName = "123456789012", "chaotic-good-bot"

// worries is the end of what the bot complained of.
func (c *child) worries() (lines []string) {
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(c.dir), "logs", "bot.log"))
	if err != nil {
		return []string{err.Error()}
	}
	for line := range strings.Lines(string(raw)) {
		if !strings.Contains(line, `"level":"INFO"`) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines[max(0, len(lines)-20):]
}

// rest lets the bot live from now on.
func (c *crasher) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = 0
}

// keep starts the bot whenever it was killed, as systemd would, and without the
// pause, most often. That it ends by itself is a failure.
func (c *crasher) keep(ctx context.Context, bot *child) error {
	for {
		c.mu.Lock()
		c.bot = bot.process
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-bot.process.Done():
		}
		var status *exec.ExitError
		if !errors.As(bot.process.Err(), &status) || status.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			c.fails("the bot ended by itself, with %v: %s", bot.process.Err(), bot.lastWords())
		}
		c.mu.Lock()
		away := time.NewTimer(c.away())
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-away.C:
		}
		if err := bot.start(ctx); err != nil {
			return err
		}
	}
}

// away is how long the bot stays dead. Now and then that is long enough for the
// world to miss it.
func (c *crasher) away() time.Duration {
	if c.kills%8 == 7 {
		return 3 * time.Second
	}
	return 0
}

// living gives a context that ends with the bot that lives now.
func (c *crasher) living(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	bot := c.bot
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, most)
	if bot == nil {
		cancel()
		return ctx, cancel
	}
	go func() {
		select {
		case <-bot.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// says types a command as somebody would who sees the bot go and come: the
// answer is empty when none came.
func (c *crasher) says(ctx context.Context, who *person, channel, name string, options map[string]any) string {
	return c.waits(ctx, who, "/"+name, func(ctx context.Context) (localdiscord.Message, error) {
		return who.Ask(ctx, channel, name, options)
	})
}

// waits does something that Discord passes on to the bot, and reads its answer.
func (c *crasher) waits(ctx context.Context, who *person, what string, do func(context.Context) (localdiscord.Message, error)) string {
	ctx, cancel := c.living(ctx, 25*time.Second)
	defer cancel()
	if st, err := who.State(ctx); err != nil || !st.Online {
		return "" // nobody types to a bot that is offline
	}
	c.mu.Lock()
	c.typing = what
	c.mu.Unlock()
	fmt.Fprintf(who.out, "\n%s> %s\n", who.name, what)
	answer, err := do(ctx)
	if err != nil {
		fmt.Fprintf(who.out, "     (no answer: %v)\n", err)
		return ""
	}
	text := textOf(answer)
	who.show("bot!", answer)
	if strings.Contains(text, "went wrong") {
		c.fails("%s types %s and reads %q", who.name, what, text)
	}
	return text
}

var _ http.Handler = (*crasher)(nil)
