package localdiscord

import (
	"net/http"
	"slices"
	"strconv"
)

// wireChannel is the channel as Discord's interfaces show it.
type wireChannel struct {
	Channel
	Recipients           []User           `json:"recipients,omitempty"`
	PermissionOverwrites []map[string]any `json:"permission_overwrites,omitempty"`
	NSFW                 bool             `json:"nsfw"`
}

func (s *Server) wireChannel(c *channel) wireChannel {
	w := wireChannel{Channel: c.Channel}
	for _, id := range c.Recipients {
		if p, ok := s.person(id); ok {
			w.Recipients = append(w.Recipients, p.user())
		}
	}
	for _, o := range s.overwrites(c) {
		kind := 0
		if o.Member {
			kind = 1
		}
		w.PermissionOverwrites = append(w.PermissionOverwrites, map[string]any{"id": o.ID, "type": kind,
			"allow": strconv.FormatInt(o.Allow, 10), "deny": strconv.FormatInt(o.Deny, 10)})
	}
	return w
}

// overwrites are a channel's own, and those that hide it. Discord keeps one for
// each role and member.
func (s *Server) overwrites(c *channel) []Overwrite {
	list := slices.Clone(c.Overwrites)
	add := func(o Overwrite) {
		for i, have := range list {
			if have.ID == o.ID {
				list[i].Allow, list[i].Deny = (have.Allow|o.Allow)&^have.Deny, have.Deny|o.Deny
				return
			}
		}
		list = append(list, o)
	}
	if !c.AdminsOnly {
		return list
	}
	add(Overwrite{ID: s.cfg.Guild.ID, Deny: permissionViewChannel})
	add(Overwrite{ID: s.cfg.Bot.ID, Member: true, Allow: permissionViewChannel})
	for _, r := range s.cfg.Guild.Roles {
		if r.Holders == Admin {
			add(Overwrite{ID: r.ID, Allow: permissionViewChannel})
		}
	}
	return list
}

func (s *Server) wireChannels() (channels, threads []wireChannel) {
	channels, threads = []wireChannel{}, []wireChannel{}
	for _, c := range s.channels {
		switch {
		case c.Type == TextChannel:
			channels = append(channels, s.wireChannel(c))
		case c.Type == PublicThread && !c.ThreadMetadata.Archived:
			threads = append(threads, s.wireChannel(c))
		}
	}
	return channels, threads
}

func (s *Server) getChannel(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(r.PathValue("channel"))
	if err != nil {
		return nil, err
	}
	return s.wireChannel(c), nil
}

func (s *Server) getGuildChannels(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	channels, _ := s.wireChannels()
	return channels, s.checkGuild(r)
}

func (s *Server) getActiveThreads(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, threads := s.wireChannels()
	return map[string]any{"threads": threads, "members": []any{}, "has_more": false}, s.checkGuild(r)
}

func (s *Server) createDM(r *http.Request) (any, error) {
	var body struct {
		RecipientID string `json:"recipient_id"`
	}
	if _, err := readBody(r, &body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.person(body.RecipientID)
	if !ok {
		return nil, errUnknownUser
	}
	if p.Role == Bot {
		return nil, errDMsClosed
	}
	return s.wireChannel(s.dm(p.ID)), nil
}

// deleteChannel would need MANAGE_CHANNELS or MANAGE_THREADS, which the bot
// does not ask for.
func (s *Server) deleteChannel(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.channel(r.PathValue("channel")); err != nil {
		return nil, err
	}
	return nil, errMissingPermissions
}
