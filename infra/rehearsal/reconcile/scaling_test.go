package reconcile

import (
	"testing"
	"time"
)

// TestTracker: what a policy asks for, second by second.
func TestTracker(t *testing.T) {
	policy := Scaling{Least: 2, Most: 6, Target: 17}
	type look struct {
		at      time.Duration
		traffic float64
		serving int
		desired int
		want    int
	}
	for name, looks := range map[string][]look{
		"calm":                                 {{0, 30, 2, 2, 2}, {2 * time.Minute, 30, 2, 2, 2}},
		"a campaign":                           {{0, 65, 2, 2, 4}, {time.Second, 65, 4, 4, 4}},
		"a campaign whose tasks find no place": {{0, 65, 2, 4, 4}, {time.Minute, 65, 2, 4, 4}},
		"more than there may be":               {{0, 500, 2, 2, 6}},
		"nobody serves":                        {{0, 30, 0, 2, 2}},
		"nobody comes":                         {{0, 0, 2, 2, 2}, {2 * time.Minute, 0, 2, 2, 2}},
		"the campaign is over": {
			{0, 30, 4, 4, 4}, {59 * time.Second, 30, 4, 4, 4}, {time.Minute, 30, 4, 4, 2},
		},
		"it is over, but for a moment": {
			{0, 30, 4, 4, 4}, {40 * time.Second, 65, 4, 4, 4}, {70 * time.Second, 30, 4, 4, 4}, {129 * time.Second, 30, 4, 4, 4}, {130 * time.Second, 30, 4, 4, 2},
		},
		"a person's count stands":                       {{0, 30, 2, 5, 5}, {30 * time.Second, 30, 5, 5, 5}},
		"a person's count while tasks cannot be placed": {{0, 65, 2, 6, 6}, {2 * time.Minute, 65, 2, 6, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			var tr tracker
			began := time.Unix(1_000_000, 0)
			for _, l := range looks {
				if got := tr.ask(policy, l.traffic, l.serving, l.desired, began.Add(l.at)); got != l.want {
					t.Errorf("after %s it wants %d of %d, not %d", l.at, got, l.desired, l.want)
				}
			}
		})
	}
}
