package localdiscord

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// Weather is how the REST interface behaves until it is told otherwise. The
// zero Weather is a fine day.
type Weather struct {
	Slow   time.Duration // every request waits so long before it is looked at, also when its sender has gone
	Mute   bool          // half-open: every request is accepted and none is answered
	Status int           // every request is answered so, 429 with the two fields below
	Acts   bool          // what is not answered, or answered by Status, is done all the same

	RetryAfter time.Duration // of a 429
	Global     bool          // a 429 for all routes, as Discord words it: without the headers of a bucket
}

// Weather changes the weather. Requests that are under way keep theirs.
func (s *Server) Weather(w Weather) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.weather = w
}

// RefuseGateway cuts every gateway connection as a lost network does, and lets
// none be made, until it is told otherwise. Sessions can be resumed.
func (s *Server) RefuseGateway(on bool) {
	s.faults.mu.Lock()
	s.faults.refuse = on
	s.faults.mu.Unlock()
	if on {
		s.DropGateway()
	}
}

// CloseGateway closes every gateway connection with this close code, and each
// new one as soon as it is made, until CloseGateway(0).
func (s *Server) CloseGateway(code int) {
	s.faults.mu.Lock()
	s.faults.closeCode = code
	s.faults.mu.Unlock()
	if code == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if session.conn != nil {
			session.conn.control(&closing{code, "closed on purpose"})
		}
	}
}

// gatewayWeather tells whether a gateway connection may be made, and with which
// code it is closed then; 0: it is not.
func (f *faults) gatewayWeather() (refuse bool, code int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refuse, f.closeCode
}

// suffer lets a request feel the weather. It reports whether it was dealt with.
func (s *Server) suffer(w http.ResponseWriter, r *http.Request, act func(*http.Request) (any, error)) bool {
	s.faults.mu.Lock()
	now := s.faults.weather
	s.faults.mu.Unlock()
	if now == (Weather{}) {
		return false
	}
	// Its sender may be gone when it is acted on, and its body with them.
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		panic(http.ErrAbortHandler) // it never arrived as a whole
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	if now.Slow > 0 {
		s.stall(now.Slow)
	}
	if now.Acts && (now.Mute || now.Status != 0) {
		_, _ = act(r) // whoever asked will not hear how it went
	}
	switch {
	case now.Mute:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler) // closes the connection without a word
	case now.Status == http.StatusTooManyRequests:
		tooMany(w, now.RetryAfter, now.Global)
	case now.Status != 0:
		writeJSON(w, now.Status, &apiError{Message: http.StatusText(now.Status)})
	default:
		return false
	}
	return true
}

// stall waits for d, or until the server closes.
func (s *Server) stall(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}
