package localdiscord

import (
	"fmt"
	"mime"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is an attachment's content.
type file struct {
	name, contentType string
	data              []byte
}

// compose merges a checked body into m: fields that the body does not set
// stay. m is a draft or a copy, so that a refusal changes nothing. It wants
// s.mu held.
func (s *Server) compose(m *Message, p *payload, base string) error {
	if p.Content.Set {
		m.Content = p.Content.Value
	}
	if p.Embeds.Set {
		m.Embeds = append([]Embed{}, p.Embeds.Value...)
	}
	if p.Components.Set {
		m.Components = append([]Component{}, p.Components.Value...)
	}
	const settable = FlagSuppressEmbeds | FlagSuppressNotifications
	if p.Flags.Set {
		m.Flags = m.Flags&^settable | p.Flags.Value&settable
	}
	s.mention(m, p.AllowedMentions)
	kept, err := keep(m.uploads, p)
	if err != nil {
		return err
	}
	if m.empty() && len(kept) == 0 && len(p.files) == 0 {
		return errEmptyMessage
	}
	s.attach(m, kept, p, base)
	return nil
}

func (m *Message) empty() bool {
	return m.Content == "" && len(m.Components) == 0 &&
		!slices.ContainsFunc(m.Embeds, func(e Embed) bool { return !e.empty() })
}

// keep returns the attachments that an edit leaves on the message.
func keep(old []Attachment, p *payload) ([]Attachment, error) {
	kept := slices.Clone(old)
	if p.Attachments.Set {
		kept = slices.DeleteFunc(kept, func(a Attachment) bool {
			return !slices.ContainsFunc(p.Attachments.Value, func(r attachmentRef) bool { return r.id() == a.ID })
		})
	}
	if len(kept)+len(p.files) > maxAttachments {
		return nil, errTooManyAttachments
	}
	return kept, nil
}

// attach stores the uploads and points attachment:// URLs of embeds at them.
// A file that an embed shows is not listed as an attachment as well.
func (s *Server) attach(m *Message, kept []Attachment, p *payload, base string) {
	m.uploads = slices.Clone(kept)
	for _, u := range p.files {
		a := s.store(m.ChannelID, u, base)
		for _, ref := range p.Attachments.Value {
			if ref.id() == strconv.Itoa(u.n) {
				a.Description = ref.Description
			}
		}
		m.uploads = append(m.uploads, a)
	}
	shown := map[string]bool{}
	for i := range m.Embeds {
		for _, shows := range m.Embeds[i].media() {
			for _, a := range m.uploads {
				if *shows == "attachment://"+a.Filename || *shows == a.URL {
					*shows, shown[a.ID] = a.URL, true
				}
			}
		}
	}
	m.Attachments = []Attachment{}
	for _, a := range m.uploads {
		if !shown[a.ID] {
			m.Attachments = append(m.Attachments, a)
		}
	}
}

func (s *Server) store(channelID string, u upload, base string) Attachment {
	name := strings.ReplaceAll(path.Base(u.name), " ", "_")
	kind := u.contentType
	if kind == "" || kind == "application/octet-stream" {
		kind = mime.TypeByExtension(path.Ext(name))
	}
	id := s.newID()
	s.files[id] = file{name: name, contentType: kind, data: u.data}
	link := fmt.Sprintf("%s/cdn/attachments/%s/%s/%s", base, channelID, id, url.PathEscape(name))
	return Attachment{ID: id, Filename: name, Size: len(u.data), URL: link, ProxyURL: link, ContentType: kind}
}
