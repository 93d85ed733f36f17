package localdiscord

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Permission bits that this server tells apart.
const (
	permissionAdministrator = 1 << 3
	permissionViewChannel   = 1 << 10

	// member: view, send, embed, attach, read history, add reactions, use
	// application commands, send in threads.
	memberPermissions = 1<<6 | 1<<10 | 1<<11 | 1<<14 | 1<<15 | 1<<16 | 1<<31 | 1<<38
	adminPermissions  = 1<<53 - 1
	// botPermissions: view, send, embed, attach, history, public threads,
	// send in threads.
	botPermissions = 309237763072
)

func (p Person) permissions() int64 {
	switch p.Role {
	case Admin:
		return adminPermissions
	case Bot:
		return botPermissions
	}
	return memberPermissions
}

// member is Discord's guild member object.
type member struct {
	User        *User     `json:"user,omitempty"`
	Nick        *string   `json:"nick"`
	Avatar      *string   `json:"avatar"`
	Banner      *string   `json:"banner"`
	Boosting    *string   `json:"premium_since"`
	TimedOut    *string   `json:"communication_disabled_until"`
	Roles       []string  `json:"roles"`
	JoinedAt    time.Time `json:"joined_at"`
	Deaf        bool      `json:"deaf"`
	Mute        bool      `json:"mute"`
	Pending     bool      `json:"pending"`
	Flags       int       `json:"flags"`
	Permissions string    `json:"permissions,omitempty"` // in interactions only
}

func (s *Server) member(p Person) member {
	m := member{User: new(p.user()), Roles: []string{}, JoinedAt: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	for _, r := range s.cfg.Guild.Roles {
		if r.Holders == p.Role {
			m.Roles = append(m.Roles, r.ID)
		}
	}
	return m
}

func (s *Server) members() []member {
	all := []member{s.member(s.cfg.Bot)}
	for _, p := range s.people {
		all = append(all, s.member(p))
	}
	return all
}

func (s *Server) roles() []map[string]any {
	role := func(id, name string, color, position int, permissions int64) map[string]any {
		return map[string]any{"id": id, "name": name, "color": color, "position": position,
			"permissions": strconv.FormatInt(permissions, 10), "hoist": false, "managed": false, "mentionable": false, "flags": 0,
			"icon": nil, "unicode_emoji": nil,
			"colors": map[string]any{"primary_color": color, "secondary_color": nil, "tertiary_color": nil}}
	}
	all := []map[string]any{role(s.cfg.Guild.ID, "@everyone", 0, 0, memberPermissions)}
	for i, r := range s.cfg.Guild.Roles {
		one := role(r.ID, r.Name, r.Color, i+1, Person{Role: r.Holders}.permissions())
		if r.Holders == Bot {
			one["managed"], one["tags"] = true, map[string]any{"bot_id": s.cfg.Bot.ID}
		}
		all = append(all, one)
	}
	return all
}

// guild is Discord's guild object, with what GUILD_CREATE adds.
func (s *Server) guild(all bool) map[string]any {
	g := map[string]any{
		"id": s.cfg.Guild.ID, "name": s.cfg.Guild.Name, "icon": nil, "owner_id": s.owner(), "roles": s.roles(),
		"emojis": []any{}, "stickers": []any{}, "features": []string{}, "preferred_locale": "en-US",
		"afk_timeout": 300, "verification_level": 0, "default_message_notifications": 1, "explicit_content_filter": 0,
		"mfa_level": 0, "nsfw": false, "nsfw_level": 0, "premium_tier": 0, "premium_subscription_count": 0,
		"premium_progress_bar_enabled": false, "system_channel_flags": 0, "region": "deprecated", "widget_enabled": false,
		"max_members": 25000000, "max_video_channel_users": 25, "max_stage_video_channel_users": 50,
	}
	for _, absent := range []string{"description", "home_header", "splash", "discovery_splash", "banner", "application_id",
		"afk_channel_id", "system_channel_id", "widget_channel_id", "rules_channel_id", "safety_alerts_channel_id",
		"public_updates_channel_id", "max_presences", "vanity_url_code", "incidents_data"} {
		g[absent] = nil
	}
	if all {
		channels, threads := s.wireChannels()
		g["channels"], g["threads"] = channels, threads
		g["members"], g["member_count"] = s.members(), len(s.people)+1
		g["joined_at"] = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
		g["large"], g["unavailable"] = false, false
		g["presences"], g["voice_states"], g["stage_instances"] = []any{}, []any{}, []any{}
		g["guild_scheduled_events"], g["soundboard_sounds"] = []any{}, []any{}
	}
	return g
}

// owner is the first admin; a guild without one belongs to the bot.
func (s *Server) owner() string {
	if i := slices.IndexFunc(s.people, func(p Person) bool { return p.Role == Admin }); i >= 0 {
		return s.people[i].ID
	}
	return s.cfg.Bot.ID
}

func (s *Server) checkGuild(r *http.Request) error {
	if r.PathValue("guild") != s.cfg.Guild.ID {
		return errUnknownGuild
	}
	return nil
}

func (s *Server) getGuild(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guild(false), s.checkGuild(r)
}

func (s *Server) getGuildRoles(r *http.Request) (any, error) { return s.roles(), s.checkGuild(r) }

func (s *Server) getMembers(r *http.Request) (any, error) { return s.members(), s.checkGuild(r) }

func (s *Server) getMember(r *http.Request) (any, error) {
	if err := s.checkGuild(r); err != nil {
		return nil, err
	}
	p, ok := s.person(r.PathValue("user"))
	if !ok {
		return nil, errUnknownMember
	}
	return s.member(p), nil
}

func (s *Server) getUser(r *http.Request) (any, error) {
	if r.PathValue("user") == "@me" {
		return struct {
			User
			MFA    bool   `json:"mfa_enabled"`
			Locale string `json:"locale"`
		}{s.cfg.Bot.user(), true, "en-US"}, nil
	}
	p, ok := s.person(r.PathValue("user"))
	if !ok {
		return nil, errUnknownUser
	}
	return p.user(), nil
}

func (s *Server) getApplication(*http.Request) (any, error) { return s.application(), nil }

func (s *Server) application() map[string]any {
	owner, _ := s.person(s.owner()) // there is always one
	return map[string]any{"id": s.cfg.Bot.ID, "name": s.cfg.Bot.Name, "icon": nil, "description": "", "type": nil,
		"flags": 0, "flags_new": "0", "bot_public": false, "bot_require_code_grant": false, "verify_key": "",
		"bot": s.cfg.Bot.user(), "owner": owner.user(), "team": nil, "redirect_uris": []string{}, "eligible_oauth2_scopes": []string{},
		"interactions_endpoint_url": nil, "role_connections_verification_url": nil, "explicit_content_filter": 0,
		"approximate_guild_count": 1, "approximate_user_install_count": 0, "approximate_user_authorization_count": 0}
}
