package discord

import (
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
)

// TestPermitted goes through Discord's own order: roles, then the channel's
// overwrites for everyone, for roles together, for the member.
func TestPermitted(t *testing.T) {
	const (
		view, send, embed = discordgo.PermissionViewChannel, discordgo.PermissionSendMessages, discordgo.PermissionEmbedLinks
		guild, bot, mates = "1", "10", "20"
	)
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	later, earlier := now.Add(time.Minute), now.Add(-time.Minute)
	role := func(id string, allow, deny int64) *discordgo.PermissionOverwrite {
		return &discordgo.PermissionOverwrite{ID: id, Type: discordgo.PermissionOverwriteTypeRole, Allow: allow, Deny: deny}
	}
	member := func(id string, allow, deny int64) *discordgo.PermissionOverwrite {
		return &discordgo.PermissionOverwrite{ID: id, Type: discordgo.PermissionOverwriteTypeMember, Allow: allow, Deny: deny}
	}
	type list = []*discordgo.PermissionOverwrite
	for name, c := range map[string]struct {
		everyone, bots int64
		over           list
		until          *time.Time
		want           int64
	}{
		"roles are added up":                 {view, send, nil, nil, view | send},
		"an administrator may do everything": {0, discordgo.PermissionAdministrator, list{role(guild, 0, view)}, nil, everything},
		"everyone is denied":                 {view | send, embed, list{role(guild, 0, send)}, nil, view | embed},
		"one role denied, another allows":    {view | send, 0, list{role(bot, 0, send), role(mates, send, 0)}, nil, view | send},
		"a role goes over everyone":          {view | send, 0, list{role(bot, send, 0), role(guild, 0, send)}, nil, view | send},
		"the member goes over roles":         {view | send, 0, list{member("7", 0, send), role(bot, send, 0)}, nil, view},
		"another member's does not count":    {view | send, 0, list{member("8", 0, send)}, nil, view | send},
		"a role that it has not":             {view | send, 0, list{role("30", 0, send)}, nil, view | send},
		"who does not see may do nothing":    {view | send, 0, list{role(guild, 0, view)}, nil, 0},
		"a time-out":                         {view | send, embed, nil, &later, view},
		"a time-out that is over":            {view | send, embed, nil, &earlier, view | send | embed},
	} {
		g := &discordgo.Guild{ID: guild, OwnerID: "9", Roles: []*discordgo.Role{
			{ID: guild, Permissions: c.everyone}, {ID: bot, Permissions: c.bots}, {ID: mates}, {ID: "30", Permissions: -1},
		}}
		who := holder{"7", []string{bot, mates}, c.until}
		if got := permitted(g, &discordgo.Channel{PermissionOverwrites: c.over}, who, now); got != c.want {
			t.Errorf("%s: %b, want %b", name, got, c.want)
		}
	}
	if got := permitted(&discordgo.Guild{ID: guild, OwnerID: "7"}, &discordgo.Channel{}, holder{id: "7"}, now); got != everything {
		t.Errorf("an owner may do %b", got)
	}
}

// TestTheInviteAsksForWhatIsLookedFor, and for no more.
func TestTheInviteAsksForWhatIsLookedFor(t *testing.T) {
	u, err := url.Parse(Invite("42", ""))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	bits, err := strconv.ParseInt(q.Get("permissions"), 10, 64)
	if err != nil || u.Host != apiHost || q.Get("client_id") != "42" || q.Get("scope") != "bot applications.commands" || q.Has("guild_id") {
		t.Errorf("%s, %v", u, err)
	}
	if left := lacking(bits, false); len(left) > 0 {
		t.Errorf("a bot that is let in so still lacks %v", left)
	}
	for _, n := range needs {
		if left := lacking(bits&^n.bit, false); len(left) != 1 || left[0] != n.name {
			t.Errorf("without %s it lacks %v", n.name, left)
		}
	}
	for _, n := range needs {
		bits &^= n.bit
	}
	if bits != 0 {
		t.Errorf("it asks for %b too, which nobody looks for", bits)
	}
	if q, _ := url.Parse(Invite("42", "7")); q.Query().Get("guild_id") != "7" {
		t.Errorf("%s has no guild", q)
	}
}
