package monitoring

import (
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// An alert and its graph must not tell two stories.
func TestGraphsShowWhatTheAlertsJudge(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	sides := map[string][2]string{} // alert -> what it measures, threshold
	for _, r := range ruleNodes(t, Rehearsal()) {
		e, err := p.ParseExpr(r.Expr)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.(*parser.BinaryExpr); ok {
			sides[r.Alert] = [2]string{b.LHS.String(), b.RHS.String()}
		}
	}
	graphs := Graphs(Rehearsal())
	first, err := p.ParseExpr(graphs[0].Expr)
	if err != nil {
		t.Fatal(err)
	}
	if got := sides["ShopErrorRatioHigh"]; got != [2]string{first.String(), number(graphs[0].Threshold)} {
		t.Errorf("alert judges %v, graph shows %s", got, first)
	}
	byRoute, err := p.ParseExpr(strings.Replace(graphs[1].Expr, "(le, route)", "(le)", 1))
	if err != nil {
		t.Fatal(err)
	}
	if got := sides["ShopLatencyHigh"]; got != [2]string{byRoute.String(), number(graphs[1].Threshold)} {
		t.Errorf("alert judges %v, graph shows %s", got, byRoute)
	}
	reach := graphs[4]
	for _, alert := range []string{"ShopDatabaseUnreachable", "ShopInventoryDown"} {
		share, without := strings.CutPrefix(sides[alert][0], "1 - ")
		if without != reach.Below {
			t.Errorf("%s judges %s, and the graph of it is bad below its line: %v", alert, sides[alert][0], reach.Below)
		}
		e, err := p.ParseExpr(reach.Expr)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(e.String(), share) || sides[alert][1] != number(reach.Threshold) {
			t.Errorf("%s judges %s, graph shows %s", alert, share, e)
		}
	}
	disks := graphs[len(graphs)-1]
	if got := sides["BoxDiskFillingUp"]; got[0] != strings.Replace(disks.Expr, "max by (mountpoint) ", "max", 1) || got[1] != number(disks.Threshold) {
		t.Errorf("alert judges %v, graph shows %s", got, disks.Expr)
	}
	for _, g := range graphs {
		if g.Below && g.Title != reach.Title {
			t.Errorf("%s is bad below its line, its alert begins above it", g.Title)
		}
		if _, err := p.ParseExpr(g.Expr); err != nil {
			t.Errorf("%s: %v", g.Title, err)
		}
		if g.Title == "" || g.Unit == "" || strings.Contains(g.Expr, "$") {
			t.Errorf("graph %+v is not complete", g)
		}
	}
}

// TestGraphsOfWhatIsThere: what one stage alone has is optional, and its numbers
// are of two kinds.
func TestGraphsOfWhatIsThere(t *testing.T) {
	for _, g := range Graphs(Rehearsal()) {
		if pods := strings.Contains(g.Expr, "pods_"); pods != g.Optional || pods && g.Unit != "number" {
			t.Errorf("%s: optional %v, unit %s", g.Title, g.Optional, g.Unit)
		}
	}
}
