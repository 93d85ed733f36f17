package panels

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Line is one line of one process's output.
type Line struct {
	// ID counts the lines of a [Log] from 1; Add sets it.
	ID     uint64          `json:"id"`
	At     time.Time       `json:"at"`
	Round  string          `json:"-"`      // whose process it was; empty: of the round of now
	Source string          `json:"source"` // the process, for example "api-1"
	Level  string          `json:"level"`  // debug, info, warn, error, or "" when the line does not say
	Text   string          `json:"text"`
	Fields json.RawMessage `json:"fields,omitempty"` // the whole line, if it was JSON
}

func (l Line) size() int {
	return len(l.Source) + len(l.Level) + len(l.Text) + len(l.Fields) + lineCost
}

const (
	lineCost   = 120      // bytes of memory beside the text, about
	maxText    = 16 << 10 // bytes; the rest of a longer line is cut
	eventQueue = 1024     // lines that a subscriber may be behind
)

// Limits of the zero Log.
const (
	DefaultLines = 20_000
	DefaultBytes = 16 << 20
)

// Log keeps the newest lines in memory. The zero Log is ready to use and keeps
// [DefaultLines] or [DefaultBytes], whichever is reached first.
type Log struct {
	mu          sync.RWMutex
	maxLines    int
	maxBytes    int
	ring        []Line // the oldest is at start
	start, n    int
	bytes       int
	lastID      uint64
	round       string          // whose lines are kept; empty: no round had one
	over        map[string]bool // rounds before it
	subscribers map[chan Line]struct{}
	dropped     uint64
}

// NewLog returns a Log with its own limits. Limits under 1 mean the defaults.
func NewLog(lines, bytes int) *Log { return &Log{maxLines: lines, maxBytes: bytes} }

// Add appends a line and hands it to the subscribers. A line that says only
// Source and Text is read: JSON as slog writes it, and the level of logfmt and
// of PostgreSQL's own format, fill in the rest. The first line of another round
// lets go of the lines before it, and what a round before says is not kept. Safe
// for concurrent use.
func (l *Log) Add(line Line) {
	line = read(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over[line.Round] {
		return
	}
	if line.Round != "" && line.Round != l.round {
		l.turn(line.Round)
	}
	if l.ring == nil {
		l.open()
	}
	l.lastID++
	line.ID = l.lastID
	for l.n > 0 && (l.n == l.maxLines || l.bytes+line.size() > l.maxBytes) {
		l.evict()
	}
	if l.n == len(l.ring) {
		l.grow()
	}
	l.ring[(l.start+l.n)%len(l.ring)] = line
	l.n++
	l.bytes += line.size()
	for s := range l.subscribers {
		select {
		case s <- line:
		default:
			l.dropped++ // a slow reader must not hold up the processes
		}
	}
}

// turn begins another round. The ids go on, so that a reader knows a newer line.
func (l *Log) turn(round string) {
	if l.round != "" {
		if l.over == nil {
			l.over = map[string]bool{}
		}
		l.over[l.round] = true
		for l.n > 0 {
			l.evict()
		}
	}
	l.round = round
}

// Round names the round whose lines are kept; empty: no round had one yet.
func (l *Log) Round() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.round
}

func (l *Log) open() {
	if l.maxLines < 1 {
		l.maxLines = DefaultLines
	}
	if l.maxBytes < 1 {
		l.maxBytes = DefaultBytes
	}
	l.ring = make([]Line, min(256, l.maxLines))
}

func (l *Log) evict() {
	oldest := &l.ring[l.start]
	l.bytes -= oldest.size()
	*oldest = Line{} // lets go of the text
	l.start = (l.start + 1) % len(l.ring)
	l.n--
}

func (l *Log) grow() {
	bigger := make([]Line, min(2*len(l.ring), l.maxLines))
	copied := copy(bigger, l.ring[l.start:])
	copy(bigger[copied:], l.ring[:l.start])
	l.ring, l.start = bigger, 0
}

// Lines returns the newest lines that fit the filter, at most limit, the
// oldest first. A limit under 1 means all.
func (l *Log) Lines(f Filter, limit int) []Line {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var found []Line
	for i := l.n - 1; i >= 0 && (limit < 1 || len(found) < limit); i-- {
		if line := l.ring[(l.start+i)%len(l.ring)]; f.Match(line) {
			found = append(found, line)
		}
	}
	slices.Reverse(found)
	return found
}

// Subscribe returns the lines that are added from now on, until ctx ends; the
// channel is closed then. A subscriber that falls behind misses lines, which
// shows in the gaps of their IDs and in [Log.Dropped].
func (l *Log) Subscribe(ctx context.Context) <-chan Line {
	lines := make(chan Line, eventQueue)
	l.mu.Lock()
	if l.subscribers == nil {
		l.subscribers = map[chan Line]struct{}{}
	}
	l.subscribers[lines] = struct{}{}
	l.mu.Unlock()
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subscribers, lines)
		close(lines)
	})
	return lines
}

// Dropped counts the lines that slow subscribers missed.
func (l *Log) Dropped() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.dropped
}

// recent is how far back errors are counted, and how long a source that says
// nothing counts as there.
const recent = time.Minute

// Count says how many lines of a source are kept, how many errors it had of
// late, and whether it said nothing of late, as a task that ended.
type Count struct {
	Source string `json:"source"`
	Lines  int    `json:"lines"`
	Errors int    `json:"errors"`
	Silent bool   `json:"silent"`
}

// Sources lists the sources of the kept lines by name.
func (l *Log) Sources(now time.Time) []Count {
	l.mu.RLock()
	defer l.mu.RUnlock()
	at := map[string]int{}
	var counts []Count
	for i := range l.n {
		line := l.ring[(l.start+i)%len(l.ring)]
		j, ok := at[line.Source]
		if !ok {
			j = len(counts)
			at[line.Source] = j
			counts = append(counts, Count{Source: line.Source, Silent: true})
		}
		counts[j].Lines++
		if now.Sub(line.At) > recent {
			continue
		}
		counts[j].Silent = false
		if line.Level == "error" {
			counts[j].Errors++
		}
	}
	slices.SortFunc(counts, func(a, b Count) int { return compareNames(a.Source, b.Source) })
	return counts
}
