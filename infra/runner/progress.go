package runner

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// words says what each module of the stack is, for who watches it come.
var words = map[string]string{
	"":           "addresses",
	"api":        "shop",
	"box":        "inventory box",
	"database":   "database",
	"files":      "files",
	"guard":      "budget, firewall and audit trail",
	"identity":   "sign-in",
	"logs":       "log storage",
	"monitoring": "monitoring",
	"network":    "network",
	"site":       "pages",
}

// phaseOf is the part of the stack that a module belongs to:
// module.site.module.bucket is of the site.
func phaseOf(module string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(module, "module."), ".")
	name, _, _ = strings.Cut(name, "[")
	if word, ok := words[name]; ok {
		return word
	}
	return name
}

// teller turns what happens in an act into what its card shows.
type teller struct {
	tell  func(round.Progress)
	now   func() time.Time
	until time.Time // when it should be over

	mu      sync.Mutex
	phase   string
	done    int
	total   int
	perHour float64
	busy    []change // begun and not over, the oldest first
}

// say tells of something that Terraform does not tell of.
func (t *teller) say(phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phase = phase
	t.report()
}

func (t *teller) cost(perHour float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.perHour = perHour
}

// again begins another count: what an earlier try did stays done.
func (t *teller) again() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total, t.busy = t.done, nil
}

// hear follows Terraform. The phase is the part that is waited for longest, for
// much goes on at the same time.
func (t *teller) hear(e event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e.Type {
	case planned:
		t.total += e.Change.parts()
		return
	case begun:
		if e.Hook.parts() > 0 {
			t.busy = append(t.busy, e.Hook)
		}
	case completed, errored:
		before := len(t.busy)
		t.busy = slices.DeleteFunc(t.busy, func(c change) bool { return c == e.Hook })
		if e.Type == completed && len(t.busy) < before {
			t.done++
		}
	default: // a sign of life while something takes its time
	}
	if len(t.busy) > 0 {
		t.phase = phaseOf(t.busy[0].Resource.Module)
	}
	t.report()
}

// report tells how it stands. Called with mu held. What should be over and is
// not has no time at which it will be.
func (t *teller) report() {
	p := round.Progress{Phase: t.phase, Done: t.done, Total: t.total, PerHour: t.perHour}
	if t.until.After(t.now()) {
		p.Until = t.until
	}
	t.tell(p)
}

// count is how many things were done.
func (t *teller) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done
}
