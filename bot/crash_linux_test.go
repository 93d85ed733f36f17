package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var (
	crashAll  = flag.Bool("crash.all", false, "kill the bot at every point of a round, not at a sample of them")
	crashAt   = flag.String("crash.at", "", "kill the bot at the points that match this `expression`, to see a failure again")
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
	// The sample: each family in turn, at the kinds of points that were not tried.
	once := map[string]int{"ledger": 1, "AWS": 1, "Discord": 1}
	c, stories, again, least, most := choice{nth: once, gap: 7, most: 18, turns: true}, []story{whole, early, aborted}, false, 25, 10*time.Minute
	if *crashAll || *crashAt != "" {
		// A stack has seven of some things, and a write for each.
		c = choice{nth: map[string]int{"ledger": 2, "AWS": 7, "Discord": 2}, gap: 2, most: 50}
		stories, again, least, most = []story{whole, aborted, inside, early}, true, 150, time.Hour
	}
	if *crashAt != "" {
		c.gap, c.only, least = 0, regexp.MustCompile(*crashAt), 1
	}
	ownPlace(t)
	p, m := crashStage(t, c)
	m.late(*crashFrom)
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	if err := p.cast(ctx); err != nil {
		t.Fatal(err)
	}
	n := 1
	for ; len(stories) > 0; n++ {
		s := stories[0]
		stories = stories[1:]
		kills, ended := m.round(ctx, t, p, round.RoundID(n), s)
		if !ended {
			break
		}
		if again && kills > 2 { // a busy machine can always find one more
			stories = append(stories, s)
		}
	}
	if *crashAll && *crashAt == "" {
		m.aims(ctx, t, p, n)
	}
	m.rest()
	m.hear(commit{When: "opened", Events: p.events(t, 1)})
	t.Logf("\n%s", m.table())
	tried, untried := m.verdict(t)
	if tried < least {
		t.Errorf("%d points tried, want %d", tried, least)
	}
	if *crashAll {
		t.Logf("met in the wake of another death, never again, and so never killed at: %q", untried)
		for _, kind := range m.missed() {
			t.Errorf("met while it was aimed at, and never killed at: %s", kind)
		}
	}
}

// aims plays more rounds, from the n-th, in which the bot is killed at each kind
// of point at which it never was, as soon as it comes there.
func (c *crasher) aims(ctx context.Context, t *testing.T, p *rehearsed, n int) {
	c.mu.Lock()
	c.aimed = true
	c.mu.Unlock()
	for _, s := range []story{whole, aborted, inside, early, whole, aborted, inside, early} {
		_, left := c.verdict(t)
		if len(left) == 0 || t.Failed() {
			return
		}
		t.Logf("aimed at %d kinds", len(left))
		if _, ended := c.round(ctx, t, p, round.RoundID(n), s); !ended {
			return
		}
		n++
	}
}

// missed lists the kinds that were met while they were aimed at, and missed.
func (c *crasher) missed() (kinds []point) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind := range c.again {
		if !c.kinds[kind] {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// round plays one round and checks it. It reports how often the bot died, and
// whether another round makes sense.
func (c *crasher) round(ctx context.Context, t *testing.T, p *rehearsed, id round.ID, s story) (kills int, ended bool) {
	began := time.Now()
	r := &crashRound{rehearsed: p, crasher: c, id: id, story: s, fixed: map[round.IncidentID]bool{}}
	if r.check = r.people(t); c.about != "" {
		r.check = r.nothingRemains
	}
	c.begin()
	patience, cancel := context.WithTimeout(ctx, 6*time.Minute)
	defer cancel()
	if err := r.play(patience); err != nil {
		c.fails("%v", err)
	} else {
		r.ends(ctx, t)
		ended = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("%s, %s: %d kills in %.0f s", id, s, c.kills, time.Since(began).Seconds())
	c.reportLocked(t)
	return c.kills, ended
}

// reportLocked fails the test with what it was not told yet.
func (c *crasher) reportLocked(t *testing.T) {
	for ; c.reported < len(c.wrong); c.reported++ {
		t.Error(c.wrong[c.reported])
	}
}

// verdict counts the points that were tried, and lists the kinds of points that
// were met and never were.
func (c *crasher) verdict(t *testing.T) (tried int, untried []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reportLocked(t)
	kinds := maps.Clone(c.kinds)
	for p := range c.met {
		if p.nth = 0; !kinds[p] {
			kinds[p] = true
			untried = append(untried, fmt.Sprintf("%s: %s %s", p.family, p.when, p.label))
		}
	}
	return len(c.tried), untried
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
