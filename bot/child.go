package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// self is this binary, also when it was deleted or replaced meanwhile.
const self = "/proc/self/exe"

// child is the bot's process. It runs the very code that `bot serve` runs for
// AWS; only its environment says where Discord and AWS are.
type child struct {
	group   *process.Group
	env     []string
	dir     string
	log     *slog.Logger
	process *process.Process

	asked chan anew // somebody wants it to run with another environment
}

// anew is an environment to be started with; done is told how that went.
type anew struct {
	env  []string
	done chan error
}

func (c *child) start(ctx context.Context) error {
	p, err := c.group.Start(ctx, process.Spec{
		Name: "bot", Path: self, Args: []string{"serve"}, Env: c.env, Dir: c.dir, Signal: syscall.SIGTERM, Grace: 10 * time.Second, Log: "bot.log",
	})
	if err != nil {
		return fmt.Errorf("start the bot: %w", err)
	}
	c.process = p
	return nil
}

// keep starts the bot again whenever it ends, until ctx does. A bot that dies
// at once is given ever more time.
func (c *child) keep(ctx context.Context) error {
	const least, most = time.Second, 30 * time.Second
	pause := least
	for {
		began := time.Now()
		select {
		case <-ctx.Done():
			return nil
		case a := <-c.asked:
			err := c.process.Stop(ctx)
			if c.env = a.env; err == nil {
				err = c.start(ctx)
			}
			a.done <- err
			continue
		case <-c.process.Done():
		}
		if time.Since(began) > most {
			pause = least
		}
		c.log.WarnContext(ctx, "the bot ended; it is started again", "in", pause, "last", c.lastWords())
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		pause = min(2*pause, most)
		if err := c.start(ctx); err != nil {
			return err
		}
	}
}

// again has keep start the bot anew with one setting changed.
func (c *child) again(ctx context.Context, name, value string) error {
	env := slices.DeleteFunc(slices.Clone(c.env), func(v string) bool { return strings.HasPrefix(v, name+"=") })
	a := anew{append(env, name+"="+value), make(chan error, 1)}
	select {
	case c.asked <- a:
		return <-a.done // stopping has a grace, and starting waits for nothing
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *child) stop(ctx context.Context) error {
	if c.process == nil {
		return nil
	}
	return c.process.Stop(ctx)
}

// lastWords is the end of the bot's log, for a person whose bot does not start.
func (c *child) lastWords() string {
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(c.dir), "logs", "bot.log"))
	if err != nil {
		return "it left no log"
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return lines[len(lines)-1]
}

// botEnv is the whole environment of the bot in a rehearsal.
func (s *stage) botEnv(state, address, public string, limit time.Duration) []string {
	roles := map[localdiscord.Role]string{}
	for _, r := range s.setup.Guild.Roles {
		roles[r.Holders] = r.ID
	}
	channels := map[string]string{}
	for _, c := range s.setup.Channels {
		channels[c.Name] = c.ID
	}
	env := map[string]string{
		"AWS_ACCESS_KEY_ID": s.world.Key, "AWS_SECRET_ACCESS_KEY": s.world.Secret.Reveal(),
		"AWS_EC2_METADATA_DISABLED": "true",
		"CHAOTIC_AWS_ENDPOINT":      s.world.Endpoint, "CHAOTIC_AWS_REGION": rehearsal.Region, "CHAOTIC_AWS_ACCOUNTS": rehearsal.Account, "CHAOTIC_AWS_PACE": s.pace,
		"CHAOTIC_STATE": state, "CHAOTIC_WEBHOOK_LISTEN": "127.0.0.1:0", "CHAOTIC_WEBHOOK_PUBLIC": public,
		"CHAOTIC_WEBHOOK_ADDRESS_FILE": address,
		"CHAOTIC_DISCORD_URL":          s.page, "CHAOTIC_DISCORD_TOKEN": s.setup.Token,
		"CHAOTIC_DISCORD_APPLICATION": s.setup.Bot.ID, "CHAOTIC_DISCORD_GUILD": s.setup.Guild.ID,
		"CHAOTIC_DISCORD_ADMIN_ROLE": roles[localdiscord.Admin], "CHAOTIC_DISCORD_PLAYER_ROLE": roles[localdiscord.Player],
		"CHAOTIC_DISCORD_ALERTS_CHANNEL": channels["alerts"], "CHAOTIC_DISCORD_OPERATIONS_CHANNEL": channels["operations"],
		"HOME": state,
	}
	if limit > 0 {
		env["CHAOTIC_INCIDENT_LIMIT"] = limit.String()
	}
	if s.polling { // as a bot at home, which no Alertmanager can call
		env["CHAOTIC_ALERTS"] = byPolling
		delete(env, "CHAOTIC_WEBHOOK_LISTEN")
		delete(env, "CHAOTIC_WEBHOOK_PUBLIC")
		delete(env, "CHAOTIC_WEBHOOK_ADDRESS_FILE")
	}
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// readLine gives a file's text, or nothing.
func readLine(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}
