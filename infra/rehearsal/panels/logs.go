package panels

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	mostLines = 2000                   // lines in one answer of the search
	gather    = 100 * time.Millisecond // lines are sent together, as a storm of them would drown the page
	countEach = 2 * time.Second
	keepAlive = 15 * time.Second
)

// Logs serves the tab: a live tail over server-sent events, and a search over
// what the log keeps.
func Logs(l *Log) http.Handler {
	mux := http.NewServeMux()
	page(mux, "logs.html")
	mux.HandleFunc("GET /api/lines", func(w http.ResponseWriter, r *http.Request) {
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 1 || limit > mostLines {
			limit = mostLines
		}
		lines := l.Lines(ParseFilter(r.URL.Query().Get("filter")), limit)
		if lines == nil {
			lines = []Line{}
		}
		answer(w, http.StatusOK, lines)
	})
	mux.HandleFunc("GET /api/tail", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		t := tail{w: w, out: http.NewResponseController(w), filter: ParseFilter(r.URL.Query().Get("filter"))}
		t.follow(r, l)
	})
	return mux
}

// tail is one reader's stream. Its events: lines ([Line]), sources ([Count])
// missed (how many lines came too fast), and round, where the lines are another
// round's from here on.
type tail struct {
	w      http.ResponseWriter
	out    *http.ResponseController
	filter Filter
	batch  []Line
	lastID uint64
	missed uint64
	round  string
}

func (t *tail) follow(r *http.Request, l *Log) {
	lines := l.Subscribe(r.Context())
	send := time.NewTicker(gather)
	count := time.NewTicker(countEach)
	alive := time.NewTicker(keepAlive)
	defer send.Stop()
	defer count.Stop()
	defer alive.Stop()
	// The first event tells the reader that nothing is missed from here on.
	err := t.event("sources", l.Sources(time.Now()))
	if err == nil {
		err = t.turn(l.Round())
	}
	for err == nil {
		select {
		case line, open := <-lines:
			if !open {
				return
			}
			if err = t.turn(line.Round); err == nil {
				t.take(line)
			}
		case <-send.C:
			err = t.flush()
		case <-count.C:
			err = t.event("sources", l.Sources(time.Now()))
		case <-alive.C:
			if _, err = fmt.Fprint(t.w, ": alive\n\n"); err == nil {
				err = t.out.Flush()
			}
		}
	}
	// The reader has left. The subscription ends with the request.
}

// turn tells of another round, whose lines are the only ones from now on.
func (t *tail) turn(round string) error {
	if round == "" || round == t.round {
		return nil
	}
	t.round, t.batch = round, t.batch[:0]
	return t.event("round", round)
}

func (t *tail) take(line Line) {
	if t.lastID != 0 {
		t.missed += line.ID - t.lastID - 1
	}
	t.lastID = line.ID
	if t.filter.Match(line) {
		t.batch = append(t.batch, line)
	}
}

func (t *tail) flush() error {
	if t.missed > 0 {
		if err := t.event("missed", t.missed); err != nil {
			return err
		}
		t.missed = 0
	}
	if len(t.batch) == 0 {
		return nil
	}
	err := t.event("lines", t.batch)
	t.batch = t.batch[:0]
	return err
}

func (t *tail) event(kind string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	if _, err := fmt.Fprintf(t.w, "event: %s\ndata: %s\n\n", kind, body); err != nil {
		return fmt.Errorf("send %s: %w", kind, err)
	}
	return t.out.Flush()
}
