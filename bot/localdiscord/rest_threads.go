package localdiscord

import (
	"net/http"
	"slices"
	"strings"
)

type threadBody struct {
	Name                *string `json:"name"`
	AutoArchiveDuration *int    `json:"auto_archive_duration"`
	Type                *int    `json:"type"`
	Archived            *bool   `json:"archived"`
	Locked              *bool   `json:"locked"`
	Topic               *string `json:"topic"`
}

func (b threadBody) check(nameRequired bool) error {
	var f form
	if b.Name != nil || nameRequired {
		name := ""
		if b.Name != nil {
			name = strings.TrimSpace(*b.Name)
		}
		f.length("name", name, 1, 100)
	}
	if d := b.AutoArchiveDuration; d != nil && *d != 0 && !slices.Contains([]int{60, 1440, 4320, 10080}, *d) {
		f.choice("auto_archive_duration", "60, 1440, 4320, 10080")
	}
	return f.err()
}

func (s *Server) createThreadOnMessage(r *http.Request) (any, error) {
	var body threadBody
	if _, err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := body.check(true); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m, err := s.locate(r.PathValue("channel"), r.PathValue("message"))
	switch {
	case err != nil:
		return nil, err
	case c.Type != TextChannel:
		return nil, errChannelType
	case m.Thread != nil:
		return nil, errThreadExists
	}
	t := s.thread(c, m.ID, body)
	m.Flags |= FlagHasThread
	s.changed(c, m)
	return created{s.wireChannel(t)}, nil
}

func (s *Server) createThread(r *http.Request) (any, error) {
	var body threadBody
	if _, err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := body.check(true); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(r.PathValue("channel"))
	switch {
	case err != nil:
		return nil, err
	case c.Type != TextChannel:
		return nil, errChannelType
	case body.Type == nil || *body.Type != PublicThread:
		return nil, errMissingPermissions // the default is a private thread, which the bot may not create
	}
	t := s.thread(c, s.newID(), body)
	m := s.draft(c, s.cfg.Bot)
	m.Type = 18 // "started a thread"
	m.Content = t.Name
	m.MessageReference = &MessageReference{ChannelID: t.ID, GuildID: t.GuildID}
	s.post(c, m)
	return created{s.wireChannel(t)}, nil
}

func (s *Server) thread(parent *channel, id string, body threadBody) *channel {
	archive := 4320
	if d := body.AutoArchiveDuration; d != nil && *d != 0 {
		archive = *d
	}
	now := s.now().UTC()
	t := &channel{Channel: Channel{
		ID: id, Name: strings.TrimSpace(*body.Name), Type: PublicThread, ParentID: parent.ID, GuildID: parent.GuildID, OwnerID: s.cfg.Bot.ID, MemberCount: 1,
		ThreadMetadata: &ThreadMetadata{AutoArchiveDuration: archive, ArchiveTimestamp: now, CreateTimestamp: now},
	}}
	s.channels = append(s.channels, t)
	s.say(t, "", func(p Person) bool { return s.opens(p, t) }, []string{t.Name})
	s.dispatch(intentGuilds, "THREAD_CREATE", struct {
		wireChannel
		NewlyCreated bool `json:"newly_created"`
	}{s.wireChannel(t), true})
	s.announceChannel(t)
	return t
}

// editChannel lets the bot rename and archive its own threads. Anything else
// needs permissions that it does not have.
func (s *Server) editChannel(r *http.Request) (any, error) {
	var body threadBody
	if _, err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := body.check(false); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.channel(r.PathValue("channel"))
	switch {
	case err != nil:
		return nil, err
	case t.Type != PublicThread || body.Locked != nil && *body.Locked:
		return nil, errMissingPermissions
	}
	meta := *t.ThreadMetadata
	if body.Name != nil {
		t.Name = strings.TrimSpace(*body.Name)
		s.say(t, "", func(p Person) bool { return s.opens(p, t) }, []string{t.Name})
	}
	if body.AutoArchiveDuration != nil {
		meta.AutoArchiveDuration = *body.AutoArchiveDuration
	}
	if body.Archived != nil {
		meta.Archived, meta.ArchiveTimestamp = *body.Archived, s.now().UTC()
	}
	t.ThreadMetadata = &meta
	s.dispatch(intentGuilds, "THREAD_UPDATE", s.wireChannel(t))
	s.announceChannel(t)
	return s.wireChannel(t), nil
}
