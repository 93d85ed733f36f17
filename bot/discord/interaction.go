package discord

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/commands"
)

// interaction answers one thing that a person typed or pressed. discordgo calls
// it on a goroutine of its own, where a panic would end the process.
func (b *Bot) interaction(ctx context.Context, i *discordgo.InteractionCreate) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("panic in an interaction", "ref", commands.NewRef(), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	// discordgo calls even when it could not read the event.
	if i == nil || i.Interaction == nil || i.ID == "" || i.Token == "" || i.Data == nil || (i.Member == nil && i.User == nil) {
		b.log.Warn("an interaction that cannot be read was dropped")
		return
	}
	answer := answerer{bot: b, id: i.ID, token: i.Token}
	if i.GuildID != "" && i.GuildID != b.cfg.Guild {
		_ = answer.now(ctx, commands.Tell("This bot works in another server."))
		return
	}
	call, ok := b.call(i.Interaction)
	if !ok {
		b.log.Warn("an interaction of an unknown kind was dropped", "type", int(i.Type))
		return
	}
	if i.Type == discordgo.InteractionApplicationCommandAutocomplete {
		answer.offer(ctx, b.cfg.Router.Complete(ctx, call))
		return
	}
	answer.late = b.late(i.ID)
	if once := b.cfg.Router.Once(call); once != nil && i.Message != nil {
		text := once(i.Message.Content)
		answer.pressed = &text
	}
	b.handle(ctx, call, i.Member == nil, &answer)
}

// late reports whether an interaction seems to have expired before it came, as
// those do that a gateway delivers after it was away. Its id tells when it was
// made. It only seems so: our clock may be wrong.
func (b *Bot) late(id string) bool {
	n, err := strconv.ParseInt(id, 10, 64)
	return err == nil && b.cfg.Now().Sub(time.UnixMilli(n>>22+discordEpoch)) > 3*time.Second
}

// handle runs a command or a button and sees that its person gets an answer in
// time. Nobody waits longer than patience to see that something happens. What is
// slow, or late, is done only when its person can still be told: they have seen
// it fail, and do it again.
func (b *Bot) handle(ctx context.Context, call commands.Call, direct bool, answer *answerer) {
	if b.cfg.Router.Slow(call) || answer.late || answer.pressed != nil {
		if err := answer.later(ctx); err != nil {
			b.log.Warn("an interaction could not be answered, so nothing was done", "call", call.Command+call.Button, "err", err)
			return
		}
	}
	replies := make(chan commands.Reply, 1)
	go func() { replies <- b.run(ctx, call, direct) }()
	var reply commands.Reply
	if !answer.deferred {
		timer := time.NewTimer(b.patience)
		defer timer.Stop()
		select {
		case reply = <-replies:
			if err := answer.now(ctx, reply); err != nil {
				b.log.Warn("an answer was lost", "call", call.Command+call.Button, "err", err)
			}
			return
		case <-timer.C:
			if err := answer.later(ctx); err != nil {
				b.log.Warn("an interaction expired", "call", call.Command+call.Button, "err", err)
			}
		}
	}
	reply = <-replies
	if err := answer.finally(ctx, reply); err != nil {
		b.log.Warn("an answer was lost", "call", call.Command+call.Button, "err", err)
	}
}

// run asks the router. In a direct channel nobody's roles come along, so they
// are looked up. It never panics and always returns.
func (b *Bot) run(ctx context.Context, call commands.Call, direct bool) commands.Reply {
	if direct {
		roles, err := b.lookUp(ctx, call.Caller.ID)
		if err != nil {
			ref := commands.NewRef()
			b.log.Error("cannot look up a member", "ref", ref, "err", err)
			return commands.Tell("Discord does not say what you may do here, so nothing was done. Try again in a moment. Ref %s; the operator can look it up.", ref)
		}
		call.Caller.Roles = roles
	}
	return b.cfg.Router.Handle(ctx, call)
}

// answerer answers one interaction.
type answerer struct {
	bot       *Bot
	id, token string
	deferred  bool
	late      bool    // it came so late that there may be nobody to answer
	pressed   *string // what stays of a message whose buttons are over; nil: they are not
}

// Discord's numbers of answers.
const (
	answerMessage      = 4
	answerDeferred     = 5
	answerUpdate       = 7
	answerAutocomplete = 8
)

// now answers with a reply.
func (a *answerer) now(ctx context.Context, r commands.Reply) error {
	return a.callback(ctx, answerMessage, replyOf(r))
}

// later tells the person that an answer is coming. Only they will see it. Where a
// button was pressed that may be pressed once, the buttons go instead.
func (a *answerer) later(ctx context.Context) error {
	kind, data := answerDeferred, any(map[string]any{"flags": discordgo.MessageFlagsEphemeral})
	if a.pressed != nil {
		kind, data = answerUpdate, replyOf(commands.Reply{Text: *a.pressed})
	}
	err := a.callback(ctx, kind, data)
	a.deferred = err == nil
	return err
}

// offer answers an autocompletion.
func (a *answerer) offer(ctx context.Context, choices []commands.Choice) {
	type choice struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	offers := make([]choice, 0, len(choices))
	for _, c := range choices {
		offers = append(offers, choice(c))
	}
	if err := a.callback(ctx, answerAutocomplete, map[string]any{"choices": offers}); err != nil {
		a.bot.log.Info("an autocompletion came too late", "err", err)
	}
}

// callback sends the first answer, for which there are three seconds.
func (a *answerer) callback(ctx context.Context, kind int, data any) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2500*time.Millisecond)
	defer cancel()
	q := request{method: "POST", url: discordgo.EndpointInteractionResponse(a.id, a.token), urgent: true,
		body: map[string]any{"type": kind, "data": data}}
	for try := 1; ; try++ {
		err := a.bot.rest.send(ctx, q, nil)
		var no *refused
		switch {
		case err == nil || try > 1 && refusedWith(err, codeAnswered): // an earlier try did arrive
			return nil
		case errors.As(err, &no) || ctx.Err() != nil:
			return fmt.Errorf("answer an interaction: %w", err)
		}
		if sleep(ctx, 150*time.Millisecond) != nil {
			return fmt.Errorf("answer an interaction: %w", err)
		}
	}
}

// Discord lets an interaction be finished for 15 minutes. A bot that stops gives
// its last words a moment.
const (
	tokenLife = 15 * time.Minute
	lastWords = 5 * time.Second
)

// finally puts the reply where later announced it, or into a message of its own
// where the buttons went. It may hold keys that are
// shown nowhere else, so it is tried for as long as Discord would take it.
func (a *answerer) finally(stopping context.Context, r commands.Reply) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(stopping), tokenLife)
	defer cancel()
	defer context.AfterFunc(stopping, func() {
		_ = sleep(ctx, lastWords) // or until it is done
		cancel()
	})()
	q := request{method: "PATCH", url: discordgo.EndpointWebhookMessage(a.bot.cfg.Application, a.token, "@original"), urgent: true,
		body: replyOf(commands.Reply{Text: r.Text, Embeds: r.Embeds, Buttons: r.Buttons})}
	if a.pressed != nil {
		q.method, q.url, q.body = "POST", discordgo.EndpointWebhookToken(a.bot.cfg.Application, a.token), replyOf(r)
	}
	if err := a.bot.rest.insist(ctx, q, nil); err != nil {
		return fmt.Errorf("finish an answer: %w", err)
	}
	return nil
}

func replyOf(r commands.Reply) wireMessage {
	w := message{text: r.Text, embeds: r.Embeds, buttons: r.Buttons}.wire()
	if r.Ephemeral {
		w.Flags = discordgo.MessageFlagsEphemeral
	}
	return w
}
