package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/doctor"
)

// spot is one of the two channels, as a doctor looks at it.
type spot struct {
	setting, id string
	operations  bool
	role        string // whose holders read it
	people      string
}

func (d *Doctor) alerts(ctx context.Context) doctor.Finding {
	return d.channel(ctx, spot{"discord.alerts_channel", d.cfg.Channels.Alerts, false, d.cfg.Roles.Player, "players"})
}

func (d *Doctor) operations(ctx context.Context) doctor.Finding {
	return d.channel(ctx, spot{"discord.operations_channel", d.cfg.Channels.Operations, true, d.cfg.Roles.Admin, "admins"})
}

func (d *Doctor) channel(ctx context.Context, s spot) doctor.Finding {
	g, err := d.where(ctx)
	if err != nil {
		return d.outside(err)
	}
	me, err := d.me(ctx)
	if err != nil {
		return d.silent(ctx, err)
	}
	member, err := d.member(ctx)
	if err != nil {
		return d.silent(ctx, err)
	}
	// The list holds those too that the bot may not see.
	all, err := d.channels(ctx)
	if err != nil {
		return d.silent(ctx, err)
	}
	i := slices.IndexFunc(*all, func(c *discordgo.Channel) bool { return c.ID == s.id })
	if i < 0 {
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("%s has no channel %q.", g.Name, s.id),
			Mend: fmt.Sprintf("Set `%s`: with the developer mode on, Copy Channel ID.", s.setting)}
	}
	c := (*all)[i]
	if c.Type != discordgo.ChannelTypeGuildText && c.Type != discordgo.ChannelTypeGuildNews {
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("#%s is no text channel.", c.Name), Mend: fmt.Sprintf("Set `%s` to one that is.", s.setting)}
	}
	bot := holder{me.ID, member.Roles, member.CommunicationDisabledUntil}
	if lacks := lacking(permitted(g, c, bot, d.cfg.Now()), s.operations); len(lacks) > 0 {
		f := doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("In #%s the bot lacks %s.", c.Name, strings.Join(lacks, ", ")),
			Mend: "Allow it that in the channel's settings (Permissions), or invite it again by the address that `bot invite` prints."}
		if bot.until != nil && bot.until.After(d.cfg.Now()) {
			f.Mend = "Somebody gave it a time-out: remove that."
		}
		return f
	}
	return d.audience(g, c, s)
}

// audience looks at who reads and types there.
func (d *Doctor) audience(g *discordgo.Guild, c *discordgo.Channel, s spot) doctor.Finding {
	const types = discordgo.PermissionViewChannel | discordgo.PermissionUseApplicationCommands
	settings := "Look at the channel's settings (Permissions)."
	switch {
	case d.cfg.Channels.Alerts == d.cfg.Channels.Operations:
		return doctor.Finding{State: doctor.Warning, Says: fmt.Sprintf("#%s is the channel for both: players read what is for admins.", c.Name), Mend: "Give the admins a channel of their own."}
	case permitted(g, c, holder{roles: []string{s.role}}, d.cfg.Now())&types != types:
		return doctor.Finding{State: doctor.Warning, Says: fmt.Sprintf("By their role alone, %s cannot see #%s and use commands there.", s.people, c.Name), Mend: settings}
	case s.operations && permitted(g, c, holder{}, d.cfg.Now()) != 0:
		return doctor.Finding{State: doctor.Warning, Says: fmt.Sprintf("Everybody can read #%s, which is for admins.", c.Name), Mend: settings}
	}
	return doctor.Well("The bot may do in #%s what it has to.", c.Name)
}
