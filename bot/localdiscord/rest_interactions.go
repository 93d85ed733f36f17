package localdiscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Callback types, Discord's numbers. Modals (9) are not supported.
const (
	callbackMessage      = 4
	callbackDefer        = 5
	callbackDeferUpdate  = 6
	callbackUpdate       = 7
	callbackAutocomplete = 8
)

// callbacks lists which types may answer which kind of interaction.
var callbacks = map[int][]int{
	kindCommand:      {callbackMessage, callbackDefer},
	kindComponent:    {callbackMessage, callbackDefer, callbackDeferUpdate, callbackUpdate},
	kindAutocomplete: {callbackAutocomplete},
}

func (s *Server) answerInteraction(r *http.Request) (any, error) {
	var body struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	files, err := readBody(r, &body)
	if err != nil {
		return nil, err
	}
	var p payload
	if err := decode(body.Data, &p); err != nil {
		return nil, err
	}
	p.files = files
	if err := p.check(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.interactions[r.PathValue("token")]
	switch {
	case !ok || i.id != r.PathValue("id") || i.state == failed:
		return nil, errUnknownInteraction
	case i.state == answered:
		return nil, errAnswered
	}
	if !slices.Contains(callbacks[i.kind], body.Type) {
		var f form
		f.choice("type", strings.Trim(fmt.Sprint(callbacks[i.kind]), "[]"))
		return nil, f.err()
	}
	if err := s.answer(i, body.Type, &p, s.base(r)); err != nil {
		return nil, err
	}
	i.state = answered
	i.timer.Stop()
	if body.Type == callbackDefer {
		i.timer = s.after(tokenLife, i, func() bool { return i.original.Loading })
	}
	s.tellInteraction(i, "acknowledged", "")
	if r.URL.Query().Get("with_response") != "true" {
		return nil, nil
	}
	resource := map[string]any{"type": body.Type}
	if i.original != nil && body.Type != callbackDefer && body.Type != callbackDeferUpdate {
		resource["message"] = i.original.wire()
	}
	return map[string]any{
		"interaction": map[string]any{"id": i.id, "type": i.kind},
		"resource":    resource,
	}, nil
}

// answer does what the callback asks for. A refusal changes nothing.
func (s *Server) answer(i *interaction, kind int, p *payload, base string) error {
	switch kind {
	case callbackMessage:
		m := s.answerDraft(i, p.Flags.Value)
		if err := s.compose(m, p, base); err != nil {
			return err
		}
		i.original = m
		s.post(i.channel, m)
	case callbackDefer:
		m := s.answerDraft(i, p.Flags.Value)
		m.Flags |= FlagLoading
		m.Loading = true
		i.original = m
		s.post(i.channel, m)
	case callbackDeferUpdate:
		i.original = i.source
	case callbackUpdate:
		i.original = i.source
		_, err := s.edit(i.channel, i.source, p, base)
		return err
	case callbackAutocomplete:
		var f form
		checkChoices(&f, "data.choices", p.Choices)
		if err := f.err(); err != nil {
			return err
		}
		var names []string
		for _, c := range p.Choices {
			names = append(names, c.Name)
		}
		s.say(i.channel, "", func(p Person) bool { return p.ID == i.by.ID }, names)
		i.choices <- p.Choices
	}
	return nil
}
