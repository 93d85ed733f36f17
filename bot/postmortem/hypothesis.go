package postmortem

import (
	"fmt"
	"strings"

	"github.com/chaotic-good/scenarios/bot/round"
)

// hypothesis repeats what the exercise expected, and says whether it held: the
// page came within its bound, and somebody repaired it. Empty: nothing was
// written down.
func (s *story) hypothesis() string {
	text := strings.Join(strings.Fields(s.in.Asked.Expected), " ")
	if text == "" {
		return ""
	}
	return "**Hypothesis.** " + text + " " + s.held()
}

func (s *story) held() string {
	n, bound := s.measured(), s.in.Asked.Page
	page := fmt.Sprintf("the page came after %s, and its bound is %s", round.Spell(n.TTD), round.Spell(bound))
	switch outcome := s.in.Ending.Outcome; {
	case outcome == round.Failed:
		return "It was not tested."
	case s.in.Paged.IsZero():
		return "It was not tested to its end: no page had come yet."
	case n.TTD > bound:
		return "**It did not hold:** " + page + "."
	case outcome == round.Aborted:
		return "It was not tested to its end: " + page + "."
	case outcome == round.TimedOut:
		return "**Half of it held:** " + page + "; nobody repaired it in time."
	case !s.acted:
		return "**Half of it held:** " + page + "; nobody was seen to repair it."
	}
	return "**What can be measured of it held:** " + page + "; somebody repaired it."
}
