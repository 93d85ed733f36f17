package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/commands"
)

// call translates an interaction. It answers false for a kind that the bot does
// not know.
func (b *Bot) call(i *discordgo.Interaction) (commands.Call, bool) {
	c := commands.Call{Caller: b.caller(i)}
	switch data := i.Data.(type) {
	case discordgo.ApplicationCommandInteractionData:
		c.Command = data.Name
		c.Texts, c.People, c.Flags = map[string]string{}, map[string]commands.Someone{}, map[string]bool{}
		for _, o := range data.Options {
			if o != nil {
				b.option(&c, o, data.Resolved)
			}
		}
	case discordgo.MessageComponentInteractionData:
		c.Button = data.CustomID
	default:
		return c, false
	}
	return c, c.Command != "" || c.Button != ""
}

func (b *Bot) caller(i *discordgo.Interaction) round.Caller {
	if i.Member == nil {
		return round.Caller{Person: person(i.User, nil), Guild: b.cfg.Guild}
	}
	return round.Caller{Person: person(i.Member.User, i.Member), Guild: b.cfg.Guild, Roles: b.roles(i.Member.Roles)}
}

// option takes what was given for one option, whatever the client sent.
func (b *Bot) option(c *commands.Call, o *discordgo.ApplicationCommandInteractionDataOption, all *discordgo.ApplicationCommandInteractionDataResolved) {
	if o.Focused {
		c.Typing = o.Name
	}
	switch v := o.Value.(type) {
	case bool:
		c.Flags[o.Name] = v
	case string:
		if o.Type != discordgo.ApplicationCommandOptionUser {
			c.Texts[o.Name] = v
			return
		}
		someone := commands.Someone{Person: round.Person{ID: v, Name: "the player"}}
		if all != nil {
			m := all.Members[v]
			if u := all.Users[v]; u != nil {
				someone.Person, someone.Bot = person(u, m), u.Bot
			}
			if m != nil {
				someone.Known, someone.Roles = true, b.roles(m.Roles)
			}
		}
		c.People[o.Name] = someone
	case nil:
	default:
		c.Texts[o.Name] = fmt.Sprint(v)
	}
}

// person names a user as the guild sees them, without the marks that a name can
// have to turn the sentences round in which it stands.
func person(u *discordgo.User, m *discordgo.Member) round.Person {
	if u == nil {
		return round.Person{}
	}
	names := []string{u.GlobalName, u.Username}
	if m != nil {
		names = append([]string{m.Nick}, names...)
	}
	for _, name := range names {
		if name = strings.TrimSpace(round.Visible(name)); name != "" {
			return round.Person{ID: u.ID, Name: name}
		}
	}
	return round.Person{ID: u.ID, Name: "somebody"}
}

// roles translates a member's role ids.
func (b *Bot) roles(ids []string) []round.Role {
	var roles []round.Role
	if slices.Contains(ids, b.cfg.Roles.Admin) {
		roles = append(roles, round.Admin)
	}
	if slices.Contains(ids, b.cfg.Roles.Player) {
		roles = append(roles, round.Player)
	}
	if len(roles) == 0 {
		roles = append(roles, round.Viewer)
	}
	return roles
}

// lookUp asks Discord for somebody's roles. Who has left the guild has none.
func (b *Bot) lookUp(ctx context.Context, user string) ([]round.Role, error) {
	var m struct {
		Roles []string `json:"roles"`
	}
	// They wait for the answer, and a limit for all routes can last.
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	err := b.rest.send(ctx, request{method: "GET", url: discordgo.EndpointGuildMember(b.cfg.Guild, user)}, &m)
	if refusedWith(err, codeUnknownMember, codeUnknownUser) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up a member: %w", err)
	}
	return b.roles(m.Roles), nil
}
