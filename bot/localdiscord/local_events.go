package localdiscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Event is one line of a person's stream. Type says what Data holds: message
// and message_update a Message, message_delete {id, channel_id}, channel a
// Channel, commands []ApplicationCommand, online a bool, interaction an
// InteractionEvent.
type Event struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// InteractionEvent tells how far an interaction is: sent, acknowledged or
// failed.
type InteractionEvent struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// subscriber is one open stream.
type subscriber struct {
	person Person
	out    *mailbox
}

// keepAlive is how often an idle stream says something, for proxies and for
// noticing that the reader has gone.
const keepAlive = 15 * time.Second

// tell sends an event to the streams of everyone who may see it. It wants
// s.mu held, so all streams see events in one order.
func (s *Server) tell(kind string, data any, may func(Person) bool) {
	var line []byte
	for sub := range s.subscribers {
		if !may(sub.person) {
			continue
		}
		if line == nil {
			b, err := json.Marshal(map[string]any{"type": kind, "data": data})
			if err != nil {
				panic(err) // our own types
			}
			line = fmt.Appendf(nil, "data: %s\n\n", b)
		}
		sub.out.put(line)
	}
}

// tellMessage sends the message as its readers see it.
func (s *Server) tellMessage(kind string, c *channel, m *Message) {
	s.tell(kind, *m, func(p Person) bool { return s.sees(p, c, m) })
}

func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.reader(r.URL.Query().Get("as"))
	if !ok || s.closed {
		s.mu.Unlock()
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "no such person"})
		return
	}
	sub := &subscriber{person: p, out: newMailbox()}
	s.subscribers[sub] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.subscribers, sub)
		s.mu.Unlock()
	}()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	say := func(b []byte) bool {
		_, err := w.Write(b)
		return err == nil
	}
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for alive := say([]byte(": connected\n\n")); alive; {
		for _, line := range sub.out.take() {
			alive = alive && say(line)
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-sub.out.wake:
		case <-tick.C:
			alive = alive && say([]byte(": still here\n\n"))
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
	}
}
