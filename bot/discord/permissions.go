package discord

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/bwmarrin/discordgo"
)

// intents are the events that the bot asks the gateway for: none, because
// interactions come without.
const intents = discordgo.IntentsNone

// scopes are what the bot is invited with.
var scopes = []string{"bot", "applications.commands"}

// need is a permission that the bot uses, by the name that Discord's settings
// give it.
type need struct {
	bit  int64
	name string
	all  bool // in the operations channel too, and not only in the alerts channel
}

// needs is the one list of what the bot has to be allowed to do. The invite asks
// for these, and the doctor looks for them.
var needs = []need{
	{discordgo.PermissionViewChannel, "View Channels", true},
	{discordgo.PermissionSendMessages, "Send Messages", true},
	{discordgo.PermissionReadMessageHistory, "Read Message History", true}, // to say nothing twice
	{discordgo.PermissionEmbedLinks, "Embed Links", false},                 // an alert's details
	{discordgo.PermissionCreatePublicThreads, "Create Public Threads", false},
	{discordgo.PermissionSendMessagesInThreads, "Send Messages in Threads", false},
	{discordgo.PermissionAttachFiles, "Attach Files", false}, // the post-mortem's
}

// Permissions are the names of what the invite asks for.
func Permissions() (names []string) {
	for _, n := range needs {
		names = append(names, n.name)
	}
	return names
}

// Invite is the address at which somebody who runs a guild lets the bot in. A
// guild that is named is chosen already.
func Invite(application, guild string) string {
	var bits int64
	for _, n := range needs {
		bits |= n.bit
	}
	q := url.Values{"client_id": {application}, "permissions": {strconv.FormatInt(bits, 10)}, "scope": {scopes[0] + " " + scopes[1]}}
	if guild != "" {
		q.Set("guild_id", guild)
	}
	return "https://" + apiHost + "/oauth2/authorize?" + q.Encode()
}

// Everything and nothing that somebody may do.
const (
	everything int64 = -1
	muted            = discordgo.PermissionViewChannel | discordgo.PermissionReadMessageHistory
)

// holder is somebody whose permissions are asked for: a member, or whoever has
// only one role.
type holder struct {
	id    string
	roles []string
	until *time.Time // of a time-out
}

// permitted computes what a holder may do in a channel, as Discord documents it:
// the roles' permissions together, then the channel's overwrites for everyone,
// for the roles together, and for the member.
func permitted(g *discordgo.Guild, c *discordgo.Channel, who holder, now time.Time) int64 {
	if who.id != "" && who.id == g.OwnerID {
		return everything
	}
	var all int64
	for _, r := range g.Roles {
		if r.ID == g.ID || slices.Contains(who.roles, r.ID) { // everyone's role has the guild's id
			all |= r.Permissions
		}
	}
	if all&discordgo.PermissionAdministrator != 0 {
		return everything
	}
	var roles, member discordgo.PermissionOverwrite
	for _, o := range c.PermissionOverwrites {
		switch {
		case o.Type == discordgo.PermissionOverwriteTypeRole && o.ID == g.ID:
			all = all&^o.Deny | o.Allow
		case o.Type == discordgo.PermissionOverwriteTypeRole && slices.Contains(who.roles, o.ID):
			roles.Deny, roles.Allow = roles.Deny|o.Deny, roles.Allow|o.Allow
		case o.Type == discordgo.PermissionOverwriteTypeMember && o.ID == who.id:
			member = *o
		}
	}
	all = all&^roles.Deny | roles.Allow
	all = all&^member.Deny | member.Allow
	if who.until != nil && who.until.After(now) {
		all &= muted
	}
	if all&discordgo.PermissionViewChannel == 0 {
		return 0
	}
	return all
}

// lacking names those of the needs that are not among the permissions. Who does
// not see a channel is told that alone.
func lacking(have int64, operations bool) (names []string) {
	for _, n := range needs {
		if have&n.bit == 0 && (n.all || !operations) {
			names = append(names, n.name)
		}
		if n.bit == discordgo.PermissionViewChannel && len(names) > 0 {
			break
		}
	}
	return names
}
