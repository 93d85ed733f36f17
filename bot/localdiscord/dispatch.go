package localdiscord

import "strings"

// Everything in this file wants s.mu held.

// dispatch sends an event to every session with one of the intents; 0 means
// to all.
func (s *Server) dispatch(intents int, kind string, data any) {
	for _, n := range s.sessions {
		if intents == 0 || n.intents&intents != 0 {
			n.add(kind, data)
		}
	}
}

func messageIntent(c *channel) int {
	if c.Type == DMChannel {
		return intentDMs
	}
	return intentMessages
}

// dispatchMessage sends a message event. Bots never hear of ephemeral ones,
// and read other people's words only in direct messages, where they are
// mentioned, or with the message content intent.
func (s *Server) dispatchMessage(kind string, c *channel, m *Message) {
	if m.EphemeralFor != "" {
		return
	}
	type event struct {
		Message
		GuildID string  `json:"guild_id,omitempty"`
		Member  *member `json:"member,omitempty"`
	}
	full := event{Message: m.wire(), GuildID: c.GuildID}
	if p, ok := s.person(m.Author.ID); ok && c.GuildID != "" {
		full.Member = new(s.member(p))
		full.Member.User = nil // Discord leaves it out: it is the author
	}
	bare := full
	bare.Content, bare.Embeds, bare.Components, bare.Attachments = "", []Embed{}, []Component{}, []Attachment{}
	mine := m.Author.ID == s.cfg.Bot.ID || c.Type == DMChannel || strings.Contains(m.Content, "<@"+s.cfg.Bot.ID+">")
	for _, n := range s.sessions {
		switch {
		case n.intents&messageIntent(c) == 0:
		case mine || n.intents&intentMessageContent != 0:
			n.add(kind, full)
		default:
			n.add(kind, bare)
		}
	}
}
