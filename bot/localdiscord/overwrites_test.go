package localdiscord_test

import (
	"slices"
	"testing"

	"github.com/bwmarrin/discordgo"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
)

// TestTheBotSeesOverwrites: a channel's own, joined with those that hide it, one
// for each role; and the role that an invitation made for the bot.
func TestTheBotSeesOverwrites(t *testing.T) {
	w := start(t, func(c *localdiscord.Config) {
		c.Channels[1].Overwrites = []localdiscord.Overwrite{
			{ID: c.Guild.Roles[0].ID, Deny: discordgo.PermissionAttachFiles},
			{ID: ana, Member: true, Allow: discordgo.PermissionSendMessages},
		}
	})
	dg := w.session(t, w.cfg.Token)
	all := must[[]*discordgo.Channel](t)(dg.GuildChannels(guildID))
	got := map[string]discordgo.PermissionOverwrite{}
	for _, o := range all[1].PermissionOverwrites {
		if _, twice := got[o.ID]; twice {
			t.Errorf("%s has two", o.ID)
		}
		got[o.ID] = *o
	}
	const view, role, member = discordgo.PermissionViewChannel, discordgo.PermissionOverwriteTypeRole, discordgo.PermissionOverwriteTypeMember
	for _, want := range []discordgo.PermissionOverwrite{
		{ID: guildID, Type: role, Deny: view},
		{ID: botID, Type: member, Allow: view},
		{ID: w.cfg.Guild.Roles[0].ID, Type: role, Allow: view, Deny: discordgo.PermissionAttachFiles},
		{ID: ana, Type: member, Allow: discordgo.PermissionSendMessages},
	} {
		if got[want.ID] != want {
			t.Errorf("%+v, want %+v", got[want.ID], want)
		}
	}
	if len(got) != 4 || len(all[0].PermissionOverwrites) != 0 {
		t.Errorf("%+v, and in #alerts %+v", got, all[0].PermissionOverwrites)
	}

	me := must[*discordgo.Member](t)(dg.GuildMember(guildID, botID))
	roles := must[[]*discordgo.Role](t)(dg.GuildRoles(guildID))
	i := slices.IndexFunc(roles, func(r *discordgo.Role) bool { return r.Managed })
	if i < 0 || !slices.Equal(me.Roles, []string{roles[i].ID}) || roles[i].Permissions&discordgo.PermissionCreatePublicThreads == 0 {
		t.Errorf("the bot has %v of %+v", me.Roles, roles)
	}
}

func TestABotWithoutTheScopeHasNoCommands(t *testing.T) {
	w := start(t, func(c *localdiscord.Config) { c.NoCommands = true })
	dg := w.session(t, w.cfg.Token)
	if _, err := dg.ApplicationCommandBulkOverwrite(botID, guildID, commands); err == nil || code(t, err) != 50001 {
		t.Errorf("guild: %v", err)
	}
	if _, err := dg.ApplicationCommands(botID, guildID); err == nil || code(t, err) != 50001 {
		t.Errorf("guild: %v", err)
	}
}
