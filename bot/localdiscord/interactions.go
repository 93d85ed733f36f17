package localdiscord

import (
	"crypto/rand"
	"strconv"
	"time"
)

const (
	// answerTime is how long Discord waits for the first answer.
	answerTime = 3 * time.Second
	// tokenLife is how long an answered interaction may be followed up.
	tokenLife = 15 * time.Minute
)

// notResponding is what Discord's client shows under a command that nobody
// answered.
const notResponding = "The application did not respond"

// Interaction types, Discord's numbers.
const (
	kindCommand      = 2
	kindComponent    = 3
	kindAutocomplete = 4
)

type interactionState int

const (
	waiting interactionState = iota
	answered
	failed
)

// interaction is one thing that a person did and the bot has to answer.
type interaction struct {
	id, token string
	kind      int
	by        Person
	channel   *channel
	source    *Message // the message whose component was pressed
	name      string   // of the command
	born      time.Time
	state     interactionState
	original  *Message      // what @original means; nil before the answer
	choices   chan []Choice // autocomplete: where the page waits
	timer     *time.Timer
}

// Everything below wants s.mu held.

// interact sends an interaction to the bot and starts its clock.
func (s *Server) interact(i *interaction, data map[string]any) {
	for token, old := range s.interactions {
		if s.now().Sub(old.born) > tokenLife+time.Minute {
			delete(s.interactions, token)
		}
	}
	i.id, i.token, i.born = s.newID(), "local."+rand.Text()+rand.Text(), s.now()
	s.interactions[i.token] = i
	i.timer = s.after(answerTime, i, func() bool { return i.state == waiting })
	s.tellInteraction(i, "sent", "")
	s.dispatch(0, "INTERACTION_CREATE", s.wireInteraction(i, data))
}

// after fails the interaction when it is still open then.
func (s *Server) after(d time.Duration, i *interaction, open func() bool) *time.Timer {
	return time.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if open() && !s.closed {
			i.state = failed
			s.tellInteraction(i, "failed", notResponding)
		}
	})
}

// wireInteraction is Discord's interaction object.
func (s *Server) wireInteraction(i *interaction, data map[string]any) map[string]any {
	d := map[string]any{
		"id": i.id, "application_id": s.cfg.Bot.ID, "type": i.kind, "token": i.token, "version": 1, "data": data,
		"channel_id": i.channel.ID, "channel": s.wireChannel(i.channel), "locale": "en-US", "entitlements": []any{},
		"app_permissions":       strconv.Itoa(botPermissions),
		"attachment_size_limit": maxFile, "authorizing_integration_owners": s.owners(i),
	}
	if i.channel.Type == DMChannel {
		d["user"], d["context"] = i.by.user(), 1
	} else {
		m := s.member(i.by)
		m.Permissions = strconv.FormatInt(i.by.permissions(), 10)
		d["member"], d["context"] = m, 0
		d["guild_id"], d["guild_locale"] = s.cfg.Guild.ID, "en-US"
		d["guild"] = map[string]any{"id": s.cfg.Guild.ID, "locale": "en-US", "features": []string{}}
	}
	if i.source != nil {
		d["message"] = i.source.wire()
	}
	return d
}

// owners: the application is installed for the guild ("0"), which a direct
// message with the bot does not have.
func (s *Server) owners(i *interaction) map[string]string {
	if i.channel.Type == DMChannel {
		return map[string]string{"0": "0"}
	}
	return map[string]string{"0": s.cfg.Guild.ID}
}

// tellInteraction tells the one who typed or pressed how it went.
// Autocomplete has an answer of its own.
func (s *Server) tellInteraction(i *interaction, state, reason string) {
	if i.kind == kindAutocomplete {
		return
	}
	s.tell("interaction", InteractionEvent{ID: i.id, State: state, Reason: reason},
		func(p Person) bool { return p.ID == i.by.ID })
}

// answerDraft is a draft of a message that answers i.
func (s *Server) answerDraft(i *interaction, flags int) *Message {
	m := s.draft(i.channel, s.cfg.Bot)
	m.ApplicationID, m.WebhookID = s.cfg.Bot.ID, s.cfg.Bot.ID
	m.InteractionMetadata = &InteractionMetadata{ID: i.id, Type: i.kind, Name: i.name, User: i.by.user(), Owners: s.owners(i)}
	if i.kind == kindCommand {
		m.Type = 20
	}
	if i.source != nil {
		m.InteractionMetadata.InteractedMessageID = i.source.ID
	}
	if flags&FlagEphemeral != 0 {
		m.Flags |= FlagEphemeral
		m.EphemeralFor = i.by.ID
	}
	return m
}
