package localdiscord

import (
	"slices"
	"strconv"
	"time"
)

// Everything in this file wants s.mu held.

// channel is a Channel and what was said in it, ephemeral messages included.
type channel struct {
	Channel
	messages []*Message
}

// newID returns the next snowflake: Discord's epoch, ever growing.
func (s *Server) newID() string {
	const epoch = 1420070400000 // 2015-01-01, milliseconds
	id := (s.now().UnixMilli() - epoch) << 22
	s.lastID = max(id, s.lastID+1)
	return strconv.FormatInt(s.lastID, 10)
}

// person finds a member of the guild, the bot among them.
func (s *Server) person(id string) (Person, bool) {
	if id == s.cfg.Bot.ID {
		return s.cfg.Bot, true
	}
	i := slices.IndexFunc(s.people, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Person{}, false
	}
	return s.people[i], true
}

func (s *Server) channel(id string) (*channel, error) {
	i := slices.IndexFunc(s.channels, func(c *channel) bool { return c.ID == id })
	if i < 0 {
		return nil, errUnknownChannel
	}
	return s.channels[i], nil
}

// message finds a message of c, ephemeral ones too.
func (c *channel) message(id string) (*Message, error) {
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.ID == id })
	if i < 0 {
		return nil, errUnknownMessage
	}
	return c.messages[i], nil
}

// publicMessage finds what Discord's channel routes can see.
func (c *channel) publicMessage(id string) (*Message, error) {
	m, err := c.message(id)
	if err == nil && m.EphemeralFor != "" {
		return nil, errUnknownMessage
	}
	return m, err
}

// locate finds a channel and one of its public messages.
func (s *Server) locate(channelID, messageID string) (*channel, *Message, error) {
	c, err := s.channel(channelID)
	if err != nil {
		return nil, nil, err
	}
	m, err := c.publicMessage(messageID)
	return c, m, err
}

// dm returns the direct channel of a person, created when it is first asked
// for.
func (s *Server) dm(person string) *channel {
	for _, c := range s.channels {
		if c.Type == DMChannel && slices.Contains(c.Recipients, person) {
			return c
		}
	}
	c := &channel{Channel: Channel{ID: s.newID(), Name: s.cfg.Bot.Name, Type: DMChannel, Recipients: []string{person}}}
	s.channels = append(s.channels, c)
	s.announceChannel(c)
	return c
}

// opens tells whether p may see c and, for a thread, its parent.
func (s *Server) opens(p Person, c *channel) bool {
	if p.Role == Bot {
		return true
	}
	switch c.Type {
	case DMChannel:
		return slices.Contains(c.Recipients, p.ID)
	case PublicThread:
		parent, err := s.channel(c.ParentID)
		return err == nil && s.opens(p, parent)
	default:
		return !c.AdminsOnly || p.Role == Admin
	}
}

// sees tells whether p may read m in c.
func (s *Server) sees(p Person, c *channel, m *Message) bool {
	return s.opens(p, c) && (m.EphemeralFor == "" || m.EphemeralFor == p.ID)
}

// post appends a message and tells everyone who may see it.
func (s *Server) post(c *channel, m *Message) {
	c.messages = append(c.messages, m)
	c.LastMessageID = m.ID
	s.record(c, m)
	s.dispatchMessage("MESSAGE_CREATE", c, m)
	s.tellMessage("message", c, m)
	if c.Type == PublicThread && m.EphemeralFor == "" {
		c.MessageCount++
		c.TotalMessageSent++
		c.ThreadMetadata = s.unarchived(c)
		s.announceChannel(c)
	}
}

// unarchived: a new message opens an archived thread again.
func (s *Server) unarchived(c *channel) *ThreadMetadata {
	meta := *c.ThreadMetadata
	if meta.Archived {
		meta.Archived, meta.ArchiveTimestamp = false, s.now()
	}
	return &meta
}

// changed tells of a message that is different now.
func (s *Server) changed(c *channel, m *Message) {
	s.record(c, m)
	s.dispatchMessage("MESSAGE_UPDATE", c, m)
	s.tellMessage("message_update", c, m)
}

// remove deletes a message and its files.
func (s *Server) remove(c *channel, m *Message) {
	c.messages = slices.DeleteFunc(c.messages, func(x *Message) bool { return x == m })
	for _, a := range m.uploads {
		delete(s.files, a.ID)
	}
	gone := map[string]string{"id": m.ID, "channel_id": c.ID}
	s.tell("message_delete", gone, func(p Person) bool { return s.sees(p, c, m) })
	if m.EphemeralFor == "" {
		if c.GuildID != "" {
			gone["guild_id"] = c.GuildID
		}
		s.dispatch(messageIntent(c), "MESSAGE_DELETE", gone)
	}
	if c.Type == PublicThread && m.EphemeralFor == "" {
		c.MessageCount--
		s.announceChannel(c)
	}
}

// announceChannel tells people of a new or changed channel, and keeps the copy
// that hangs on a thread's first message true.
func (s *Server) announceChannel(c *channel) {
	if parent, err := s.channel(c.ParentID); err == nil {
		if m, err := parent.message(c.ID); err == nil {
			m.Thread = new(c.Channel)
		}
	}
	s.tell("channel", c.Channel, func(p Person) bool { return s.opens(p, c) })
}

// draft is an empty message of the author, with every list present: Discord
// never sends null for one.
func (s *Server) draft(c *channel, author Person) *Message {
	return &Message{
		ID: s.newID(), ChannelID: c.ID, Author: author.user(), Timestamp: s.now().UTC().Truncate(time.Millisecond),
		Mentions: []User{}, MentionRoles: []string{}, Embeds: []Embed{}, Components: []Component{}, Attachments: []Attachment{},
	}
}
