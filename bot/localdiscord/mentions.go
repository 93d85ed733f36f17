package localdiscord

import (
	"regexp"
	"slices"
	"strings"
)

// allowedMentions is Discord's object of that name. A nil one allows all.
type allowedMentions struct {
	Parse []string `json:"parse"`
	Users []string `json:"users"`
	Roles []string `json:"roles"`
}

func (a *allowedMentions) check(f *form) {
	if a == nil {
		return
	}
	for _, p := range a.Parse {
		if p != "users" && p != "roles" && p != "everyone" {
			f.choice("allowed_mentions.parse", "'everyone', 'roles', 'users'")
		}
	}
	const exclusive = "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"
	if slices.Contains(a.Parse, "users") && len(a.Users) > 0 {
		f.add("allowed_mentions", exclusive, `parse:["users"] and users: [ids...] are mutually exclusive.`)
	}
	if slices.Contains(a.Parse, "roles") && len(a.Roles) > 0 {
		f.add("allowed_mentions", exclusive, `parse:["roles"] and roles: [ids...] are mutually exclusive.`)
	}
}

// user tells whether a mention of this user may ping.
func (a *allowedMentions) user(id string) bool {
	return a == nil || slices.Contains(a.Parse, "users") || slices.Contains(a.Users, id)
}

func (a *allowedMentions) role(id string) bool {
	return a == nil || slices.Contains(a.Parse, "roles") || slices.Contains(a.Roles, id)
}

func (a *allowedMentions) everyone() bool {
	return a == nil || slices.Contains(a.Parse, "everyone")
}

var (
	userMention = regexp.MustCompile(`<@!?([0-9]+)>`)
	roleMention = regexp.MustCompile(`<@&([0-9]+)>`)
)

// mention fills in whom the content pings. Embeds never do.
func (s *Server) mention(m *Message, allowed *allowedMentions) {
	m.Mentions, m.MentionRoles = []User{}, []string{}
	m.MentionEveryone = allowed.everyone() &&
		(strings.Contains(m.Content, "@everyone") || strings.Contains(m.Content, "@here"))
	for _, match := range userMention.FindAllStringSubmatch(m.Content, -1) {
		p, ok := s.person(match[1])
		if !ok || !allowed.user(p.ID) || slices.ContainsFunc(m.Mentions, func(u User) bool { return u.ID == p.ID }) {
			continue
		}
		m.Mentions = append(m.Mentions, p.user())
	}
	for _, match := range roleMention.FindAllStringSubmatch(m.Content, -1) {
		known := slices.ContainsFunc(s.cfg.Guild.Roles, func(r GuildRole) bool { return r.ID == match[1] })
		if known && allowed.role(match[1]) && !slices.Contains(m.MentionRoles, match[1]) {
			m.MentionRoles = append(m.MentionRoles, match[1])
		}
	}
}
