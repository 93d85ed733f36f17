package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Times bound a round, and with it what somebody forgets to end.
type Times struct {
	Lifetime time.Duration // of a round
	Idle     time.Duration // of a round in which nobody does anything
	Incident time.Duration // of an incident; 0: as its scenario says
	Making   time.Duration // what the making of a stack takes, about
}

// longRound is from where on a round that somebody forgets is not cheap.
const longRound = 8 * time.Hour

// Check looks at whether the times go together.
func (t Times) Check() Check {
	return Check{"time-to-live", func(context.Context) Finding {
		var odd, mend []string
		add := func(is bool, says, do string) {
			if is {
				odd, mend = append(odd, says), append(mend, do)
			}
		}
		add(t.Lifetime > longRound, fmt.Sprintf("a round that somebody forgets costs money for %s", spell(t.Lifetime)), "a shorter `lifetime`; `/extend` adds an hour where one is needed")
		add(t.Lifetime < 2*t.Making, fmt.Sprintf("making a stack takes about %s of the %s that a round lasts", spell(t.Making), spell(t.Lifetime)), "a longer `lifetime`")
		add(t.Idle >= t.Lifetime, "the idle limit is never reached, because a round does not last longer", "an `idle` that is shorter than `lifetime`")
		add(t.Incident > t.Lifetime, "an incident may last longer than its round", "an `incident_limit` that is shorter than `lifetime`")
		if len(odd) > 0 {
			return Finding{Warning, "Odd: " + strings.Join(odd, "; ") + ".", "Consider " + strings.Join(mend, "; ") + "."}
		}
		return Well("A round is destroyed after %s, and after %s in which nobody does anything.", spell(t.Lifetime), spell(t.Idle))
	}}
}

// spell writes 4h and not 4h0m0s.
func spell(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
