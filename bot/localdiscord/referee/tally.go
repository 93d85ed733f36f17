package referee

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// tally is what referees have seen.
type tally struct {
	mu       sync.Mutex
	kinds    map[string]int // by operationId
	counts   counts
	rejected []string
}

type counts struct {
	requests int
	answers  int // that were judged
	refused  int // answers of the 400s
	failed   int // answers of the 500s, which Discord does not describe
	wrong    int // requests that were wrong on purpose
}

func newTally() tally { return tally{kinds: map[string]int{}} }

func (t *tally) count(operation string, deliberate bool, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kinds[operation]++
	t.counts.requests++
	switch {
	case status >= 500:
		t.counts.failed++
	case status >= 400:
		t.counts.answers++
		t.counts.refused++
	default:
		t.counts.answers++
	}
	if deliberate {
		t.counts.wrong++
	}
}

// reject notes what is wrong with one side of an exchange.
func (t *tally) reject(name, side, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rejected = append(t.rejected, fmt.Sprintf("%s of %s: %s", side, name, reason))
}

// Rejected lists what Discord would not have sent or taken, in words.
func (r *Referee) Rejected() []string {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	return slices.Clone(r.tally.rejected)
}

// String says how much has been seen, of how many kinds, and what became of it.
func (r *Referee) String() string { return r.tally.String() }

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind, t.kinds[kind]))
	}
	return fmt.Sprintf("OpenAPI: %d requests and %d answers of %d kinds: %d rejected (%d requests wrong on purpose, %d refusals, %d answers of the 500s): %s",
		c.requests, c.answers, len(kinds), len(t.rejected), c.wrong, c.refused, c.failed, strings.Join(kinds, ", "))
}

// all is what every referee of the program has seen together.
var all = newTally()

func (t *tally) add(more *tally) {
	more.mu.Lock()
	defer more.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for kind, n := range more.kinds {
		t.kinds[kind] += n
	}
	t.counts.requests += more.counts.requests
	t.counts.answers += more.counts.answers
	t.counts.refused += more.counts.refused
	t.counts.failed += more.counts.failed
	t.counts.wrong += more.counts.wrong
	t.rejected = append(t.rejected, more.rejected...)
}

// Watch puts a referee before a server until the test ends; then whatever it
// rejected fails the test. Call it before the clean-up that closes the server
// is registered, so that it sees everything. Without the description the test
// runs unwatched, and says so; where everything is required, it fails.
func Watch(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	r, err := New()
	if missing(err) && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Logf("nobody watches the requests: %v", err)
		return next
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, what := range r.Rejected() {
			t.Errorf("OpenAPI rejects the %s", what)
		}
		if r.tally.counts.requests > 0 {
			t.Log(r)
		}
		all.add(&r.tally)
	})
	return r.Watch(next)
}

// Main is what to run in place of m: in the end it prints what all tests of
// the package have seen.
func Main(m *testing.M) Program { return Program{m} }

// Program is the tests of a package.
type Program struct{ tests *testing.M }

// Run runs the tests.
func (p Program) Run() int {
	status := p.tests.Run()
	if all.counts.requests > 0 {
		fmt.Println(&all)
	}
	return status
}
