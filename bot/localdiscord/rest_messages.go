package localdiscord

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// nonceMemory is how long enforce_nonce finds the earlier message. Discord
// says "the past few minutes".
const nonceMemory = 2 * time.Minute

// nonce is unique for the author, whatever the channel.
type nonce struct {
	channelID, messageID string
	at                   time.Time
}

func (s *Server) createMessage(r *http.Request) (any, error) {
	p, err := readPayload(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(r.PathValue("channel"))
	if err != nil {
		return nil, err
	}
	if err := s.mayPost(c); err != nil {
		return nil, err
	}
	key := p.nonceKey()
	if n, ok := s.nonces[key]; ok && p.EnforceNonce && s.now().Sub(n.at) < nonceMemory {
		_, m, err := s.locate(n.channelID, n.messageID)
		if err != nil {
			return nil, err // deleted meanwhile: unknown, by Discord's design
		}
		return m.wire(), nil
	}
	m := s.draft(c, s.cfg.Bot)
	m.Nonce = p.Nonce
	if err := s.reply(c, m, &p); err != nil {
		return nil, err
	}
	if err := s.compose(m, &p, s.base(r)); err != nil {
		return nil, err
	}
	if p.EnforceNonce && key != "" {
		maps.DeleteFunc(s.nonces, func(_ string, n nonce) bool { return s.now().Sub(n.at) >= nonceMemory })
		s.nonces[key] = nonce{c.ID, m.ID, s.now()}
	}
	s.post(c, m)
	return m.wire(), nil
}

// mayPost: the bot may write everywhere but to people who closed their DMs
// and into locked threads.
func (s *Server) mayPost(c *channel) error {
	switch {
	case c.Type == DMChannel && s.dmsClosed[c.Recipients[0]]:
		return errDMsClosed
	case c.Type == PublicThread && c.ThreadMetadata.Locked:
		return errThreadLocked
	}
	return nil
}

// reply checks the message that m answers.
func (s *Server) reply(c *channel, m *Message, p *payload) error {
	if p.MessageReference == nil {
		return nil
	}
	if _, err := c.publicMessage(p.MessageReference.MessageID); err != nil {
		var f form
		f.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
		return f.err()
	}
	m.Type = 19
	m.MessageReference = &MessageReference{MessageID: p.MessageReference.MessageID, ChannelID: c.ID, GuildID: c.GuildID}
	return nil
}

func (s *Server) editMessage(r *http.Request) (any, error) {
	p, err := readPayload(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m, err := s.locate(r.PathValue("channel"), r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	if m.Author.ID != s.cfg.Bot.ID {
		return nil, errNotAuthor
	}
	if c.Type == PublicThread && c.ThreadMetadata.Archived {
		return nil, errArchived
	}
	return s.edit(c, m, &p, s.base(r))
}

// edit replaces m's content by a merge of m and p.
func (s *Server) edit(c *channel, m *Message, p *payload, base string) (any, error) {
	next := *m
	if err := s.compose(&next, p, base); err != nil {
		return nil, err
	}
	next.Loading, next.Flags = false, next.Flags&^FlagLoading
	if !m.Loading { // the answer that was awaited is not an edit
		next.EditedTimestamp = new(s.now().UTC().Truncate(time.Millisecond))
	}
	*m = next
	s.changed(c, m)
	return m.wire(), nil
}

func (s *Server) getMessage(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, m, err := s.locate(r.PathValue("channel"), r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	return m.wire(), nil
}

func (s *Server) deleteMessage(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m, err := s.locate(r.PathValue("channel"), r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	if m.Author.ID != s.cfg.Bot.ID {
		return nil, errMissingPermissions // would need MANAGE_MESSAGES
	}
	s.remove(c, m)
	return nil, nil
}

// listMessages returns the newest first, as Discord does.
func (s *Server) listMessages(r *http.Request) (any, error) {
	q := r.URL.Query()
	limit := 50
	if raw := q.Get("limit"); raw != "" {
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 || n > 100 {
			var f form
			f.add("limit", "NUMBER_TYPE_RANGE", "int value should be between 1 and 100.")
			return nil, f.err()
		}
		limit = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.channel(r.PathValue("channel"))
	if err != nil {
		return nil, err
	}
	var all []Message
	for _, m := range c.messages {
		if m.EphemeralFor == "" && newer(m.ID, q.Get("after")) && (q.Get("before") == "" || newer(q.Get("before"), m.ID)) {
			all = append(all, m.wire())
		}
	}
	if q.Get("after") != "" { // counted from there, not from the end
		all = all[:min(limit, len(all))]
	}
	all = all[max(0, len(all)-limit):]
	slices.Reverse(all)
	return append([]Message{}, all...), nil
}

// newer compares snowflakes; everything is newer than none.
func newer(a, b string) bool {
	return len(a) > len(b) || len(a) == len(b) && a > b
}

func (s *Server) pin(on bool) endpoint {
	return func(r *http.Request) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c, m, err := s.locate(r.PathValue("channel"), r.PathValue("message"))
		if err != nil {
			return nil, err
		}
		m.Pinned = on
		s.changed(c, m)
		return nil, nil
	}
}

// typing also serves joining a thread: both change nothing that people see.
func (s *Server) typing(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.channel(r.PathValue("channel"))
	return nil, err
}
