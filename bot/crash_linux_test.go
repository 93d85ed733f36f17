package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var (
	crashAll  = flag.Bool("crash.all", false, "kill the bot at every point of a round, not at a sample of them")
	crashFrom = flag.Int("crash.from", 0, "let the sample begin so many points later")
)

// The bot is killed before and after each commit to its ledger, after each AWS
// write and before its answer, and before and after each call to Discord, and
// started again. People go on with their round, which has to end as if nothing
// had happened.
func TestCrashMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays rounds whose bot is killed again and again")
	}
	c, rounds, most := choice{nth: 1, gap: 15, most: 18, turns: true}, 2, 4*time.Minute
	if *crashAll {
		c, rounds, most = choice{nth: 9, gap: 2, most: 30}, 30, 40*time.Minute
	}
	p, m := crashStage(t, c)
	m.passed, m.turn = -*crashFrom, *crashFrom%len(families)
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	if err := p.cast(ctx); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= rounds; n++ {
		began := time.Now()
		r := &crashRound{rehearsed: p, crasher: m, id: round.RoundID(n), fixed: map[round.IncidentID]bool{}}
		r.check = r.people(t)
		m.begin()
		ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
		if err := r.play(ctx); err != nil {
			m.fails("%v", err)
			cancel()
			break
		}
		r.ends(ctx, t)
		cancel()
		t.Logf("%s: %d kills in %.0f s", r.id, m.kills, time.Since(began).Seconds())
		if m.kills == 0 {
			break // there is no point left
		}
	}
	m.rest()
	t.Logf("\n%s", m.table())
	for _, what := range m.wrong {
		t.Error(what)
	}
}

// table counts the points.
func (c *crasher) table() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "family\twhen\tpoints tried\tpoints met\tkinds tried\tkinds met")
	for _, family := range families {
		for _, when := range []string{"before", "after"} {
			tried, triedKinds := tally(c.tried, family, when)
			met, metKinds := tally(c.met, family, when)
			if met > 0 {
				fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\n", family, when, tried, met, triedKinds, metKinds)
			}
		}
	}
	_ = w.Flush() // into memory
	fmt.Fprintf(&b, "%d points tried, %d failures\n", len(c.tried), len(c.wrong))
	return b.String()
}

func tally(points map[point]bool, family, when string) (n, kinds int) {
	labels := map[string]bool{}
	for p := range points {
		if p.family == family && p.when == when {
			n++
			labels[p.label] = true
		}
	}
	return n, len(labels)
}
