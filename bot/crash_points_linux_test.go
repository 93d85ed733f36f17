package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// point is a place in a round at which the bot can be killed.
type point struct {
	family string // ledger, AWS, Discord
	when   string // before, after
	label  string // what the bot was doing
	nth    int    // how often it had done that in this round
}

func (p point) String() string {
	return fmt.Sprintf("%s: %s %s (%d)", p.family, p.when, p.label, p.nth)
}

var families = []string{"ledger", "AWS", "Discord"}

// choice says at which points the bot is killed.
type choice struct {
	nth   map[string]int // by family: only the first so many of each label in a round
	gap   int            // so many points pass between two kills
	most  int            // kills in one round
	turns bool           // the families take turns
	only  *regexp.Regexp // nil: any point

	perIncident bool // nth counts in each incident, not in the round
}

// crasher kills the bot where it was chosen to die, and knows all that the bot
// was told is on its disk.
type crasher struct {
	choice
	log *spool

	mu      sync.Mutex
	bot     *process.Process // alive, and may be killed; nil: not now
	typing  string           // the command that a person waits for
	passed  int              // points since the last kill
	turn    int              // whose turn it is
	kills   int              // in this round
	met     map[point]bool   // in this round or an earlier one
	tried   map[point]bool
	count   map[point]int  // in this round, or incident, by point without nth
	kinds   map[point]bool // points without nth, at which the bot was killed
	aimed   bool           // kill at kinds that are not among those, at once, and else only now and then
	again   map[point]bool // kinds that were met while that was so
	about   string         // what the round is about, where that makes its points others
	inside  round.IncidentID
	history []point // in this round

	acked  []round.Event // what Append returned, or a restart found; by sequence
	early  map[uint64]round.Event
	state  *round.State
	grown  chan struct{}
	passes uint64 // the announcer's cursor
	faults map[round.IncidentID]int

	wrong    []string
	reported int // of those
}

func newCrasher(c choice) *crasher {
	return &crasher{
		choice: c, log: &spool{}, met: map[point]bool{}, tried: map[point]bool{}, kinds: map[point]bool{}, again: map[point]bool{}, count: map[point]int{},
		early: map[uint64]round.Event{}, state: round.NewState(), grown: make(chan struct{}), faults: map[round.IncidentID]int{},
	}
}

// late lets the sample begin so many points later.
func (c *crasher) late(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed, c.turn = -by, by%len(families)
}

// begin begins a round.
func (c *crasher) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.count)
	c.kills, c.history = 0, nil
}

// fails notes what may not be.
func (c *crasher) fails(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failsLocked(format, args...)
}

func (c *crasher) failsLocked(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if n := len(c.history); n > 0 {
		line += fmt.Sprintf("; the last kills: %v", c.history[max(0, n-3):])
	}
	c.wrong = append(c.wrong, line)
}

// wake is how many points pass between two deaths of an aimed round at kinds that
// were tried: some come only in the wake of a death.
const wake = 25

// hit is a point that the bot has come to. It returns true when the bot is dead.
func (c *crasher) hit(p point, by int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bot == nil || by != 0 && by != c.bot.PID() {
		return false // what a dead bot still had under way
	}
	if c.about != "" {
		p.label += " of " + c.about
	}
	if _, open := c.phaseLocked(); c.perIncident && open != c.inside {
		clear(c.count)
		c.inside = open
	}
	c.count[p]++
	p.nth = c.count[p]
	if p.nth > c.nth[p.family] {
		return false
	}
	c.met[p] = true
	c.passed++
	kind := p
	kind.nth = 0
	if c.aimed {
		c.again[kind] = true
	}
	switch {
	case c.aimed && (c.kills >= c.most || c.kinds[kind] && c.passed <= wake):
		return false
	case c.aimed:
	case c.tried[p], c.kills >= c.most, c.passed <= c.gap, c.only != nil && !c.only.MatchString(p.String()):
		return false
	case c.turns && p.family != families[c.turn] && c.passed <= 3*c.gap:
		return false
	}
	bot := c.bot
	c.bot = nil
	c.tried[p], c.kinds[kind] = true, true
	c.history = append(c.history, p)
	c.kills++
	c.passed, c.turn = 0, (slices.Index(families, p.family)+1)%len(families)
	fmt.Fprintln(c.log, "killed", p)
	bot.Kill() // SIGKILL
	<-bot.Done()
	return true
}

// ServeHTTP takes the bot's word about its commits.
func (c *crasher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var said commit
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		return // it died in the middle of a word
	}
	c.hear(said)
	if said.When == "opened" {
		return
	}
	if c.hit(point{family: "ledger", when: said.When, label: c.named(said)}, said.PID) {
		panic(http.ErrAbortHandler) // nobody is there any more
	}
}

// named says what a commit is about.
func (c *crasher) named(said commit) string {
	if said.What != "cursor" {
		return said.What
	}
	return "cursor past " + c.kindOf(said.Seq)
}

// kindOf names an event. The announcer can be faster than the word that an event
// is on the disk, which is on its way then.
func (c *crasher) kindOf(seq uint64) string {
	late := time.NewTimer(time.Second)
	defer late.Stop()
	for {
		var kind string
		grown := c.look(func(_ *round.State, all []round.Event) {
			if seq > 0 && seq <= uint64(len(all)) {
				kind = string(all[seq-1].Kind)
			}
		})
		if kind != "" {
			return kind
		}
		select {
		case <-grown:
		case <-late.C:
			return "something"
		}
	}
}

// wrote is told of every AWS write, after it happened and before its caller
// gets the answer.
func (c *crasher) wrote(call gateway.Call, by string) {
	if call.Principal != by {
		return
	}
	c.mu.Lock()
	phase, open := c.phaseLocked()
	if call.Action == "RevokeSecurityGroupIngress" && c.about == "" && phase != string(round.Destroying) {
		c.faultLocked(phase, open)
	}
	c.mu.Unlock()
	c.hit(point{family: "AWS", when: "after", label: call.Service + ":" + call.Action + ", " + phase}, 0)
}

// faultLocked counts what the fault did: once for an incident, and not after
// its end was asked for.
func (c *crasher) faultLocked(phase string, open round.IncidentID) {
	c.faults[open]++
	if open == "" || phase != "incident "+string(round.Injecting) {
		c.failsLocked("the fault was applied in the phase %s", phase)
	}
	if c.faults[open] > 1 {
		c.failsLocked("the fault of %s was applied %d times", open, c.faults[open])
	}
}

// phaseLocked says where the latest round is.
func (c *crasher) phaseLocked() (string, round.IncidentID) {
	if len(c.state.Order) == 0 {
		return "no round", ""
	}
	r := c.state.Rounds[c.state.Order[len(c.state.Order)-1]]
	if r.Open != nil && r.Phase != round.Destroying {
		return "incident " + string(r.Open.Phase), r.Open.ID
	}
	return string(r.Phase), ""
}
