package panels

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func texts(lines []Line) string {
	var all []string
	for _, l := range lines {
		all = append(all, l.Text)
	}
	return strings.Join(all, " ")
}

func TestLogKeepsTheNewest(t *testing.T) {
	l := NewLog(3, 0)
	for i := range 300 {
		l.Add(Line{Source: "api", Text: fmt.Sprint(i)})
	}
	if got := texts(l.Lines(Filter{}, 0)); got != "297 298 299" {
		t.Errorf("kept %q, want the newest three", got)
	}
	if got := texts(l.Lines(Filter{}, 2)); got != "298 299" {
		t.Errorf("of two, got %q", got)
	}
}

func TestLogGrowsAcrossTheRing(t *testing.T) {
	var l Log
	for i := range 700 {
		l.Add(Line{Text: fmt.Sprint(i)})
	}
	lines := l.Lines(Filter{}, 0)
	if len(lines) != 700 {
		t.Fatalf("kept %d lines, want 700", len(lines))
	}
	for i, line := range lines {
		if line.Text != fmt.Sprint(i) || line.ID != uint64(i+1) {
			t.Fatalf("line %d is %q with id %d", i, line.Text, line.ID)
		}
	}
}

func TestLogIsBoundedInBytes(t *testing.T) {
	l := NewLog(0, 10_000)
	for range 100 {
		l.Add(Line{Source: "api", Text: strings.Repeat("x", 1000)})
	}
	lines := l.Lines(Filter{}, 0)
	sum := 0
	for _, line := range lines {
		sum += line.size()
	}
	if sum > 10_000 || len(lines) != 8 {
		t.Errorf("%d lines of %d bytes are kept, want 8 in at most 10,000", len(lines), sum)
	}
	l.Add(Line{Text: strings.Repeat("y", 100_000)})
	if lines := l.Lines(Filter{}, 0); len(lines[len(lines)-1].Text) > maxText+20 {
		t.Error("a huge line is kept whole")
	}
}

func TestAddReadsTheLine(t *testing.T) {
	at := time.Date(2026, 11, 23, 16, 41, 3, 0, time.UTC)
	for _, c := range []struct {
		name string
		in   Line
		want Line
	}{
		{"slog", Line{Text: `{"time":"2026-11-23T16:41:03Z","level":"ERROR","msg":"query failed","error":"dial tcp: i/o timeout"}` + "\n"}, Line{Level: "error", Text: "query failed", At: at}},
		{"slog between levels", Line{Text: `{"level":"WARN+2","msg":"slow"}`}, Line{Level: "warn", Text: "slow"}},
		{"given level wins", Line{Level: "INFO", Text: "started", At: at}, Line{Level: "info", Text: "started", At: at}},
		{"logfmt", Line{Text: `ts=2026 level=warn msg="retry"`}, Line{Level: "warn", Text: `ts=2026 level=warn msg="retry"`}},
		{"postgres", Line{Text: `2026-11-23 16:41:03 UTC [12] FATAL:  sorry, too many clients already`}, Line{Level: "error", Text: `2026-11-23 16:41:03 UTC [12] FATAL:  sorry, too many clients already`}},
		{"plain", Line{Text: "hello"}, Line{Text: "hello"}},
		{"half JSON", Line{Text: `{"msg":`}, Line{Text: `{"msg":`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Log
			l.Add(c.in)
			got := l.Lines(Filter{}, 0)[0]
			if got.Level != c.want.Level || got.Text != c.want.Text || (!c.want.At.IsZero() && !got.At.Equal(c.want.At)) || got.At.IsZero() {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestSubscribe(t *testing.T) {
	var l Log
	ctx, cancel := context.WithCancel(t.Context())
	lines := l.Subscribe(ctx)
	l.Add(Line{Text: "one"})
	if got := <-lines; got.Text != "one" || got.ID != 1 {
		t.Errorf("got %+v", got)
	}
	for range eventQueue + 5 {
		l.Add(Line{Text: "flood"}) // must not block
	}
	if l.Dropped() != 5 {
		t.Errorf("%d lines count as dropped, want 5", l.Dropped())
	}
	cancel()
	n := 0
	for range lines { // ends, as the channel is closed
		n++
	}
	if n != eventQueue {
		t.Errorf("%d lines were waiting, want %d", n, eventQueue)
	}
	l.Add(Line{Text: "nobody listens"})
}

func TestLogIsSafeForMany(t *testing.T) {
	l := NewLog(50, 0)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 200 {
				l.Add(Line{Source: fmt.Sprint("api-", i), Text: "x"})
				l.Lines(ParseFilter("x"), 5)
				l.Sources(time.Now())
			}
		})
		all.Go(func() {
			for range l.Subscribe(ctx) {
				continue
			}
		})
	}
	for l.Lines(Filter{}, 0) == nil || l.lastWas() < 800 {
		<-time.After(time.Millisecond)
	}
	cancel()
	all.Wait()
}

func (l *Log) lastWas() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.lastID
}

func TestFilter(t *testing.T) {
	line := Line{Source: "api-1", Level: "error", Text: "Query failed", Fields: []byte(`{"error":"dial tcp: i/o Timeout","code":500}`)}
	for filter, want := range map[string]bool{
		"":                     true,
		"query":                true,
		"QUERY timeout":        true,
		`"i/o timeout"`:        true,
		`"timeout i/o"`:        false,
		"query -timeout":       false,
		"query -other":         true,
		"level:error":          true,
		"level:warn":           true,
		"level:nonsense":       false, // a word, which is not there
		"source:api":           true,
		"source:api-1":         true,
		"source:ap":            false,
		"source:visitors,api":  true,
		"source:visitors":      false,
		"api-1":                true,
		"source:api code 500 ": true,
	} {
		if got := ParseFilter(filter).Match(line); got != want {
			t.Errorf("%q fits: %v, want %v", filter, got, want)
		}
	}
	if ParseFilter("level:error").Match(Line{Level: "", Text: "error"}) || ParseFilter("level:error").Match(Line{Level: "warn"}) {
		t.Error("level:error shows what is none")
	}
}

func TestSourcesAreCounted(t *testing.T) {
	var l Log
	now := time.Now()
	for _, s := range []string{"api-10", "api-2", "database", "api-2"} {
		l.Add(Line{At: now, Source: s, Level: map[bool]string{true: "error", false: "info"}[s == "api-2"], Text: "x"})
	}
	for _, s := range []string{"api-1", "api-2"} {
		l.Add(Line{At: now.Add(-recent - time.Second), Source: s, Level: "error", Text: "of the incident before"})
	}
	if got := fmt.Sprint(l.Sources(now)); got != "[{api-1 1 0 true} {api-2 3 2 false} {api-10 1 0 false} {database 1 0 false}]" {
		t.Errorf("got %s", got)
	}
}

// TestLogKeepsOneRound: that of the latest line that says its round. What ends
// late says nothing into the next.
func TestLogKeepsOneRound(t *testing.T) {
	var l Log
	for _, line := range []Line{
		{Source: "x", Text: "before"}, {Round: "R1", Source: "x", Text: "a"}, {Source: "x", Text: "b"}, {Round: "R2", Source: "x", Text: "c"},
		{Round: "R1", Source: "x", Text: "late"}, {Source: "x", Text: "d"},
	} {
		l.Add(line)
		if line.Text == "b" {
			if got := texts(l.Lines(Filter{}, 0)); got != "before a b" || l.Round() != "R1" {
				t.Errorf("%s keeps %q", l.Round(), got)
			}
		}
	}
	lines := l.Lines(Filter{}, 0)
	if got := texts(lines); got != "c d" || l.Round() != "R2" || lines[0].ID != 4 {
		t.Errorf("%s keeps %q from %d on", l.Round(), got, lines[0].ID)
	}
}
