package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// pollTime bounds one look at one Alertmanager.
const pollTime = 10 * time.Second

// settled is how long an Alertmanager has to be up before what it does not know
// counts as resolved: it starts with nothing, and Prometheus tells it again
// within a minute.
const settled = 2 * time.Minute

// Rounds tells whose Alertmanager is asked, and what it said last. Both come from
// the ledger, so a restart forgets nothing.
type Rounds interface{ Watched() []round.Watched }

// Doors gives the client that a round's monitoring lets in.
type Doors interface {
	Client(ctx context.Context, id round.ID) (*http.Client, error)
}

// PollerConfig is everything a Poller needs. No field is optional but Settled.
type PollerConfig struct {
	Log     *slog.Logger
	Rounds  Rounds
	Doors   Doors
	Sink    Sink
	Now     func() time.Time
	Every   time.Duration // between two looks
	Settled time.Duration // 0: two minutes
}

// Poller asks the Alertmanagers of all rounds what fires, for a bot that they
// cannot call. It feeds the same Sink as the Receiver, which recognises what it
// knows. An alert that is gone from a whole and well-formed answer has resolved;
// any other answer says nothing about anything.
type Poller struct {
	cfg   PollerConfig
	mu    sync.Mutex
	blind map[round.ID]bool // its latest look failed, which was logged
}

// NewPoller returns a Poller.
func NewPoller(cfg PollerConfig) (*Poller, error) {
	if cfg.Log == nil || cfg.Rounds == nil || cfg.Doors == nil || cfg.Sink == nil || cfg.Now == nil || cfg.Every <= 0 {
		return nil, errors.New("a poller needs Log, Rounds, Doors, Sink, Now and Every")
	}
	if cfg.Settled == 0 {
		cfg.Settled = settled
	}
	return &Poller{cfg: cfg, blind: map[round.ID]bool{}}, nil
}

// Run looks again and again until ctx ends, and then returns nil.
func (p *Poller) Run(ctx context.Context) error {
	tick := time.NewTicker(p.cfg.Every)
	defer tick.Stop()
	for {
		p.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look asks all rounds once, at the same time.
func (p *Poller) Look(ctx context.Context) {
	var all sync.WaitGroup
	for _, w := range p.cfg.Rounds.Watched() {
		all.Go(func() {
			err := p.look(ctx, w)
			if ctx.Err() == nil {
				p.note(ctx, w.Round, err)
			}
		})
	}
	all.Wait()
}

// look asks one Alertmanager and hands on what it says.
func (p *Poller) look(ctx context.Context, w round.Watched) error {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if w.Outputs.Alertmanager == "" {
		return errors.New("the stack names no Alertmanager")
	}
	client, err := p.cfg.Doors.Client(ctx, w.Round)
	if err != nil {
		return fmt.Errorf("get into the monitoring: %w", err)
	}
	base := strings.TrimSuffix(w.Outputs.Alertmanager, "/")
	heard, err := groups(ctx, client, base)
	if err != nil {
		return err
	}
	// Its age comes last: of one that starts anew in between, either the groups
	// are those from before, or it is too young to be believed.
	up, err := age(ctx, client, base, p.cfg.Now)
	if err != nil {
		return err
	}
	all := heard.firing
	if up >= p.cfg.Settled {
		all = append(all, gone(w.Firing, heard, p.cfg.Now().UTC())...)
	}
	if len(all) == 0 {
		return nil
	}
	var no *round.Refusal
	if err := p.cfg.Sink.Alerts(ctx, w.Round, all); err != nil && !errors.As(err, &no) { // the round may have ended
		return fmt.Errorf("keep what was heard: %w", err)
	}
	return nil
}

// gone is what fired by the latest word and is known no more.
func gone(fired []round.Alert, heard heard, now time.Time) (resolved []round.Alert) {
	for _, a := range fired {
		if heard.known[a.Fingerprint] {
			continue
		}
		a.Firing, a.EndsAt = false, now
		if now.Before(a.StartsAt) { // by another machine's clock
			a.EndsAt = a.StartsAt
		}
		resolved = append(resolved, a)
	}
	return resolved
}

// note logs when a round's Alertmanager is lost and when it is back, and not at
// each look between.
func (p *Poller) note(ctx context.Context, id round.ID, err error) {
	p.mu.Lock()
	was := p.blind[id]
	p.blind[id] = err != nil
	p.mu.Unlock()
	switch {
	case err != nil && !was:
		p.cfg.Log.WarnContext(ctx, "Alertmanager cannot be asked; nothing is taken for resolved until it can", "round", id, "error", err)
	case err == nil && was:
		p.cfg.Log.InfoContext(ctx, "Alertmanager can be asked again", "round", id)
	}
}
