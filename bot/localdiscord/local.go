package localdiscord

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// State is all that one person may see.
type State struct {
	Guild    Guild                `json:"guild"`
	Me       Person               `json:"me"`
	People   []Person             `json:"people"`
	Bot      Person               `json:"bot"`
	Channels []Channel            `json:"channels"`
	Messages map[string][]Message `json:"messages"` // by channel id, oldest first
	Commands []ApplicationCommand `json:"commands"`
	Tabs     []TabLink            `json:"tabs"`
	Online   bool                 `json:"online"` // is a bot logged in
}

// TabLink is where a [Tab] is found.
type TabLink struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Path  string `json:"path"`
}

// ask is the body of every request that a person makes.
type ask struct {
	As        string   `json:"as"`
	ChannelID string   `json:"channel_id"`
	Name      string   `json:"name"`
	Options   []Value  `json:"options"`
	MessageID string   `json:"message_id"`
	CustomID  string   `json:"custom_id"`
	Values    []string `json:"values"` // of a select menu
	Content   string   `json:"content"`
}

func (s *Server) localRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /local/state", s.serveState)
	mux.HandleFunc("GET /local/events", s.serveEvents)
	post := func(path string, act func(*http.Request, ask, Person, *channel) (any, error)) {
		mux.HandleFunc("POST /local/"+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := s.asked(r, act)
			if err != nil {
				writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			writeJSON(w, http.StatusOK, body)
		})
	}
	post("commands", s.localCommand)
	post("autocomplete", s.localAutocomplete)
	post("components", s.localComponent)
	post("messages", s.localMessage)
}

// sentence is an error that the page shows as it is to whoever pressed.
type sentence string

func (s sentence) Error() string { return string(s) }

// asked reads a person's request and finds the person and the channel, which
// must be one that the person sees. JSON is required by name: a form on
// another web site cannot send that without being asked first.
func (s *Server) asked(r *http.Request, act func(*http.Request, ask, Person, *channel) (any, error)) (any, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return nil, errors.New("send application/json")
	}
	var a ask
	if err := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20)).Decode(&a); err != nil {
		return nil, fmt.Errorf("read request: %w", err)
	}
	s.mu.Lock()
	p, ok := s.reader(a.As)
	c, err := s.channel(a.ChannelID)
	visible := ok && err == nil && s.opens(p, c)
	s.mu.Unlock()
	if !visible {
		return nil, fmt.Errorf("%q sees no channel %q", a.As, a.ChannelID)
	}
	return act(r, a, p, c)
}

// reader finds a person by id or by name: a page that nobody has told who is
// there begins with a name.
func (s *Server) reader(as string) (Person, bool) {
	i := slices.IndexFunc(s.people, func(p Person) bool { return p.ID == as || p.Name == as })
	if i < 0 {
		return Person{}, false
	}
	return s.people[i], true
}

func (s *Server) serveState(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	p, ok := s.reader(r.URL.Query().Get("as"))
	st := s.state(p)
	s.mu.Unlock()
	if !ok {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": "no such person"})
		return
	}
	writeJSON(w, http.StatusOK, st)
}

func (s *Server) state(p Person) State {
	st := State{Guild: s.cfg.Guild, Me: p, People: s.people, Bot: s.cfg.Bot, Channels: []Channel{},
		Messages: map[string][]Message{}, Commands: s.commandsFor(p), Tabs: []TabLink{}, Online: s.online()}
	for _, c := range s.channels {
		if !s.opens(p, c) {
			continue
		}
		st.Channels = append(st.Channels, c.Channel)
		list := []Message{}
		for _, m := range c.messages {
			if s.sees(p, c, m) {
				list = append(list, *m)
			}
		}
		st.Messages[c.ID] = list
	}
	for _, t := range s.cfg.Tabs {
		st.Tabs = append(st.Tabs, TabLink{t.Name, t.Title, "/tabs/" + t.Name + "/"})
	}
	return st
}

func (s *Server) localCommand(_ *http.Request, a ask, p Person, c *channel) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, data, err := s.invocation(p, c, a.Name, a.Options, false)
	if err != nil {
		return nil, err
	}
	i := &interaction{kind: kindCommand, by: p, channel: c, name: name}
	s.interact(i, data)
	return map[string]string{"interaction_id": i.id}, nil
}

func (s *Server) localAutocomplete(r *http.Request, a ask, p Person, c *channel) (any, error) {
	i := &interaction{kind: kindAutocomplete, by: p, channel: c, choices: make(chan []Choice, 1)}
	s.mu.Lock()
	_, data, err := s.invocation(p, c, a.Name, a.Options, true)
	if err == nil {
		s.interact(i, data)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case choices := <-i.choices:
		return map[string]any{"choices": append([]Choice{}, choices...)}, nil
	case <-time.After(answerTime):
		return nil, errors.New("loading options failed")
	case <-s.done:
		return nil, errors.New("closed")
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (s *Server) localComponent(_ *http.Request, a ask, p Person, c *channel) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := c.message(a.MessageID)
	if err != nil || !s.sees(p, c, m) {
		return nil, sentence("This message is not there any more.")
	}
	comp, ok := m.FindComponent(a.CustomID)
	if !ok {
		return nil, sentence("This button is not there any more.")
	}
	if comp.Disabled {
		return nil, sentence("This button cannot be pressed any more.")
	}
	data := map[string]any{"custom_id": a.CustomID, "component_type": comp.Type, "id": comp.ID}
	if comp.Type == StringSelect {
		data["values"] = append([]string{}, a.Values...)
	}
	i := &interaction{kind: kindComponent, by: p, channel: c, source: m}
	s.interact(i, data)
	return map[string]string{"interaction_id": i.id}, nil
}

func (s *Server) localMessage(_ *http.Request, a ask, p Person, c *channel) (any, error) {
	content := strings.TrimSpace(a.Content)
	if content == "" || len([]rune(content)) > 2000 {
		return nil, errors.New("a message has 1 to 2000 characters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.draft(c, p)
	m.Content = content
	s.mention(m, nil)
	s.post(c, m)
	return *m, nil
}
