// Package referee judges the traffic between a bot and a Discord by Discord's
// own OpenAPI description, so that two programs by the same people cannot agree
// on something that Discord would not say.
//
// It knows the description's operations and schemas, where the description is
// known to be wrong, and the limits that Discord keeps to and does not describe
// there. It does not know localdiscord, this bot, the gateway's events, or what
// was said before: a second answer to one interaction is nothing to it. Nor does
// it see what is superfluous, for the description allows any property. Tests
// use it and nothing else does.
package referee

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
)

// Wrong is the header of a request that a test has made wrong on purpose. Such
// a request is rejected only if nothing is wrong with it, or if the server does
// not refuse it; the answer is judged like any other.
const Wrong = "X-Deliberately-Wrong"

// Referee counts and judges the requests of one server.
type Referee struct {
	rules *rules
	tally tally
}

// New gives a referee that has seen nothing yet. Where the description is not
// to be found the error is an fs.ErrNotExist.
func New() (*Referee, error) {
	r, err := loaded()
	if err != nil {
		return nil, err
	}
	return &Referee{rules: r, tally: newTally()}, nil
}

// rest is the part of a path that belongs to Discord's REST interface, in the
// two versions that Discord serves to new bots.
var rest = regexp.MustCompile(`^/api/v(?:9|10)(/.*)$`)

// mostRead is a little more than Discord takes, so that what is too large for
// it stays so.
const mostRead = 26 << 20

// Watch stands before a server. What is not of the REST interface passes
// untouched, websockets and streams among it.
func (r *Referee) Watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		path := rest.FindStringSubmatch(req.URL.Path)
		if path == nil {
			next.ServeHTTP(w, req)
			return
		}
		body, err := io.ReadAll(io.LimitReader(req.Body, mostRead))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest) // the client has gone
			return
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		kept := &answer{header: w.Header(), status: http.StatusOK}
		next.ServeHTTP(kept, req)
		r.judge(req, path[1], body, kept)
		w.WriteHeader(kept.status)
		_, _ = w.Write(kept.body.Bytes()) // the client has gone: nobody is left to tell
	})
}

// answer keeps what a handler answers until it has been judged.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

// judge compares one exchange with the rules and notes what is wrong.
func (r *Referee) judge(req *http.Request, path string, body []byte, a *answer) {
	op, err := r.rules.find(req, path)
	if err != nil {
		r.tally.reject(req.Method+" "+path, "request", err.Error())
		return
	}
	name := op.name()
	deliberate := req.Header.Get(Wrong) != ""
	refused := a.status >= 400 && a.status < 500
	r.tally.count(op.id(), deliberate, a.status)

	wrong := op.request(req, body)
	malformed := refused && code(a.body.Bytes()) == 50035
	switch {
	case deliberate && wrong == nil:
		r.tally.reject(name, "request", "it is marked as wrong, and nothing is wrong with it")
	case deliberate && !refused:
		r.tally.reject(name, "answer", "a request that is wrong was not refused: "+wrong.Error())
	case !deliberate && wrong != nil:
		r.tally.reject(name, "request", wrong.Error())
	case !deliberate && malformed:
		r.tally.reject(name, "request", "it was refused as malformed, and nothing here says why: "+a.body.String())
	}
	// Discord describes no answer of the 500s: they come from what is before it.
	if a.status < 500 {
		if err := op.answer(a); err != nil {
			r.tally.reject(name, "answer", err.Error())
		}
	}
}
