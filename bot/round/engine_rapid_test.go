package round_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/chaotic-good/scenarios/bot/round"
)

// machine drives one engine after another over the same planet.
type machine struct {
	*planet
	life     *life
	engine   *round.Engine
	stop     func()
	config   round.Config
	commands sync.WaitGroup
	flying   int // commands that have not answered yet
	seen     map[string]int
}

func (m *machine) start(t *rapid.T) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &life{planet: m.planet, acting: map[round.ID][]string{}}
	c := m.config
	c.Ledger, c.Stacks, c.Identities, c.Pages, c.Faults, c.Prober, c.Trail = l, l, l, l, l, l, l
	e, err := round.New(ctx, c)
	if err != nil {
		cancel()
		t.Fatalf("no start on the events of an engine: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	m.life, m.engine = l, e
	m.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		m.commands.Wait()
		m.with(func() { l.dead = true })
	})
	t.Cleanup(m.stop)
	synctest.Wait()
}

// revive starts another process when this one has died.
func (m *machine) revive(t *rapid.T) {
	dead := false
	m.with(func() { dead = m.life.dead })
	if !dead {
		return
	}
	m.stop()
	m.seen["crash"]++
	m.start(t)
}

// check is what holds at any time.
func (m *machine) check(t *rapid.T) {
	synctest.Wait()
	m.with(func() {
		if len(m.wrong) > 0 {
			t.Fatalf("%s\nafter\n%s", strings.Join(m.wrong, "\n"), m.tail(25))
		}
	})
	m.revive(t)
}

func (p *planet) tail(n int) string {
	var b strings.Builder
	for _, e := range p.events[max(0, len(p.events)-n):] {
		fmt.Fprintf(&b, "%s by %s: %s\n", e.At.Format(time.TimeOnly), e.Actor.Name, spell(e))
	}
	return b.String()
}

// What happens next, as often as it stands here; rapid prefers what stands first.
var (
	steps      = []string{"near", "near", "near", "world", "world", "any"}
	happenings = []string{"alert", "wait", "crash", "fail", "wait", "slow", "crash", "alert", "health", "repair", "restart", "heal", "call"}
)

// farOff are the rules that refuse most of what is typed at random.
var farOff = []string{"role", "not-yours", "no-round", "no-incident"}

// command gives a command that is taken or nearly so, or any.
func (m *machine) command(t *rapid.T, commands []command, near bool) {
	type given struct {
		command
		by   round.Caller
		rule string
	}
	var all []given
	m.with(func() {
		for _, c := range commands {
			for _, by := range []round.Caller{admin, ana, viewer} {
				g := given{c, by, c.rule(by, m.current())}
				if !near || !slices.Contains(farOff, g.rule) && (c.what != "/status" || by.ID == ana.ID) {
					all = append(all, g)
				}
			}
		}
	})
	g := rapid.SampledFrom(all).Draw(t, "command")
	m.run(t, g.what, g.by, g.rule, func(ctx context.Context) error { return g.do(ctx, g.by) })
}

// run gives a command, which may take its time. Once nothing moves any more, it
// has answered as the model says, or is still on its way. A refusal leaves
// nothing behind but that somebody was there.
func (m *machine) run(t *rapid.T, what string, by round.Caller, want string, command func(context.Context) error) {
	before, dead, full := 0, false, false
	m.with(func() { before, full = len(m.events), m.fails["append"] })
	alone := m.flying == 0
	m.flying++
	m.commands.Add(1)
	answer := make(chan error, 1)
	go func() {
		defer m.commands.Done()
		err := command(context.Background())
		answer <- err
	}()
	synctest.Wait()
	var err error
	select {
	case err = <-answer:
		m.flying--
	default:
		m.seen[what+" takes time"]++
		go func() { <-answer; m.with(func() { m.flying-- }) }()
		return
	}
	m.with(func() { dead = m.life.dead })
	if dead || !alone {
		return
	}
	got := ""
	var refusal *round.Refusal
	switch {
	case errors.As(err, &refusal):
		got = refusal.Rule
	case err != nil && !full && !errors.Is(err, errAct):
		t.Fatalf("%s by %s: %v", what, by.Name, err)
	case err != nil:
		return
	}
	m.seen[what+" "+got]++
	if want != "?" && got != want {
		m.with(func() {
			t.Fatalf("%s by %s is refused by %q, want %q: %v\nafter\n%s", what, by.Name, got, want, err, m.tail(25))
		})
	}
	m.with(func() {
		for _, e := range m.events[before:] {
			if got != "" && e.Actor == by.Person && e.Kind != round.ActivitySeen {
				t.Fatalf("%s by %s was refused by %s and left %s", what, by.Name, got, spell(e))
			}
		}
	})
}

// TestEngineHistories gives commands, failures, crashes and time in any order,
// and in the end lets time run: by itself everything is rolled back, destroyed
// and closed.
func TestEngineHistories(t *testing.T) {
	seen := map[string]int{}
	history := func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			m := &machine{planet: newPlanet(), seen: seen}
			m.config = config(nil, nil)
			m.config.Tick, m.config.IncidentLimit, m.config.Lifetime, m.config.Idle = 2*time.Second, 5*time.Minute, 2*time.Hour, 30*time.Minute
			last := 90 * time.Minute // an idle round's, with the pauses of what failed
			if rapid.IntRange(0, 4).Draw(t, "patient") == 4 {
				m.config.Tick, m.config.Idle, last = 10*time.Second, 12*time.Hour, 9*time.Hour // the lifetime ends it
			}
			m.start(t)
			m.set(rapid.SampledFrom([]string{"", "", "provision", "", "rollback", "destroy"}).Draw(t, "fails from the start"), true, 0)
			commands, world := m.commandList(), m.worldActions()
			for range rapid.IntRange(10, 70).Draw(t, "steps") {
				switch rapid.SampledFrom(steps).Draw(t, "step") {
				case "near":
					m.command(t, commands, true)
				case "any":
					m.command(t, commands, false)
				default:
					world[rapid.SampledFrom(happenings).Draw(t, "happening")](t)
				}
				m.check(t)
			}
			m.rest(t, last)
		})
	}
	rapid.Check(t, history)
	t.Log(seen)
	for _, what := range []string{
		"crash", "restart", "closed by command", "closed by idle", "incident aborted", "incident failed",
		"act provision", "act issue", "act inject", "act rollback", "act revoke", "act extend", "act destroy",
	} {
		if seen[what] == 0 {
			t.Errorf("no history had a %s", what)
		}
	}
}

// rest lets everything work again and waits, for as long as a round may go on
// in which nobody does anything.
func (m *machine) rest(t *rapid.T, last time.Duration) {
	m.heal()
	m.with(func() { m.life.fuse = 0 })
	m.check(t)
	time.Sleep(last)
	m.check(t)
	m.with(func() {
		for id, r := range m.model.Rounds {
			if r.Phase != round.Closed {
				t.Errorf("%s is %s for ever, with %+v open", id, r.Phase, r.Open)
			}
			if m.stacks[id] || m.broken[id] {
				t.Errorf("%s is over; its stack stands: %v, its fault: %v", id, m.stacks[id], m.broken[id])
			}
			m.seen["closed by "+r.Why]++
			for _, in := range r.Past {
				m.seen["incident "+string(in.Outcome)]++
			}
		}
		if len(m.users) > 0 || m.flying > 0 {
			t.Errorf("users left: %v, commands without an answer: %d", m.users, m.flying)
		}
		if t.Failed() {
			t.Fatalf("after\n%s", m.tail(40))
		}
		for what, n := range m.did {
			m.seen["act "+what] += n
		}
		m.seen["events"] += len(m.events)
	})
	m.stop()
}
