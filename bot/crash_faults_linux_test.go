package main

import (
	"context"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/monitoring"
	"github.com/chaotic-good/scenarios/scenarios"
)

// TestCrashOfEachFault: whatever kind of fault is applied or undone, the bot is
// killed after each of its writes at AWS, and started again. It rolls back, or
// goes on rolling back, and nothing of the fault remains. The catalogue is the
// table: a new kind is in it with its scenario. Two worlds share the work, most
// of which is waiting.
func TestCrashOfEachFault(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a round for each kind of fault")
	}
	ownPlace(t)
	catalogue, err := scenarios.Load(scenarios.Files, monitoring.Autoplay())
	if err != nil {
		t.Fatal(err)
	}
	ways := waysOfKinds(t, catalogue)
	cut := len(ways) * 3 / 4 // of those that come then, one takes as long as four others
	for name, some := range map[string][]round.Scenario{"one world": ways[:cut], "another": ways[cut:]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crashOfFaults(t, some)
		})
	}
}

// crashOfFaults plays a round with each of the faults, in one world.
func crashOfFaults(t *testing.T, ways []round.Scenario) {
	// Faults of many alike writes are killed at the first two of them.
	c := choice{nth: map[string]int{"AWS": 2}, most: 40, perIncident: true, only: regexp.MustCompile(`incident (injecting|rolling_back)`)}
	if *crashAll {
		c.nth["ledger"], c.only = 1, regexp.MustCompile(`incident (injecting|rolling_back)|(fault|rollback)\.`)
	}
	p, m := crashStage(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
	defer cancel()
	if err := p.cast(ctx); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, w := range ways {
		name := strings.Join(kindsOf(w.Fault), "+")
		ended := t.Run(name, func(t *testing.T) {
			n++ // a round that is left out is none
			m.tells(name)
			p.scenario, p.variant = w.ID, w.Variant
			if kills, _ := m.round(ctx, t, p, round.RoundID(n), aborted); kills < 2 {
				t.Errorf("%d kills; want one in the injection, and one in the rollback", kills)
			}
		})
		if !ended {
			t.FailNow() // the next round would begin in this one
		}
	}
	m.rest()
	t.Logf("\n%s", m.table())
}

// waysOfKinds takes scenarios until each kind of fault that one needs is there.
func waysOfKinds(t *testing.T, catalogue *scenarios.Catalogue) (some []round.Scenario) {
	t.Helper()
	all, err := (&series{catalogue: catalogue}).ways("")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, w := range all {
		fresh := false
		for _, k := range kindsOf(w.Fault) {
			fresh, seen[k] = fresh || !seen[k], true
		}
		if fresh {
			some = append(some, w)
		}
	}
	return some
}

func kindsOf(f round.Fault) []string {
	kinds := []string{f.Kind}
	for _, also := range f.Also {
		kinds = append(kinds, kindsOf(also)...)
	}
	return kinds
}

// tells says what the rounds from now on are about: their points are others.
func (c *crasher) tells(about string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.about = about
}

// untouched is the stack as nobody broke it: how many there are of each kind of
// thing, and what the fault says that it would do.
type untouched struct {
	counts map[string]int
	blast  string
}

var digits = regexp.MustCompile(`[0-9]+`)

// seen takes a picture of the stack.
func (p *crashRound) seen(ctx context.Context) (u untouched, ok bool) {
	list, err := p.stage.world.Inventory(ctx)
	if err != nil {
		return u, false
	}
	u.counts = map[string]int{}
	for _, what := range list {
		kind := what[:strings.LastIndex(what, " ")]
		if kind != "file" { // logs come and go
			u.counts[kind]++
		}
	}
	// How many tasks run is the service's own affair, which scales by its traffic.
	// One-off tasks that are left would make the plan below refuse.
	tasks := u.counts["process"]
	u.counts["network interface"] -= tasks
	u.counts["running "+string(p.id)] -= tasks
	delete(u.counts, "process")
	text := p.waits(ctx, p.admin, "/inject dry_run:true", func(ctx context.Context) (localdiscord.Message, error) {
		return p.admin.Ask(ctx, "operations", "inject", p.fault(map[string]any{"dry_run": true}))
	})
	_, blast, ok := strings.Cut(text, "**Blast radius:** ")
	u.blast, _, _ = strings.Cut(blast, "\n")
	u.blast = digits.ReplaceAllString(u.blast, "n") // of addresses that are free, for one
	return u, ok
}

// nothingRemains compares the stack with what it was before the first injection.
// Tasks that end take a moment, and a service that has scaled out takes a minute
// of calm to scale in again.
func (p *crashRound) nothingRemains(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	for {
		now, ok := p.seen(ctx)
		if ok && maps.Equal(now.counts, p.calm.counts) && now.blast == p.calm.blast {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			p.fails("something of the fault remains: there was %+v and there is %+v", *p.calm, now)
			return
		}
	}
}

// fault is the options by which /inject names this round's scenario.
func (p *crashRound) fault(options map[string]any) map[string]any {
	options["scenario"] = p.scenario
	if p.variant != "" {
		options["variant"] = p.variant
	}
	return options
}
