package rehearsal

import (
	"context"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/panels"
	"github.com/chaotic-good/scenarios/infra/rehearsal/prom"
	"github.com/chaotic-good/scenarios/monitoring"
)

// line keeps what a process printed, for the logs tab. What the players may not
// see, moto and the bot itself, is in files only.
func (w *World) line(source string, raw []byte) {
	id, name, ok := strings.Cut(source, "/")
	if ok && name == "postgres" { // which is for those who run the database
		w.sessions.statement(id, string(raw))
		ok = false
	}
	if !ok || id == "" {
		w.cfg.Log.Debug(string(raw), "process", source)
		return
	}
	w.Logs.Add(panels.Line{Round: id, Source: name, Text: string(raw)})
}

// Graphs is the source of the graphs tab: the monitoring of the open round.
func (w *World) Graphs() (panels.Query, []panels.Graph, bool) {
	m := w.recon.Monitors()
	if m == nil {
		return nil, nil, false
	}
	var graphs []panels.Graph
	for _, g := range monitoring.Graphs(monitoring.Rehearsal()) {
		graph := panels.Graph{Title: g.Title, Expr: g.Expr, Unit: g.Unit, Below: g.Below, Optional: g.Optional}
		if g.Threshold != 0 {
			graph.Threshold = &g.Threshold
		}
		graphs = append(graphs, graph)
	}
	return query{m}, graphs, true
}

// Round names the open round, for the runbooks; "": none is ready.
func (w *World) Round() string {
	if m := w.recon.Monitors(); m != nil {
		return m.Round()
	}
	return ""
}

// query speaks the panels' types.
type query struct{ *prom.Stack }

func (q query) QueryRange(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]panels.Series, error) {
	found, err := q.Stack.QueryRange(ctx, expr, from, to, step)
	if err != nil {
		return nil, err
	}
	var all []panels.Series
	for _, s := range found {
		line := panels.Series{Labels: s.Labels}
		for _, p := range s.Points {
			line.Points = append(line.Points, panels.Point{T: p.Time, V: p.Value})
		}
		all = append(all, line)
	}
	return all, nil
}
