package localdiscord

import (
	"net/http"
	"sync"
	"time"
)

// faults are the switches with which a test makes Discord misbehave.
type faults struct {
	mu         sync.Mutex
	silent     bool
	failures   int
	failStatus int
	lost       int

	weather   Weather // of REST, see weather.go
	refuse    bool    // gateway connections
	closeCode int     // of gateway connections; 0: they are not closed
}

// DropGateway cuts every gateway connection without a close frame, as a lost
// network does. Sessions can be resumed.
func (s *Server) DropGateway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if session.conn != nil {
			session.conn.ws.NetConn().Close()
		}
	}
}

// AskReconnect sends op 7 to every gateway connection.
func (s *Server) AskReconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if session.conn != nil {
			session.conn.send(frame{Op: opReconnect})
		}
	}
}

// ForgetSessions makes the next RESUME of each session fail with op 9.
func (s *Server) ForgetSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		session.forgotten = true
	}
}

// Silent makes the gateway accept connections and send nothing, not even
// HELLO. On connections that are open it answers no more heartbeats.
func (s *Server) Silent(on bool) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.silent = on
}

// FailREST answers the next n REST requests with this status (429 with a
// retry_after of a quarter of a second) and does nothing else with them.
func (s *Server) FailREST(n, status int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.failures, s.faults.failStatus = n, status
}

// LoseAnswers acts on the next n REST requests and then answers 502, as a
// gateway in front of Discord sometimes does. Whoever retries without a nonce
// posts twice.
func (s *Server) LoseAnswers(n int) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.lost = n
}

// CloseDMs lets messages to this person's direct channel fail with 50007, or
// pass again.
func (s *Server) CloseDMs(personID string, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dmsClosed[personID] = closed
}

// OverrideCommandPermissions lets everyone see and use every command, whatever
// default_member_permissions it has. A guild's admins can do that in Server
// Settings, so a bot has to check for itself.
func (s *Server) OverrideCommandPermissions(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.override = on
	s.announceCommands()
}

// TakeAnyText lets people send option texts of any length: a client of somebody's
// own making checks nothing, and a bot cannot know what Discord would.
func (s *Server) TakeAnyText(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anyText = on
}

func (f *faults) isSilent() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.silent
}

// fail answers in place of a handler, if a test asked for it.
func (f *faults) fail(w http.ResponseWriter) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures == 0 {
		return false
	}
	f.failures--
	if f.failStatus == http.StatusTooManyRequests {
		tooMany(w, 250*time.Millisecond, false)
		return true
	}
	writeJSON(w, f.failStatus, &apiError{Message: http.StatusText(f.failStatus)})
	return true
}

func (f *faults) loses() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost == 0 {
		return false
	}
	f.lost--
	return true
}
