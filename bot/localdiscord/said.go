package localdiscord

import (
	"strings"
	"time"
)

// Text is something that somebody could read at some moment: one version of a
// message, a thread's name, or a list of autocomplete choices.
type Text struct {
	At        time.Time
	ChannelID string
	Channel   string   // its name
	MessageID string   // empty for names and choices
	Readers   []string // ids of the people who could see it
	Text      string
}

// Texts returns everything that anyone could ever read, oldest first: all
// versions of all messages (deleted and ephemeral ones too) with their embeds,
// buttons and text attachments. A test searches it for secrets and spoilers.
func (s *Server) Texts() []Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Text(nil), s.said...)
}

// record wants s.mu held.
func (s *Server) record(c *channel, m *Message) {
	parts := []string{m.Content}
	for i := range m.Embeds {
		parts = append(parts, m.Embeds[i].texts()...)
	}
	for _, row := range m.Components {
		for _, comp := range row.Components {
			parts = append(parts, comp.Label, comp.CustomID, comp.URL, comp.Placeholder)
			for _, o := range comp.Options {
				parts = append(parts, o.Label, o.Value, o.Description)
			}
		}
	}
	for _, a := range m.uploads {
		parts = append(parts, a.Filename, a.Description)
		if f := s.files[a.ID]; strings.HasPrefix(f.contentType, "text/") || strings.Contains(f.contentType, "json") {
			parts = append(parts, string(f.data))
		}
	}
	s.say(c, m.ID, func(p Person) bool { return s.sees(p, c, m) }, parts)
}

func (s *Server) say(c *channel, messageID string, may func(Person) bool, parts []string) {
	var readers []string
	for _, p := range s.people {
		if may(p) {
			readers = append(readers, p.ID)
		}
	}
	var b strings.Builder
	for _, part := range parts {
		if part != "" {
			b.WriteString(part + "\n")
		}
	}
	s.said = append(s.said, Text{
		At: s.now(), ChannelID: c.ID, Channel: c.Name, MessageID: messageID, Readers: readers, Text: b.String(),
	})
}
