package localdiscord_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The people and channels of the stub.
const (
	stubBot    = "1271000000000000100"
	stubAdmin  = "1271000000000000101"
	stubAna    = "1271000000000000102"
	stubViewer = "1271000000000000103"
	stubAlerts = "1271000000000000021"
	stubOps    = "1271000000000000022"
	stubTalk   = "1271000000000000023"
	stubDM     = "1271000000000000031"
)

type object = map[string]any

// stub serves the page and canned answers of /local/*, so that a test of the
// page decides what happens and when.
type stub struct {
	*httptest.Server
	mu       sync.Mutex
	lastID   int
	online   bool
	channels []object
	messages map[string][]object
	commands []object
	streams  map[chan []byte]string // -> whose stream
	calls    []call
	// answer decides about a posted command or component; nil answers 200.
	answer func(c call) (status int, body object)
}

// call is what the page posted.
type call struct {
	Path string
	Body struct {
		As        string
		ChannelID string `json:"channel_id"`
		MessageID string `json:"message_id"`
		CustomID  string `json:"custom_id"`
		Name      string
		Content   string
		Options   []struct {
			Name    string
			Value   any
			Focused bool
		}
	}
}

func (c call) option(name string) any {
	for _, o := range c.Body.Options {
		if o.Name == name {
			return o.Value
		}
	}
	return nil
}

func newStub(t *testing.T) *stub {
	t.Helper()
	s := &stub{online: true, lastID: 5000, messages: map[string][]object{}, streams: map[chan []byte]string{}}
	s.channels = []object{
		{"id": stubAlerts, "name": "alerts", "type": 0, "position": 0, "topic": "Pages, and what the player does about them"},
		{"id": stubOps, "name": "operations", "type": 0, "position": 1, "topic": "For those who run the round"},
		{"id": stubTalk, "name": "general", "type": 0, "position": 2},
		{"id": stubDM, "name": "", "type": 1, "position": 3, "recipients": []string{stubAna}},
	}
	s.commands = stubCommands()
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(os.DirFS("page")))
	mux.HandleFunc("GET /local/state", s.state)
	mux.HandleFunc("GET /local/events", s.events)
	mux.HandleFunc("POST /local/", s.post)
	mux.HandleFunc("GET /tabs/{name}/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<body style='background:#0c1012;color:#82949a;font-family:sans-serif'><p id=tab>%s</p>", r.PathValue("name"))
	})
	mux.HandleFunc("GET /cdn/{name}", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.PathValue("name"), ".svg") {
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, stubChart)
			return
		}
		fmt.Fprint(w, "# Post-mortem INC-12\n\n**Summary.** A rule went missing.\n\n- [ ] alert on `Revoke` events\n- [x] own the rule <script>window.pwned=1</script>\n")
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

func stubCommands() []object {
	return []object{
		{"name": "provision", "description": "Open a round: build the shop and invite a player", "default_member_permissions": "0", "options": []object{
			{"name": "hours", "description": "Time to live, in hours", "type": 4},
			{"name": "player", "description": "Who will be on call", "type": 6, "required": true},
		}},
		{"name": "inject", "description": "Break one thing in the open round", "default_member_permissions": "0", "options": []object{
			{"name": "scenario", "description": "What to break", "type": 3, "required": true, "autocomplete": true},
			{"name": "reason", "description": "Why, for the ledger", "type": 3},
		}},
		{"name": "destroy", "description": "Close the round and remove everything", "default_member_permissions": "0"},
		{"name": "ack", "description": "Say that you have seen the page"},
		{"name": "hint", "description": "Take the next hint; it counts"},
		{"name": "note", "description": "Write down what you found", "options": []object{{"name": "text", "description": "What you found", "type": 3, "required": true}}},
		{"name": "scoreboard", "description": "Who was how fast", "options": []object{{"name": "of", "description": "Whose numbers", "type": 3, "choices": []object{{"name": "This round", "value": "round"}, {"name": "All rounds", "value": "all"}}}}},
	}
}

func (s *stub) person(id string) object {
	for _, p := range stubPeople() {
		if p["id"] == id {
			return p
		}
	}
	return nil
}

func stubPeople() []object {
	return []object{
		{"id": stubAdmin, "name": "gamemaster", "color": "#e67e22", "role": "admin"},
		{"id": stubAna, "name": "ana", "color": "#2ecc71", "role": "player"},
		{"id": stubViewer, "name": "viewer", "color": "#95a5a6", "role": "viewer"},
	}
}

// sees is the rule of who sees what: the admin's channel, ana's DM, ephemeral messages.
func (s *stub) sees(as, channel string, m object) bool {
	for _, c := range s.channels {
		if c["id"] == channel && c["parent_id"] != nil {
			channel, _ = c["parent_id"].(string)
			break
		}
	}
	if only, ok := m["ephemeral_for"].(string); ok && only != as {
		return false
	}
	return (channel != stubOps || as == stubAdmin) && (channel != stubDM || as == stubAna)
}

func (s *stub) state(w http.ResponseWriter, r *http.Request) {
	as := r.URL.Query().Get("as")
	if s.person(as) == nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"nobody has this id"}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	channels, messages := []object{}, object{}
	for _, c := range s.channels {
		id := c["id"].(string)
		if !s.sees(as, id, nil) {
			continue
		}
		channels = append(channels, c)
		list := []object{}
		for _, m := range s.messages[id] {
			if s.sees(as, id, m) {
				list = append(list, m)
			}
		}
		messages[id] = list
	}
	json.NewEncoder(w).Encode(object{
		"guild": object{"id": "1", "name": "Chaotic Good Scenarios"}, "me": s.person(as), "people": stubPeople(),
		"bot":      object{"id": stubBot, "name": "chaotic-good", "color": "#5865f2", "role": "bot"},
		"channels": channels, "messages": messages, "commands": s.commands, "online": s.online,
		"tabs": []object{{"name": "graphs", "title": "Graphs", "path": "/tabs/graphs/"}, {"name": "logs", "title": "Logs", "path": "/tabs/logs/"}},
	})
}

func (s *stub) events(w http.ResponseWriter, r *http.Request) {
	events := make(chan []byte, 200)
	s.mu.Lock()
	s.streams[events] = r.URL.Query().Get("as")
	s.mu.Unlock()
	defer func() { s.mu.Lock(); delete(s.streams, events); s.mu.Unlock() }()
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case data, open := <-events:
			if !open {
				return
			}
			fmt.Fprintf(w, "data: %s\n\n", data)
			w.(http.Flusher).Flush()
		}
	}
}

// push sends an event to everyone who may see it.
func (s *stub) push(kind string, channel string, data any) {
	body, _ := json.Marshal(object{"type": kind, "data": data})
	m, _ := data.(object)
	for events, as := range s.streams {
		if channel == "" || s.sees(as, channel, m) {
			events <- body
		}
	}
}

// say stores a message of the author and tells it; more overrides fields.
func (s *stub) say(channel, author, content string, more object) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	user := object{"id": author, "username": "chaotic-good", "bot": author == stubBot}
	if p := s.person(author); p != nil {
		user["username"] = p["name"]
	}
	m := object{"id": "127200000000000" + strconv.Itoa(s.lastID), "channel_id": channel, "author": user, "content": content, "timestamp": time.Now().Format(time.RFC3339Nano)}
	for k, v := range more {
		m[k] = v
	}
	s.messages[channel] = append(s.messages[channel], m)
	s.push("message", channel, m)
	return m
}

// change replaces fields of a message and tells it.
func (s *stub) change(m object, more object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := object{}
	for k, v := range m {
		fresh[k] = v
	}
	for k, v := range more {
		fresh[k] = v
	}
	channel := m["channel_id"].(string)
	for i, old := range s.messages[channel] {
		if old["id"] == m["id"] {
			s.messages[channel][i] = fresh
		}
	}
	s.push("message_update", channel, fresh)
}

func (s *stub) openThread(parent, id, name string, count int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := object{"id": id, "name": name, "type": 11, "parent_id": parent, "position": 0, "message_count": count}
	s.channels = append(s.channels, c)
	s.push("channel", parent, c)
}

func (s *stub) tell(kind string, data any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "online" {
		s.online = data.(bool)
	}
	s.push(kind, "", data)
}

func (s *stub) post(w http.ResponseWriter, r *http.Request) {
	c := call{Path: strings.TrimPrefix(r.URL.Path, "/local/")}
	if err := json.NewDecoder(r.Body).Decode(&c.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	id := "9000" + strconv.Itoa(len(s.calls))
	s.mu.Unlock()
	status, body := http.StatusOK, object{"interaction_id": id}
	switch c.Path {
	case "messages":
		body = s.say(c.Body.ChannelID, c.Body.As, c.Body.Content, nil)
	case "autocomplete":
		body = object{"choices": stubScenarios(fmt.Sprint(c.option("scenario")))}
	default:
		if s.answer != nil {
			status, body = s.answer(c)
			if body["interaction_id"] == nil {
				body["interaction_id"] = id
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func stubScenarios(prefix string) []object {
	found := []object{}
	for _, c := range [][2]string{{"A rule goes missing", "security-group"}, {"The database drowns", "database-overload"}, {"surprise · one of them, which stays hidden from you too, until it has ended and its story is written", "surprise"}} {
		if strings.Contains(c[1], prefix) {
			found = append(found, object{"name": c[0], "value": c[1]})
		}
	}
	return found
}

// posted returns the calls to one path, so far.
func (s *stub) posted(path string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []call
	for _, c := range s.calls {
		if c.Path == path {
			found = append(found, c)
		}
	}
	return found
}

const stubChart = `<svg xmlns="http://www.w3.org/2000/svg" width="520" height="150"><rect width="520" height="150" fill="#11181b"/><path d="M20 125h220l14-8 10-70 12-14h244" fill="none" stroke="#f2666b" stroke-width="2.5"/><path d="M20 98h480" stroke="#f2b63d" stroke-dasharray="5 5"/><text x="24" y="90" fill="#f2b63d" font-family="sans-serif" font-size="11">2 %</text></svg>`
