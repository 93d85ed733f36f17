package postmortem

import (
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Definitions is printed under every set of numbers.
const Definitions = "TTD: fault injected to first expected alert. TTA: that alert to acknowledged. " +
	"TTR: that alert to the first good sample of the hold that proved recovery. Outage: first bad sample to that sample."

// Numbers are an incident's times. Zero stands for one that never came.
type Numbers struct {
	Onset  time.Duration // injected -> first bad sample
	TTD    time.Duration // injected -> first expected alert
	TTA    time.Duration // that alert -> acknowledged
	TTR    time.Duration // that alert -> first good sample of the hold
	Outage time.Duration // first bad sample -> that good sample
}

// NumbersOf computes an incident's times by the definitions above.
func NumbersOf(in round.Incident) Numbers {
	n := Numbers{
		Onset: between(in.Injected, in.Onset),
		TTD:   between(in.Injected, in.Paged),
		TTA:   between(in.Paged, in.Acked),
	}
	if in.Ending.Outcome == round.Resolved {
		n.TTR, n.Outage = between(in.Paged, in.Good), between(in.Onset, in.Good)
	}
	return n
}

func between(from, to time.Time) time.Duration {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return max(to.Sub(from), 0)
}

// measured is NumbersOf, without a time to repair where nobody repaired anything.
func (s *story) measured() Numbers {
	n := NumbersOf(s.in)
	if !s.acted {
		n.TTR = 0
	}
	return n
}

func (s *story) numbers() string {
	n := s.measured()
	part := func(name string, d time.Duration, came bool) string {
		if !came {
			return name + " never"
		}
		return name + " " + round.Spell(d)
	}
	paged, resolved := !s.in.Paged.IsZero(), s.in.Ending.Outcome == round.Resolved
	ttr := part("TTR", n.TTR, paged && resolved)
	if resolved && !s.acted {
		ttr = "TTR none, nothing had been changed"
	}
	return "**Numbers.** " + strings.Join([]string{
		part("TTD", n.TTD, paged),
		part("TTA", n.TTA, paged && !s.in.Acked.IsZero()), // at once, or even before the expected alert
		ttr,
	}, " · ")
}
