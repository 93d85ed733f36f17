package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/doctor"
)

// codeMissingAccess is Discord's refusal of what the bot was not let into.
const codeMissingAccess = 50001

// where looks whether the guild can be asked for at all.
func (d *Doctor) where(ctx context.Context) (*discordgo.Guild, error) {
	if !snowflakes(d.cfg.Guild) {
		return nil, fmt.Errorf("%q is no id of a guild", d.cfg.Guild)
	}
	return d.guild(ctx)
}

// snowflakes reports whether texts look like ids of Discord's.
func snowflakes(ids ...string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return id == "" || strings.Trim(id, "0123456789") != "" })
}

func (d *Doctor) enters(ctx context.Context) doctor.Finding {
	g, err := d.where(ctx)
	var no *refused
	switch {
	case !snowflakes(d.cfg.Guild):
		return doctor.Finding{State: doctor.Wrong, Says: err.Error() + ".", Mend: "Set `discord.guild`: in Discord, with the developer mode on, Copy Server ID."}
	case errors.As(err, &no):
		return doctor.Finding{State: doctor.Wrong, Says: fmt.Sprintf("The bot is not in the guild %s, or there is no such guild.", d.cfg.Guild),
			Mend: mendInvite + " Or set `discord.guild`."}
	case err != nil:
		return d.silent(ctx, err)
	}
	return doctor.Well("The bot is in %s.", g.Name)
}

// outside is the finding of a check that wants the guild and has none.
func (d *Doctor) outside(err error) doctor.Finding {
	if errors.Is(err, errNoToken) {
		return doctor.Blind(err.Error() + ".")
	}
	return doctor.Blind("the guild is not there.")
}

func (d *Doctor) commands(ctx context.Context) doctor.Finding {
	if _, err := d.where(ctx); err != nil {
		return d.outside(err)
	}
	if !snowflakes(d.cfg.Application) {
		return doctor.Blind("the application has no id.")
	}
	list, err := after[[]discordgo.ApplicationCommand](ctx, d, discordgo.EndpointApplicationGuildCommands(d.cfg.Application, d.cfg.Guild))
	switch {
	case refusedWith(err, codeMissingAccess):
		return doctor.Finding{State: doctor.Wrong, Says: "The bot may not register commands in this guild: it was invited without the scope applications.commands.", Mend: mendInvite}
	case err != nil:
		return d.silent(ctx, err)
	case len(*list) == 0:
		return doctor.Well("The bot may register them, and does so when it starts.")
	}
	return doctor.Well("%d are registered.", len(*list))
}

func (d *Doctor) roles(ctx context.Context) doctor.Finding {
	g, err := d.where(ctx)
	if err != nil {
		return d.outside(err)
	}
	const mend = "Set `discord.admin_role` and `discord.player_role`: in Server Settings, Roles, with the developer mode on, Copy Role ID."
	var names, lost []string
	for _, r := range []struct{ what, id string }{{"admin", d.cfg.Roles.Admin}, {"player", d.cfg.Roles.Player}} {
		i := slices.IndexFunc(g.Roles, func(have *discordgo.Role) bool { return have.ID == r.id })
		switch {
		case i < 0:
			lost = append(lost, fmt.Sprintf("the %s role %q does not exist", r.what, r.id))
		case r.id == g.ID:
			lost = append(lost, fmt.Sprintf("the %s role is @everyone, which Discord tells of nobody", r.what))
		default:
			names = append(names, g.Roles[i].Name)
		}
	}
	switch {
	case len(lost) > 0:
		return doctor.Finding{State: doctor.Wrong, Says: "In this guild " + strings.Join(lost, " and ") + ".", Mend: mend}
	case d.cfg.Roles.Admin == d.cfg.Roles.Player:
		return doctor.Finding{State: doctor.Warning, Says: fmt.Sprintf("%s is both the admins' and the players': every player may destroy.", names[0]), Mend: mend}
	}
	return doctor.Well("%s may run rounds, %s may play them.", names[0], names[1])
}
