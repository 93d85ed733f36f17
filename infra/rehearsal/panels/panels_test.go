package panels

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// prom is a Query that draws one line with a hole in it.
type prom struct{}

func (p prom) QueryRange(_ context.Context, expr string, from, to time.Time, step time.Duration) ([]Series, error) {
	if expr == "up{" {
		return nil, errors.New(`1:4: parse error: unexpected end of input inside braces`)
	}
	if expr == "nothing" {
		return nil, nil
	}
	if flat, ok := flatGraphs[expr]; ok {
		return flat.draw(from, to, step), nil
	}
	var all []Series
	for i, route := range []string{"products", "order"} {
		s := Series{Labels: map[string]string{"__name__": "x", "route": route, "job": "visitors"}}
		n := 0
		for t := from; !t.After(to); t = t.Add(step) {
			v := 0.002 * float64(i)
			if n++; n > 100 && i == 1 {
				v = 0.4 + 0.1*math.Sin(float64(n)/4)
			}
			switch {
			case n > 50 && n < 60: // a gap
			case n == 60:
				s.Points = append(s.Points, Point{t, math.NaN()})
			default:
				s.Points = append(s.Points, Point{t, v})
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// flat is lines without a change, by name.
type flat map[string]float64

// flatGraphs by expression.
var flatGraphs = map[string]flat{
	"all reach":  {"database": 1, "inventory": 1},
	"none reach": {"database": 0, "inventory": 1},
	"failed": {
		"a dropped": 0, "b dropped": 0, "c dropped": 0, "d error": 3, "e error": 0, "f error": 0,
		"g timeout": 15, "h timeout": 9, "i timeout": 0.5,
	},
}

func (f flat) draw(from, to time.Time, step time.Duration) []Series {
	var all []Series
	for name, v := range f {
		s := Series{Labels: map[string]string{"line": name}}
		for t := from; !t.After(to); t = t.Add(step) {
			s.Points = append(s.Points, Point{t, v})
		}
		all = append(all, s)
	}
	return all
}

func limit(v float64) *float64 { return &v }

func someGraphs() (Query, []Graph, bool) {
	return prom{}, []Graph{
		{Title: "Failed requests", Expr: "errors", Unit: "ratio", Threshold: limit(0.02), PerSeries: "route"},
		{Title: "Latency, 95th percentile", Expr: "p95", Unit: "s", Threshold: limit(0.4), PerSeries: "route"},
		{Title: "Arrivals", Expr: "rate", Unit: "req/s", PerSeries: "route"},
		{Title: "Database", Expr: "nothing", Unit: "bool"},
		{Title: "Broken", Expr: "up{"},
		{Title: "All reach", Expr: "all reach", Unit: "ratio", Threshold: limit(0.5), Below: true},
		{Title: "None reach", Expr: "none reach", Unit: "ratio", Threshold: limit(0.5), Below: true},
		{Title: "Failed by route", Expr: "failed", Unit: "requests/s"},
		{Title: "Not of this stack", Expr: "nothing", Optional: true},
	}, true
}

func get(t *testing.T, h http.Handler, path string, into any) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%s answers %d %s: %v", path, w.Code, w.Body, err)
		}
	}
	return w
}

func TestGraphs(t *testing.T) {
	h := Graphs(someGraphs)
	var b board
	get(t, h, "/api/graphs?minutes=5", &b)
	if !b.Running || len(b.Graphs) != 8 || b.Step != 2000 || b.To-b.From != 300_000 {
		t.Fatalf("got %+v", b)
	}
	g := b.Graphs[0]
	if g.Error != "" || len(g.Series) != 2 || g.Series[0].Name != "order" || *g.Threshold != 0.02 {
		t.Errorf("got %+v", g)
	}
	if n := len(g.Series[0].Points); n != 141 {
		t.Errorf("%d points, want 151 less the gap and the NaN", n)
	}
	if e := b.Graphs[4].Error; !strings.Contains(e, "parse error") {
		t.Errorf("the broken graph says %q", e)
	}
	if b.Graphs[3].Series == nil {
		t.Error("an empty graph has null instead of no series")
	}
}

func TestGraphsWithoutARound(t *testing.T) {
	h := Graphs(func() (Query, []Graph, bool) { return nil, nil, false })
	var b board
	for _, path := range []string{"/api/graphs", "/api/query?expr=up"} {
		if get(t, h, path, &b); b.Running {
			t.Errorf("%s says that a round is running", path)
		}
	}
}

func TestQuery(t *testing.T) {
	h := Graphs(someGraphs)
	var b board
	get(t, h, "/api/query?minutes=60&expr="+url.QueryEscape("up{"), &b)
	if !strings.Contains(b.Graphs[0].Error, "parse error") {
		t.Errorf("got %+v", b.Graphs)
	}
	get(t, h, "/api/query?minutes=60&expr=x", &b)
	if b.Step != 20_000 || b.Graphs[0].Series[0].Name != "job=visitors route=order" {
		t.Errorf("got step %d, %q", b.Step, b.Graphs[0].Series[0].Name)
	}
	for _, expr := range []string{"", "%20", strings.Repeat("x", maxExpr+1)} {
		if w := get(t, h, "/api/query?expr="+expr, nil); w.Code != http.StatusBadRequest {
			t.Errorf("an expression of %d bytes answers %d", len(expr), w.Code)
		}
	}
}

func TestPagesAreServed(t *testing.T) {
	for path, h := range map[string]http.Handler{"/graphs.js": Graphs(someGraphs), "/logs.js": Logs(&Log{}), "/": Logs(&Log{}), "/panels.css": Logs(&Log{})} {
		if w := get(t, h, path, nil); w.Code != http.StatusOK || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'self'") {
			t.Errorf("%s answers %d with %v", path, w.Code, w.Header())
		}
	}
	if w := get(t, Logs(&Log{}), "/nothing.js", nil); w.Code != http.StatusNotFound {
		t.Errorf("a missing file answers %d", w.Code)
	}
}

func TestLines(t *testing.T) {
	var l Log
	h := Logs(&l)
	var lines []Line
	if w := get(t, h, "/api/lines", &lines); strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("an empty log answers %s", w.Body)
	}
	l.Add(Line{Source: "api-1", Text: `{"level":"ERROR","msg":"query failed"}`})
	l.Add(Line{Source: "api-1", Text: "fine"})
	get(t, h, "/api/lines?filter=level:error", &lines)
	if texts(lines) != "query failed" || string(lines[0].Fields) == "" {
		t.Errorf("got %+v", lines)
	}
}

func TestTail(t *testing.T) {
	var l Log
	server := httptest.NewServer(Logs(&l))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/tail?filter=source:api", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	in := bufio.NewScanner(answer.Body)
	next := func(kind string) string {
		t.Helper()
		for in.Scan() {
			if in.Text() == "event: "+kind {
				in.Scan()
				return strings.TrimPrefix(in.Text(), "data: ")
			}
		}
		t.Fatalf("the stream ended: %v", in.Err())
		return ""
	}
	next("sources") // from here on nothing is missed
	l.Add(Line{Source: "visitors", Text: "not this"})
	l.Add(Line{Source: "api-1", Text: "this <b>"})
	if got := next("lines"); !strings.Contains(got, `"this \u003cb\u003e"`) || strings.Contains(got, "not this") {
		t.Errorf("the stream says %s", got)
	}
	if got := next("sources"); !strings.Contains(got, `"source":"visitors"`) {
		t.Errorf("the sources are %s", got)
	}
	l.Add(Line{Round: "R2", Source: "api-1", Text: "of the next round"})
	if got := next("round"); got != `"R2"` {
		t.Errorf("the round is %s", got)
	}
	if got := next("lines"); !strings.Contains(got, "of the next round") {
		t.Errorf("the stream says %s", got)
	}
}

func TestTailTellsWhatItMissed(t *testing.T) {
	w := httptest.NewRecorder()
	tl := tail{w: w, out: http.NewResponseController(w)}
	for _, id := range []uint64{7, 8, 20} {
		tl.take(Line{ID: id})
	}
	if err := tl.flush(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.Body.String(), "event: missed\ndata: 11\n") {
		t.Errorf("the stream says %s", w.Body)
	}
}
