// Package commands is what people may type and press: one file per slash
// command, each with its definition and its handler, and the router that
// stands in front of them.
//
// It knows roles, words and the few things that a round can be asked to do. It
// does not know Discord's connection, AWS or the ledger: a Call comes in as a
// value, a Reply goes out as one. discordgo's types appear only in Def.
package commands

import (
	"context"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Command is one slash command.
type Command struct {
	Def  *discordgo.ApplicationCommand
	Who  []round.Role // any of them may; empty: everybody in the guild
	Slow bool         // it may take longer than Discord waits: defer at once
	Run  Handler

	// Complete offers values for the option that is being typed. Nil: none.
	Complete func(ctx context.Context, r Rounds, c Call) ([]Choice, error)
}

// Press is one kind of button. Its custom_id is Verb, a colon, an argument.
type Press struct {
	Verb string
	Who  []round.Role
	Slow bool
	Run  Handler

	// Once says what stays of the text of the message that was pressed: whatever
	// the answer, which is another message, its buttons are over. Nil: they stay.
	Once func(text string) string
}

// Handler parses a call, asks the rounds one thing, and phrases the reply. A
// *round.Refusal is shown to the caller word for word; any other error is the
// operator's.
type Handler func(ctx context.Context, r Rounds, c Call) (Reply, error)

// All lists the slash commands in the order in which help shows them.
func All() []Command {
	return []Command{
		provision, inject, destroy, abort, extend, scenarios, // the admin's
		status,                                // everybody's
		ack, hint, note, resolve, credentials, // the player's
	}
}

// Presses lists the buttons.
func Presses() []Press {
	return []Press{pressAck, pressHint, pressRunbook, pressReveal, pressBuild, pressLeave, pressInject, pressCancel, pressDestroy, pressEnd, pressKeep}
}

var (
	admins  = []round.Role{round.Admin}
	players = []round.Role{round.Player, round.Admin} // the engine knows who is on call
)

// Permissions that hide a command from those who could not use it anyway.
// Discord lets a guild's owner override them, so the router checks again.
var (
	forAdmins   = int64(discordgo.PermissionManageGuild)
	forEveryone = int64(discordgo.PermissionViewChannel)
)

// Call is one thing that a person typed or pressed.
type Call struct {
	Caller  round.Caller
	Command string // name of the slash command; empty for a button
	Button  string // custom_id of the button; empty for a command

	Texts  map[string]string
	People map[string]Someone
	Flags  map[string]bool

	Typing string // the option that is being completed
	Arg    string // what follows the button's colon; the router fills it in
}

// Someone is a person whom the caller named.
type Someone struct {
	round.Person
	Bot   bool
	Known bool         // whether Roles could be read
	Roles []round.Role // held in the guild
}

// Text returns an option's text, or "" when it was not given.
func (c Call) Text(name string) string { return c.Texts[name] }

// Flag returns an option that is yes or no.
func (c Call) Flag(name string) bool { return c.Flags[name] }

// Choice is one offer of an autocompletion.
type Choice struct{ Name, Value string }

// holds reports whether one of the roles is among those that any lists.
func holds(roles, oneOf []round.Role) bool {
	for _, role := range oneOf {
		if (round.Caller{Roles: roles}).Is(role) {
			return true
		}
	}
	return false
}
