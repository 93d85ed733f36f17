package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

// The cells of the proof: what is shown of each scenario, in each variant.
const (
	cellCalm      = "calm"      // without a fault the steady state holds, and no alert fires
	cellOnset     = "onset"     // it breaks, and pages, in the time that is stated
	cellUntouched = "untouched" // it stays broken when nobody does anything
	cellRollback  = "rollback"  // our rollback alone makes it well
	cellFix       = "fix"       // a right move makes it well
	cellWrong     = "wrong"     // a wrong move acts, and it stays broken
	cellGuard     = "guard"     // a trick is refused, or it stays broken
)

// trial is one look at one cell. Durations are in seconds; one that never came,
// or is not the cell's, is 0.
type trial struct {
	At       time.Time     `json:"at"`
	Cell     string        `json:"cell"`
	Scenario string        `json:"scenario"`
	Variant  string        `json:"variant,omitempty"`
	Move     string        `json:"move,omitempty"`
	OK       bool          `json:"ok"`
	Why      string        `json:"why,omitempty"`     // it is not
	Outcome  round.Outcome `json:"outcome,omitempty"` // of the incident
	Promise  round.Outcome `json:"promise,omitempty"`
	Guarded  string        `json:"guarded,omitempty"` // guard: "denied" by AWS, or the incident "stays open"

	Onset    float64 `json:"onset_s,omitempty"`     // injected -> first bad sample
	TTD      float64 `json:"ttd_s,omitempty"`       // injected -> page
	TTDBound float64 `json:"ttd_bound_s,omitempty"` // what the page may take
	TTR      float64 `json:"ttr_s,omitempty"`       // page -> first good sample of the hold
	Took     float64 `json:"took_s,omitempty"`      // calm: it held for; rollback: until the first good sample
}

// measured takes the times from an incident that has ended.
func (t *trial) measured(in round.Incident) {
	n := postmortem.NumbersOf(in)
	t.Outcome = in.Ending.Outcome
	t.Onset, t.TTD, t.TTDBound, t.TTR = seconds(n.Onset), seconds(n.TTD), seconds(in.Asked.Page), seconds(n.TTR)
}

func (t *trial) fails(format string, args ...any) {
	t.OK, t.Why = false, fmt.Sprintf(format, args...)
}

// what names the trial's cell in a table.
func (t trial) what() string {
	return strings.Join([]string{t.Scenario, t.Variant, t.Cell, t.Move}, "\t")
}

// title is the head of the table that grows while trials are made.
func title(out io.Writer) {
	fmt.Fprintf(out, "\n%-20s %-9s %-9s %-20s %-10s %7s %7s %7s %7s\n", "scenario", "variant", "cell", "move", "outcome", "onset", "TTD", "bound", "TTR")
}

// line adds the trial to that table.
func (t trial) line(out io.Writer) {
	outcome := string(t.Outcome)
	if t.Guarded != "" {
		outcome = t.Guarded
	}
	if t.Cell == cellCalm || t.Cell == cellRollback {
		outcome = fmt.Sprintf("%.0f s", t.Took)
	}
	fmt.Fprintf(out, "%-20s %-9s %-9s %-20s %-10s %7s %7s %7s %7s  %s\n", t.Scenario, t.Variant, t.Cell, t.Move, outcome,
		blank(t.Onset), blank(t.TTD), blank(t.TTDBound), blank(t.TTR), t.verdict())
}

func (t trial) verdict() string {
	if t.OK {
		return "ok"
	}
	return "FAILED: " + t.Why
}

func blank(s float64) string {
	if s == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", s)
}

// matrix sums the trials up, a line for each cell. It reports whether all were ok.
func matrix(out io.Writer, trials []trial) bool {
	cells := map[string][]trial{}
	var order []string
	for _, t := range trials {
		if cells[t.what()] == nil {
			order = append(order, t.what())
		}
		cells[t.what()] = append(cells[t.what()], t)
	}
	slices.SortStableFunc(order, func(a, b string) int {
		first, _, _ := strings.Cut(a, "\t")
		second, _, _ := strings.Cut(b, "\t")
		return cmp.Compare(first, second)
	})
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tvariant\tcell\tmove\tok\tonset\tTTD\tbound\tTTR")
	all := true
	for _, what := range order {
		list, ok := cells[what], 0
		for _, t := range list {
			if t.OK {
				ok++
			}
		}
		all = all && ok == len(list)
		fmt.Fprintf(w, "%s\t%d/%d\t%s\t%s\t%s\t%s\n", what, ok, len(list),
			spread(list, func(t trial) float64 { return t.Onset }), spread(list, func(t trial) float64 { return t.TTD }),
			blank(list[0].TTDBound), spread(list, func(t trial) float64 { return t.TTR }))
	}
	_ = w.Flush() // into a terminal
	return all
}

// spread is the median of what was measured, and the worst of it.
func spread(list []trial, of func(trial) float64) string {
	var values []float64
	for _, t := range list {
		if v := of(t); v > 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return ""
	}
	slices.Sort(values)
	middle := values[len(values)/2]
	if len(values)%2 == 0 {
		middle = (values[len(values)/2-1] + middle) / 2
	}
	if len(values) == 1 {
		return blank(middle)
	}
	return fmt.Sprintf("%s (%s)", blank(middle), blank(values[len(values)-1]))
}
