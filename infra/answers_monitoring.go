package infra

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// askTime bounds one question to a monitoring that may not be there yet: a host
// whose group has no rule for us, or which does not run, lets callers hang.
const askTime = 10 * time.Second

// awaitMonitoring returns once Prometheus answers to who asks as the bot will ask
// it later, and sees some part of the stack. Its host starts late: it installs all
// that it runs, and writes its login on the way. One that does not come is a
// refusal, whose words say how far it came; the error around it has the details.
func (s *stack) awaitMonitoring(ctx context.Context, say func(what string)) error {
	p := NewProber(s.cfg.Log, s.cfg.Doors)
	target := round.Target{Round: s.names.Round, Outputs: s.outputs}
	why, last := "Prometheus did not answer", error(nil)
	err := s.until(ctx, s.cfg.Boot, "the monitoring", func(ctx context.Context) (bool, error) {
		say("waiting for monitoring")
		said, err := p.sees(ctx, target)
		if ctx.Err() == nil { // else it is over, and says nothing of the monitoring
			why, last = said, err
		}
		return err == nil, nil
	})
	if err == nil || ctx.Err() != nil {
		return err
	}
	return errors.Join(&round.Refusal{Rule: "monitoring", Passing: true, Say: fmt.Sprintf(
		"The stack of %s is there, but not its monitoring, without which nobody is paged: after %s, %s.", s.names.Round, round.Spell(s.cfg.Boot), why)}, last)
}

// sees asks Prometheus whether any of its targets is up; why is what to tell
// people when that is not so.
func (p *Prober) sees(ctx context.Context, t round.Target) (why string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	prometheus, why, err := p.enter(ctx, t)
	if err != nil {
		return why, err
	}
	value, _, _, err := prometheus.Query(ctx, "count(up == 1)", time.Time{})
	if err != nil {
		return "Prometheus did not answer", err
	}
	if _, err := single(value); err != nil {
		return "Prometheus sees no part of the stack", err
	}
	return "", nil
}
