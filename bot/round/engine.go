package round

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config is everything an Engine needs from outside. No field is optional but
// Scouts, Ceiling, IncidentLimit and Idle.
type Config struct {
	Now        func() time.Time
	Log        *slog.Logger
	Ledger     Ledger
	Stacks     Stacks
	Identities Identities
	Pages      Pages
	Faults     Faults
	Prober     Prober
	Trail      Trail
	Catalogue  Catalogue
	Scouts     []Scout // that look before a provision, in the order in which they are heard

	Webhook       func(ID) Webhook                        // where a round's alerts come in
	PageBound     func(onset time.Duration) time.Duration // injection -> page, at most
	Pick          func(n int) int                         // draws 0..n-1, for surprises
	Tick          time.Duration                           // between two looks at the steady state
	Settle        time.Duration                           // how long /inject waits for the steady state
	Lifetime      time.Duration                           // of a round
	Ceiling       float64                                 // USD that a stack may cost in an hour; 0: any
	Retry         time.Duration                           // the first pause after a failed act; it doubles
	IncidentLimit time.Duration                           // overrides every scenario's limit; 0: does not
	Idle          time.Duration                           // without a command or a player's call, then the round ends; 0: 60 min
}

// Engine decides. Each method that a person's request reaches records what it
// decided before anything is touched, and each open round has one driver that
// does what its phase asks for, at start-up as after a command.
type Engine struct {
	cfg    Config
	starts chan ID

	mu        sync.Mutex
	state     *State
	wakes     map[ID]chan struct{}
	access    map[string]Access    // by user; never on disk
	acting    map[ID]int           // acts of people's commands that are under way in this process
	issuing   map[ID]bool          // keys are being made: two at once would end each other's
	looks     map[ID]looks         // at the open incidents
	offers    map[string]*offer    // by the admin who was asked
	prospects map[string]*prospect // of rounds, by the admin who was asked
	started   time.Time            // of this process, for clocks that a restart must not shorten
}

// New folds the ledger and gives an engine that has touched nothing yet. An
// event that is unknown or illegal is an error: the ledger is not guessed at.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{
		cfg: cfg, starts: make(chan ID, 64), state: NewState(), started: cfg.Now(),
		wakes: map[ID]chan struct{}{}, access: map[string]Access{}, acting: map[ID]int{},
		issuing: map[ID]bool{}, looks: map[ID]looks{}, offers: map[string]*offer{}, prospects: map[string]*prospect{},
	}
	if err := cfg.Ledger.Replay(ctx, 1, e.state.Apply); err != nil {
		return nil, fmt.Errorf("fold the ledger: %w", err)
	}
	for _, id := range e.state.Order {
		if e.state.Rounds[id].Phase != Closed {
			e.starts <- id
		}
	}
	return e, nil
}

// Run drives every open round until ctx ends, and returns when nothing that it
// started is under way any more. Open rounds stay open: the next start goes on
// with them.
func (e *Engine) Run(ctx context.Context) error {
	var drivers sync.WaitGroup
	defer drivers.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-e.starts:
			drivers.Go(func() { e.drive(ctx, id) })
		}
	}
}

// drive does what the round's phase asks for until it is closed.
func (e *Engine) drive(ctx context.Context, id ID) {
	for ctx.Err() == nil {
		r := e.snapshot(id)
		switch r.Phase {
		case Provisioning:
			e.provision(ctx, r)
		case Stuck:
			e.waitStuck(ctx, r)
		case Ready:
			e.watch(ctx, r)
		case Destroying:
			e.destroy(ctx, r)
		default:
			return
		}
	}
}

// snapshot copies the scalar parts of a round; its maps are not for reading.
func (e *Engine) snapshot(id ID) Round {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := *e.state.Rounds[id]
	if r.Open != nil {
		in := *r.Open
		r.Open = &in
	}
	r.Users, r.Alerts, r.Calls = nil, nil, nil
	return r
}

// record appends one event and folds it in. The event is checked against the
// tables first, so that nothing illegal ever reaches the disk.
func (e *Engine) record(ctx context.Context, actor Person, id ID, in IncidentID, kind Kind, data any) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.recordLocked(ctx, actor, id, in, kind, data)
}

func (e *Engine) recordLocked(ctx context.Context, actor Person, id ID, in IncidentID, kind Kind, data any) error {
	event, err := e.event(actor, id, in, kind, data)
	if err != nil {
		return err
	}
	return e.keepLocked(ctx, id, event)
}

// event makes an event that is legal now.
func (e *Engine) event(actor Person, id ID, in IncidentID, kind Kind, data any) (Event, error) {
	event := Event{Round: id, Incident: in, At: e.cfg.Now().UTC(), Actor: actor, Kind: kind}
	if data != nil {
		raw, err := json.Marshal(data)
		if err != nil {
			return event, fmt.Errorf("encode %s: %w", kind, err)
		}
		event.Data = raw
	}
	_, err := e.state.allows(event)
	return event, err
}

// keepLocked appends events of one round, all or none, and folds them in. More
// than one must not change a phase.
func (e *Engine) keepLocked(ctx context.Context, id ID, events ...Event) error {
	// An append that was begun is finished: a caller who hangs up must not leave
	// memory and disk apart.
	kept, err := e.cfg.Ledger.Append(context.WithoutCancel(ctx), events...)
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", events[0].Kind, id, err)
	}
	for _, k := range kept {
		if err := e.state.Apply(k); err != nil {
			return fmt.Errorf("fold what was just recorded: %w", err)
		}
	}
	e.wake(id)
	return nil
}

// wake tells a round's driver that something changed. Called with mu held.
func (e *Engine) wake(id ID) {
	select {
	case e.waker(id) <- struct{}{}:
	default:
	}
}

func (e *Engine) waker(id ID) chan struct{} {
	c := e.wakes[id]
	if c == nil {
		c = make(chan struct{}, 1)
		e.wakes[id] = c
	}
	return c
}

// woken gives the channel that a driver waits on.
func (e *Engine) woken(id ID) <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.waker(id)
}

// sleep waits for d, a wake-up or the end of ctx, whichever comes first.
func (e *Engine) sleep(ctx context.Context, id ID, d time.Duration) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-e.woken(id):
	}
}

// enterLocked notes that a command's act on the round is under way; leave ends
// it. A destroy waits for all of them. Called with mu held.
func (e *Engine) enterLocked(id ID) (leave func()) {
	e.acting[id]++
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.acting[id]--
		e.wake(id)
	}
}

func (e *Engine) busy(id ID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.acting[id] > 0
}

// bot is the actor of what nobody typed.
var bot = Person{ID: "bot", Name: "the bot"}

// backoff doubles the pause from the configured one, up to fifteen minutes.
func (e *Engine) backoff(attempt int) time.Duration {
	const most = 15 * time.Minute
	d := e.cfg.Retry
	for range max(attempt-1, 0) {
		if d *= 2; d >= most {
			return most
		}
	}
	return min(d, most)
}

// trouble logs an operator's error and gives the reference that people see.
func (e *Engine) trouble(ctx context.Context, what string, err error, attrs ...any) string {
	ref := reference(what, err, e.cfg.Now())
	e.cfg.Log.ErrorContext(ctx, what, append(attrs, "ref", ref, "error", err)...)
	return ref
}

func refused(err error) bool { return refusal(err) != nil }

// refusal gives the refusal in an error, if there is one.
func refusal(err error) *Refusal {
	var r *Refusal
	if !errors.As(err, &r) {
		return nil
	}
	return r
}
