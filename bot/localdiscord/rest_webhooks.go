package localdiscord

import "net/http"

// followed finds the interaction behind a webhook token. Before the first
// answer the webhook does not exist; after 15 minutes its token is dead.
func (s *Server) followed(r *http.Request) (*interaction, error) {
	i, ok := s.interactions[r.PathValue("token")]
	switch {
	case r.PathValue("application") != s.cfg.Bot.ID:
		return nil, errUnknownWebhook
	case !ok || s.now().Sub(i.born) > tokenLife:
		return nil, errInvalidToken
	case i.state != answered || i.kind == kindAutocomplete:
		return nil, errUnknownWebhook
	}
	return i, nil
}

// target finds the message that a webhook route names: @original, or one of
// the interaction's follow-ups.
func (i *interaction) target(id string) (*Message, error) {
	if id == "@original" {
		if i.original == nil {
			return nil, errUnknownMessage
		}
		return i.channel.message(i.original.ID)
	}
	m, err := i.channel.message(id)
	if err != nil {
		return nil, err
	}
	own := m.InteractionMetadata != nil && m.InteractionMetadata.ID == i.id
	if !own && m != i.original {
		return nil, errUnknownMessage
	}
	return m, nil
}

// createFollowUp posts one more answer. The first one after a defer fills the
// deferred message instead, as Discord still does.
func (s *Server) createFollowUp(r *http.Request) (any, error) {
	p, err := readPayload(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.followed(r)
	if err != nil {
		return nil, err
	}
	if i.original != nil && i.original.Loading {
		return s.edit(i.channel, i.original, &p, s.base(r))
	}
	m := s.answerDraft(i, p.Flags.Value)
	m.Type = 0
	if i.original != nil {
		m.Type = 19
		m.MessageReference = &MessageReference{MessageID: i.original.ID, ChannelID: i.channel.ID, GuildID: i.channel.GuildID}
	}
	if err := s.compose(m, &p, s.base(r)); err != nil {
		return nil, err
	}
	s.post(i.channel, m)
	return m.wire(), nil
}

func (s *Server) getFollowUp(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.followed(r)
	if err != nil {
		return nil, err
	}
	m, err := i.target(r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	return m.wire(), nil
}

func (s *Server) editFollowUp(r *http.Request) (any, error) {
	p, err := readPayload(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.followed(r)
	if err != nil {
		return nil, err
	}
	m, err := i.target(r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	return s.edit(i.channel, m, &p, s.base(r))
}

func (s *Server) deleteFollowUp(r *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.followed(r)
	if err != nil {
		return nil, err
	}
	m, err := i.target(r.PathValue("message"))
	if err != nil {
		return nil, err
	}
	s.remove(i.channel, m)
	return nil, nil
}
