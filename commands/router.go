package commands

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Config is everything that a Router needs. No field is optional but Roles and Stages.
type Config struct {
	Rounds Rounds
	Log    *slog.Logger
	Roles  map[round.Role]string // how to write a role in a sentence: "<@&123>"
	Stages []string              // that /provision offers; none: the usual one only

	Quick time.Duration // bound of a command; 0: 10 s
	Slow  time.Duration // bound of a slow command; 0: 2 min
}

// Router leads calls to their handlers. It is the only one that decides which
// errors people see. Its methods may be called from any goroutine.
type Router struct {
	cfg      Config
	commands map[string]Command
	presses  map[string]Press
}

// NewRouter makes a router for All and Presses.
func NewRouter(cfg Config) (*Router, error) { return newRouter(cfg, All(), Presses()) }

func newRouter(cfg Config, all []Command, presses []Press) (*Router, error) {
	if cfg.Rounds == nil || cfg.Log == nil {
		return nil, errors.New("a router needs Rounds and a Log")
	}
	if cfg.Quick == 0 {
		cfg.Quick = 10 * time.Second
	}
	if cfg.Slow == 0 {
		cfg.Slow = 2 * time.Minute
	}
	r := &Router{cfg: cfg, commands: map[string]Command{}, presses: map[string]Press{}}
	for _, c := range all {
		if _, twice := r.commands[c.Def.Name]; twice {
			return nil, fmt.Errorf("two commands are called %s", c.Def.Name)
		}
		r.commands[c.Def.Name] = c
	}
	for _, p := range presses {
		if _, twice := r.presses[p.Verb]; twice {
			return nil, fmt.Errorf("two buttons are called %s", p.Verb)
		}
		r.presses[p.Verb] = p
	}
	return r, nil
}

// Defs returns what to register at Discord.
func (r *Router) Defs() []*discordgo.ApplicationCommand {
	var defs []*discordgo.ApplicationCommand
	for _, c := range All() {
		def := c.Def
		if def == provision.Def {
			def = provisionDef(r.cfg.Stages)
		}
		defs = append(defs, def)
	}
	return defs
}

// Slow reports whether the call should be deferred at once.
func (r *Router) Slow(c Call) bool {
	if c.Button != "" {
		verb, _, _ := strings.Cut(c.Button, ":")
		return r.presses[verb].Slow
	}
	return r.commands[c.Command].Slow
}

// Once gives, for a button that may be pressed only once, what stays of its
// message's text, and nil for all others.
func (r *Router) Once(c Call) func(text string) string {
	verb, _, _ := strings.Cut(c.Button, ":")
	return r.presses[verb].Once
}

// Handle answers a call. It returns in bounded time and never panics; whatever
// goes wrong, the reply says what a person may know of it.
func (r *Router) Handle(ctx context.Context, c Call) Reply {
	who, run, bound, name, err := r.find(&c)
	if err == nil {
		err = r.admit(c.Caller, who, name)
	}
	if err != nil {
		return r.explain(c, name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	reply, err := guard(ctx, func() (Reply, error) { return run(ctx, r.cfg.Rounds, c) })
	if err != nil {
		return r.explain(c, name, err)
	}
	return reply
}

// Complete offers values for the option that is being typed: never none,
// because Discord shows an empty answer as a failure, and at most 25.
func (r *Router) Complete(ctx context.Context, c Call) []Choice {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second) // Discord waits 3 s
	defer cancel()
	cmd, ok := r.commands[c.Command]
	if !ok || cmd.Complete == nil {
		return []Choice{{"Nothing to choose from", "-"}}
	}
	if err := r.admit(c.Caller, cmd.Who, "/"+c.Command); err != nil {
		return []Choice{{"This is for admins", "-"}}
	}
	choices, err := guard(ctx, func() ([]Choice, error) { return cmd.Complete(ctx, r.cfg.Rounds, c) })
	switch {
	case err != nil:
		r.explain(c, "/"+c.Command, err)
		return []Choice{{"The list is out of reach; type the name", "-"}}
	case len(choices) == 0:
		return []Choice{{"No match", typed(c)}}
	}
	choices = choices[:min(len(choices), choiceCount)]
	for i := range choices {
		choices[i].Name = Cut(choices[i].Name, choiceLimit)
	}
	return choices
}

// typed is what stands in the option: who takes "no match" for a choice keeps
// it, and is told what there is. Discord takes no empty value.
func typed(c Call) string {
	if text := strings.TrimSpace(c.Text(c.Typing)); text != "" {
		return Cut(text, choiceLimit)
	}
	return "-"
}

func (r *Router) find(c *Call) (who []round.Role, run Handler, bound time.Duration, name string, err error) {
	slow, known := false, false
	if c.Button != "" {
		verb, arg, _ := strings.Cut(c.Button, ":")
		p, ok := r.presses[verb]
		c.Arg, name = arg, "That button"
		who, run, slow, known = p.Who, p.Run, p.Slow, ok
	} else {
		cmd, ok := r.commands[c.Command]
		name = "/" + c.Command
		who, run, slow, known = cmd.Who, cmd.Run, cmd.Slow, ok
	}
	switch {
	case !known && c.Button != "":
		return nil, nil, 0, name, round.Refuse("unknown button", "That button is from another time; it does nothing now.")
	case !known:
		return nil, nil, 0, name, round.Refuse("unknown command", "There is no such command here. Type / to see those that there are.")
	case slow:
		return who, run, r.cfg.Slow, name, nil
	}
	return who, run, r.cfg.Quick, name, nil
}

// admit checks the caller's roles. The engine checks them again.
func (r *Router) admit(by round.Caller, who []round.Role, name string) error {
	if len(who) == 0 || holds(by.Roles, who) {
		return nil
	}
	if strings.HasPrefix(name, "/") {
		name = "`" + name + "`"
	}
	role := r.cfg.Roles[who[0]]
	if role == "" {
		role = string(who[0])
	}
	article := map[round.Role]string{round.Admin: "an admin", round.Player: "a player"}[who[0]]
	plural := map[round.Role]string{round.Admin: "Admins", round.Player: "Players"}[who[0]]
	return round.Refuse("role", "You are not %s here, so %s is not yours to use. %s are people with the role %s.",
		article, lowerFirst(name), plural, role)
}

// explain turns an error into what its cause may know of it.
func (r *Router) explain(c Call, name string, err error) Reply {
	log := r.cfg.Log.With("call", name, "caller", c.Caller.ID)
	var no *round.Refusal
	if errors.As(err, &no) {
		log.Info("refused", "rule", no.Rule)
		return Tell("%s", no.Say)
	}
	ref := NewRef()
	log.Error("call failed", "ref", ref, "err", err)
	return Tell("Something went wrong on our side. Ref %s; the operator can look it up.", ref)
}

// NewRef makes a reference that leads from a sentence in the chat to the log.
func NewRef() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// guard runs f so that neither a panic nor a hang gets out. A hanging f goes
// on alone until it returns.
func guard[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		val T
		err error
	}
	done := make(chan result, 1)
	go func() {
		var out result
		defer func() {
			if p := recover(); p != nil {
				out.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
			done <- out
		}()
		out.val, out.err = f()
	}()
	select {
	case out := <-done:
		return out.val, out.err
	case <-ctx.Done():
		var zero T
		return zero, fmt.Errorf("no answer in time: %w", ctx.Err())
	}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
