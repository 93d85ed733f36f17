package shop

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// requestIDHeader is accepted from the caller and passed on to the next hop.
const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

// requestID is the id of the request that ctx belongs to, or "".
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// answer is a success: a status and what goes into the body as JSON.
type answer struct {
	code int
	body any
}

// problem is any other answer. Reason and say go to the client; err is for
// the log alone, since a database's words name hosts and users.
type problem struct {
	code        int
	reason, say string
	err         error
}

func (p *problem) Error() string {
	if p.err != nil {
		return p.err.Error()
	}
	return p.say
}

func (p *problem) Unwrap() error { return p.err }

// endpoint answers one request. An error that is no *problem becomes a 500.
type endpoint func(r *http.Request) (answer, error)

// web turns endpoints into handlers: request ids, limits, one log line and
// one observation per request.
type web struct {
	log     *slog.Logger
	observe func(route, method string, code int, took time.Duration)
}

// handle makes a handler of e under the route's name in metrics and logs.
// Nobody is turned away where l is nil.
//
// What e starts is not cancelled when the client hangs up: a query that is
// cut off closes its connection, and the reconnects of a crowd of impatient
// clients would keep a slow database slow. It ends with work.
func (s web) handle(work context.Context, route string, l *limit, e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := r.Header.Get(requestIDHeader)
		if !plausibleID(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		r = r.WithContext(context.WithValue(work, requestIDKey{}, id))
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)

		a, err := limited(r, l, e)
		if err != nil {
			a = explain(err, id)
		}
		writeJSON(w, a)

		took := time.Since(start)
		s.observe(route, r.Method, a.code, took)
		s.line(r, route, a.code, took, err)
	})
}

func limited(r *http.Request, l *limit, e endpoint) (answer, error) {
	if l == nil {
		return e(r)
	}
	leave, err := l.enter(r.Context())
	if err != nil {
		return answer{}, &problem{http.StatusServiceUnavailable, "busy", "the shop is busy, please try again", err}
	}
	defer leave()
	return e(r)
}

func explain(err error, id string) answer {
	p := &problem{code: http.StatusInternalServerError, reason: "internal", say: "something went wrong on our side"}
	errors.As(err, &p)
	return answer{p.code, map[string]string{"error": p.say, "reason": p.reason, "request_id": id}}
}

func (s web) line(r *http.Request, route string, code int, took time.Duration, err error) {
	level, msg := slog.LevelInfo, "request"
	if code >= 500 {
		level, msg = slog.LevelError, "request failed"
	}
	attrs := []slog.Attr{
		slog.String("request_id", requestID(r.Context())),
		slog.String("route", route),
		slog.Int("code", code),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.log.LogAttrs(r.Context(), level, msg, attrs...)
}

func writeJSON(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.code)
	// The status is out: a client that went away is no error of ours.
	_ = json.NewEncoder(w).Encode(a.body)
}

// plausibleID keeps foreign bytes out of our logs.
func plausibleID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// aliveOnce answers /healthz as alive does, from the moment at which begun ends.
func aliveOnce(begun context.Context) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if begun.Err() == nil {
			writeJSON(w, answer{http.StatusServiceUnavailable, map[string]string{"status": "starting"}})
			return
		}
		alive(w, r)
	}
}

// alive answers /healthz and is shallow on purpose: were it to ask the
// database, an outage there would fail every task's check and the rolling
// restart that follows would never end.
func alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, answer{http.StatusOK, map[string]string{"status": "ok"}})
}
