package runner

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// The acts whose durations are learned.
const (
	actProvision = "provision"
	actDestroy   = "destroy"
)

// firsts is how long an act is expected to take before any was measured. The
// longest chain of a stack decides: its network, then the database (5 to 8
// minutes), then the services that wait for it, then the monitoring; and on the
// way back the distribution, which has to be disabled first (5 to 10), then the
// database (3 to 6).
var firsts = map[string]time.Duration{actProvision: 14 * time.Minute, actDestroy: 13 * time.Minute}

// remembered is how many durations of an act are kept; the median of them is
// expected.
const remembered = 5

// times is the file of what acts took, in seconds, by stage and act. A file that
// cannot be read is begun anew: it only informs.
type times struct {
	path string
	mu   sync.Mutex
}

func (t *times) read() map[string][]float64 {
	all := map[string][]float64{}
	text, err := os.ReadFile(t.path)
	if err != nil || json.Unmarshal(text, &all) != nil {
		return map[string][]float64{}
	}
	return all
}

// expect is how long an act should take.
func (t *times) expect(stage, act string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	took := t.read()[stage+" "+act]
	if len(took) == 0 {
		return firsts[act]
	}
	slices.Sort(took)
	return time.Duration(took[len(took)/2] * float64(time.Second))
}

// learn keeps how long an act took.
func (t *times) learn(stage, act string, took time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	all, key := t.read(), stage+" "+act
	list := append(all[key], took.Seconds())
	all[key] = list[max(0, len(list)-remembered):]
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("keep how long a %s took: %w", act, err)
	}
	return writeWhole(t.path, append(text, '\n'))
}
