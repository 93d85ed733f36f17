package postmortem

import (
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestHypothesisHeldOrNot(t *testing.T) {
	for name, c := range map[string]struct {
		outcome round.Outcome
		paged   time.Duration // after the injection; 0: never
		acted   bool
		want    string
	}{
		"repaired":               {round.Resolved, 10 * time.Second, true, "It will. **What can be measured of it held:** the page came after 10 s, and its bound is 20 s; somebody repaired it."},
		"paged late":             {round.Resolved, 30 * time.Second, true, "It will. **It did not hold:** the page came after 30 s, and its bound is 20 s."},
		"over by itself":         {round.Resolved, 10 * time.Second, false, "It will. **Half of it held:** the page came after 10 s, and its bound is 20 s; nobody was seen to repair it."},
		"not in time":            {round.TimedOut, 10 * time.Second, true, "It will. **Half of it held:** the page came after 10 s, and its bound is 20 s; nobody repaired it in time."},
		"aborted":                {round.Aborted, 10 * time.Second, false, "It will. It was not tested to its end: the page came after 10 s, and its bound is 20 s."},
		"aborted early":          {round.Aborted, 0, false, "It will. It was not tested to its end: no page had come yet."},
		"an exercise that broke": {round.Failed, 0, false, "It will. It was not tested."},
	} {
		s := story{acted: c.acted, in: round.Incident{Injected: time.Unix(1000, 0)}}
		s.in.Asked.Expected, s.in.Asked.Page, s.in.Ending.Outcome = "It\n  will.", 20*time.Second, c.outcome
		if c.paged > 0 {
			s.in.Paged = s.in.Injected.Add(c.paged)
		}
		if got := s.hypothesis(); got != "**Hypothesis.** "+c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := (&story{}).hypothesis(); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}
