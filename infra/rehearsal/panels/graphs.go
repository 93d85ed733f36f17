package panels

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// Query answers a PromQL expression over a span of time, both ends included.
type Query interface {
	QueryRange(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]Series, error)
}

// Series is one line of a graph. A time without a point is a gap.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Point is one sample. NaN and the infinities are drawn as gaps.
type Point struct {
	T time.Time
	V float64
}

// Graph is one picture of the tab.
type Graph struct {
	Title, Expr string
	// Unit says how values read: "ratio" (0.02 is 2 %), "s" (seconds),
	// "bytes", "bool" (up or down), "number" (of what the line's name says), or
	// any other text, which is put behind the number.
	Unit string
	// Threshold is drawn as a line, for example an alert's. Nil: none.
	Threshold *float64
	Below     bool   // under the threshold is bad, not over it
	PerSeries string // the label that names the lines; "": all labels
	Optional  bool   // left out where it has no line
}

const (
	queryTimeout = 5 * time.Second
	maxSeries    = 40   // lines in one graph; more cannot be told apart
	maxExpr      = 4000 // bytes
)

// spans are the lengths of time that a person may choose, with the distance
// between two points: about 150 points, whichever is chosen.
var spans = map[string]struct{ length, step time.Duration }{
	"5":  {5 * time.Minute, 2 * time.Second},
	"15": {15 * time.Minute, 5 * time.Second},
	"60": {time.Hour, 20 * time.Second},
}

// Graphs serves the tab. source gives what to ask and what to draw at this
// moment; false means that no round is running.
func Graphs(source func() (Query, []Graph, bool)) http.Handler {
	mux := http.NewServeMux()
	page(mux, "graphs.html")
	mux.HandleFunc("GET /api/graphs", func(w http.ResponseWriter, r *http.Request) {
		query, graphs, ok := source()
		if !ok {
			answer(w, http.StatusOK, board{})
			return
		}
		b := newBoard(r)
		b.Graphs = make([]drawn, len(graphs))
		var g errgroup.Group
		g.SetLimit(4) // the same small Prometheus evaluates the alerts
		for i, graph := range graphs {
			g.Go(func() error {
				b.Graphs[i] = b.draw(r.Context(), query, graph)
				return nil
			})
		}
		g.Wait()
		b.Graphs = slices.DeleteFunc(b.Graphs, func(d drawn) bool { return d.optional && len(d.Series) == 0 && d.Error == "" })
		answer(w, http.StatusOK, b)
	})
	mux.HandleFunc("GET /api/query", func(w http.ResponseWriter, r *http.Request) {
		expr := strings.TrimSpace(r.URL.Query().Get("expr"))
		if expr == "" || len(expr) > maxExpr {
			answer(w, http.StatusBadRequest, refusal{"Type a PromQL expression of at most 4000 characters."})
			return
		}
		query, _, ok := source()
		if !ok {
			answer(w, http.StatusOK, board{})
			return
		}
		b := newBoard(r)
		b.Graphs = []drawn{b.draw(r.Context(), query, Graph{Title: expr, Expr: expr})}
		answer(w, http.StatusOK, b)
	})
	return mux
}

// board is what the page draws: times in milliseconds since 1970.
type board struct {
	Running bool    `json:"running"`
	From    int64   `json:"from"`
	To      int64   `json:"to"`
	Step    int64   `json:"step"`
	Graphs  []drawn `json:"graphs"`

	from, to time.Time
	step     time.Duration
}

type drawn struct {
	Title     string   `json:"title"`
	Expr      string   `json:"expr"`
	Unit      string   `json:"unit"`
	Threshold *float64 `json:"threshold"`
	Below     bool     `json:"below"`
	Series    []line   `json:"series"`
	More      int      `json:"more"`            // series that were left out
	Error     string   `json:"error,omitempty"` // what the query engine said

	optional bool
}

type line struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"` // time, value
}

func newBoard(r *http.Request) board {
	span, ok := spans[r.URL.Query().Get("minutes")]
	if !ok {
		span = spans["5"]
	}
	// Whole steps, so that a line does not change its shape at each refresh.
	to := time.Now().Truncate(span.step)
	from := to.Add(-span.length)
	return board{Running: true, From: from.UnixMilli(), To: to.UnixMilli(), Step: span.step.Milliseconds(), from: from, to: to, step: span.step}
}

func (b board) draw(ctx context.Context, query Query, g Graph) drawn {
	d := drawn{Title: g.Title, Expr: g.Expr, Unit: g.Unit, Threshold: g.Threshold, Below: g.Below, Series: []line{}, optional: g.Optional}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	found, err := query.QueryRange(ctx, g.Expr, b.from, b.to, b.step)
	if err != nil {
		d.Error = err.Error()
		return d
	}
	for _, s := range found {
		d.Series = append(d.Series, line{Name: g.name(s), Points: finite(s.Points)})
	}
	slices.SortStableFunc(d.Series, func(a, b line) int { return strings.Compare(a.Name, b.Name) })
	if len(d.Series) > maxSeries {
		d.More = len(d.Series) - maxSeries
		d.Series = d.Series[:maxSeries]
	}
	return d
}

func (g Graph) name(s Series) string {
	if v := s.Labels[g.PerSeries]; g.PerSeries != "" && v != "" {
		return v
	}
	var parts []string
	for k, v := range s.Labels {
		if k != "__name__" {
			parts = append(parts, k+"="+v)
		}
	}
	slices.Sort(parts)
	switch len(parts) {
	case 0:
		return s.Labels["__name__"]
	case 1: // what the label is called stands in the title or in the query
		_, value, _ := strings.Cut(parts[0], "=")
		return value
	}
	return strings.Join(parts, " ")
}

func finite(points []Point) [][2]float64 {
	out := make([][2]float64, 0, len(points))
	for _, p := range points {
		if !math.IsNaN(p.V) && !math.IsInf(p.V, 0) {
			out = append(out, [2]float64{float64(p.T.UnixMilli()), p.V})
		}
	}
	return out
}
