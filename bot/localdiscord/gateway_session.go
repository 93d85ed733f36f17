package localdiscord

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Gateway intents, Discord's bits. The privileged ones need a switch in the
// application's settings: Config.PrivilegedIntents.
const (
	intentGuilds         = 1 << 0
	intentMembers        = 1 << 1
	intentPresences      = 1 << 8
	intentMessages       = 1 << 9
	intentDMs            = 1 << 12
	intentMessageContent = 1 << 15
	privileged           = intentMembers | intentPresences | intentMessageContent
)

const (
	// resumeTime is how long a session waits for its connection to return.
	resumeTime = 5 * time.Minute
	// replayed is how many events a session keeps for a RESUME.
	replayed = 2000
)

// session is a logged-in bot. It collects events while its connection is
// away, for RESUME.
type session struct {
	id        string
	intents   int
	seq       int      // of the last event
	log       [][]byte // the last events, ending with seq
	conn      *gatewayConn
	away      time.Time
	forgotten bool
}

func (s *session) add(kind string, data any) {
	s.seq++
	b, err := json.Marshal(frame{Op: opDispatch, Data: data, Seq: new(s.seq), Type: kind})
	if err != nil {
		panic(err) // our own types
	}
	if len(s.log) == replayed {
		s.log = s.log[1:]
	}
	s.log = append(s.log, b)
	if s.conn != nil {
		s.conn.out.put(b)
	}
}

func (s *Server) identify(c *gatewayConn, data json.RawMessage, base string) error {
	var in struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
		Shard   []int  `json:"shard"`
	}
	if json.Unmarshal(data, &in) != nil {
		return &closing{4002, "Error while decoding payload."}
	}
	if strings.TrimPrefix(in.Token, "Bot ") != s.cfg.Token {
		return &closing{4004, "Authentication failed."}
	}
	if in.Intents&privileged&^s.cfg.PrivilegedIntents != 0 {
		return &closing{4014, "Disallowed intent(s)."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessionOfLocked(c) != nil {
		return &closing{4005, "Already authenticated."}
	}
	for id, old := range s.sessions {
		if old.conn == nil && s.now().Sub(old.away) > resumeTime {
			delete(s.sessions, id)
		}
	}
	n := &session{id: strings.ToLower(rand.Text()), intents: in.Intents, conn: c}
	ready := map[string]any{
		"v": 10, "user": s.cfg.Bot.user(), "session_id": n.id, "session_type": "normal",
		"resume_gateway_url": "ws" + base[len("http"):] + "/gateway",
		"guilds":             []map[string]any{{"id": s.cfg.Guild.ID, "unavailable": true}},
		"application":        map[string]any{"id": s.cfg.Bot.ID, "flags": 0},
		"private_channels":   []any{}, "relationships": []any{},
	}
	if c.version == "9" {
		ready["v"] = 9
	}
	if in.Shard != nil {
		ready["shard"] = in.Shard
	}
	n.add("READY", ready)
	if in.Intents&intentGuilds != 0 {
		n.add("GUILD_CREATE", s.guild(true))
	}
	s.sessions[n.id] = n
	s.announceOnline()
	return nil
}

func (s *Server) resume(c *gatewayConn, data json.RawMessage) error {
	var in struct {
		Token     string `json:"token"`
		SessionID string `json:"session_id"`
		Seq       int    `json:"seq"`
	}
	if json.Unmarshal(data, &in) != nil {
		return &closing{4002, "Error while decoding payload."}
	}
	if strings.TrimPrefix(in.Token, "Bot ") != s.cfg.Token {
		return &closing{4004, "Authentication failed."}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.sessions[in.SessionID]
	expired := old == nil || old.forgotten || old.conn == nil && s.now().Sub(old.away) > resumeTime
	if expired || in.Seq > old.seq || in.Seq < old.seq-len(old.log) {
		delete(s.sessions, in.SessionID)
		c.send(frame{Op: opInvalidSession, Data: false})
		return nil
	}
	if old.conn != nil {
		old.conn.ws.NetConn().Close() // the connection that it replaces is dead, only not yet known to be
	}
	for _, b := range old.log[len(old.log)-(old.seq-in.Seq):] {
		c.out.put(b)
	}
	old.conn = c
	old.add("RESUMED", map[string]any{})
	s.announceOnline()
	return nil
}

// detach keeps the session of a lost connection for a RESUME. A connection
// that was closed on purpose (1000 or 1001), or refused, ends its session.
func (s *Server) detach(c *gatewayConn, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.sessionOfLocked(c)
	if n == nil {
		return
	}
	n.conn, n.away = nil, s.now()
	if _, refused := why.(*closing); refused || websocket.IsCloseError(why, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
		delete(s.sessions, n.id)
	}
	s.announceOnline()
}

func (s *Server) sessionOf(c *gatewayConn) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessionOfLocked(c)
}

func (s *Server) sessionOfLocked(c *gatewayConn) *session {
	for _, n := range s.sessions {
		if n.conn == c {
			return n
		}
	}
	return nil
}

// online tells whether a bot is connected and logged in. It wants s.mu held.
func (s *Server) online() bool {
	for _, n := range s.sessions {
		if n.conn != nil {
			return true
		}
	}
	return false
}

func (s *Server) announceOnline() { s.tell("online", s.online(), func(Person) bool { return true }) }
