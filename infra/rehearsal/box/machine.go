package box

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/rpc"
	"sync"
	"syscall"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// Config is everything a Machine needs from outside. No field is optional.
type Config struct {
	Log     *slog.Logger
	Group   *process.Group
	Argv    []string // of this binary as the box
	Name    string   // of the process
	Source  string   // under which its services' lines are shown
	Setup   Setup
	Changed func() // is called when State gives something new; must not block
}

// Machine is the process of one instance, seen from outside.
type Machine struct {
	cfg  Config
	proc *process.Process
	wire *rpc.Client

	mu    sync.Mutex
	why   string // it could not be given mounts
	state State
}

// errGone says that the machine's process has ended.
var errGone = errors.New("the box's process is gone")

// Start makes the machine. It is off. Where this machine of ours allows no
// mounts, the log volume is a quota, and State says why.
func Start(ctx context.Context, cfg Config) (*Machine, error) {
	m, err := start(ctx, cfg, true)
	if err == nil {
		return m, nil
	}
	without, err2 := start(ctx, cfg, false)
	if err2 != nil {
		return nil, fmt.Errorf("start a box: %w", errors.Join(err, err2))
	}
	without.mu.Lock()
	without.why = err.Error()
	without.mu.Unlock()
	return without, nil
}

func start(ctx context.Context, cfg Config, mounts bool) (*Machine, error) {
	ours, theirs, err := wires()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p, err := cfg.Group.Start(ctx, process.Spec{
		Name: cfg.Name, Source: cfg.Source, Path: cfg.Argv[0], Args: cfg.Argv[1:], Dir: "/", Files: files(theirs), Mounts: mounts,
		Signal: syscall.SIGTERM, Grace: 2 * time.Second, Log: logName(cfg.Name),
	})
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	m := &Machine{cfg: cfg, proc: p, wire: rpc.NewClient(ours)}
	var s State
	if err := m.ask(ctx, "Open", cfg.Setup, &s); err != nil {
		return nil, errors.Join(err, m.Close(ctx))
	}
	m.state = s
	go m.watch()
	return m, nil
}

// ask has the process do one thing. The end of ctx ends the wait, not the thing.
func (m *Machine) ask(ctx context.Context, what string, in, out any) error {
	call := m.wire.Go("Box."+what, in, out, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if errors.Is(call.Error, rpc.ErrShutdown) {
			return errGone
		}
		return call.Error
	case <-m.proc.Done():
		return errGone
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch keeps the state up to date until the process ends.
func (m *Machine) watch() {
	for {
		m.mu.Lock()
		have := m.state.Seq
		m.mu.Unlock()
		var s State
		if err := m.ask(context.Background(), "Watch", have, &s); err != nil {
			m.cfg.Changed()
			return
		}
		m.learn(s)
		m.cfg.Changed()
	}
}

func (m *Machine) learn(s State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Seq > m.state.Seq {
		m.state = s
	}
}

// State is what the machine does now.
func (m *Machine) State() State {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.Alive() {
		return State{}
	}
	s := m.state
	if m.why != "" {
		s.Why = m.why
	}
	return s
}

// PID is the process's id.
func (m *Machine) PID() int { return m.proc.PID() }

// Alive reports whether the process runs: hardware, not what runs on it.
func (m *Machine) Alive() bool {
	select {
	case <-m.proc.Done():
		return false
	default:
		return true
	}
}

// Switch boots or halts it, and returns when that is done. A machine that
// boots goes on starting its services.
func (m *Machine) Switch(ctx context.Context, p Power) error {
	var s State
	if err := m.ask(ctx, "Switch", p, &s); err != nil {
		return fmt.Errorf("switch %s: %w", m.cfg.Name, err)
	}
	m.learn(s)
	return nil
}

// Device says how large the log volume's device is from now on. Its file
// system stays as it is.
func (m *Machine) Device(ctx context.Context, bytes int64) error {
	var s State
	if err := m.ask(ctx, "Device", bytes, &s); err != nil {
		return fmt.Errorf("grow the volume of %s: %w", m.cfg.Name, err)
	}
	m.learn(s)
	return nil
}

// Run runs a script. It is an error only when nobody can say how it ended.
func (m *Machine) Run(ctx context.Context, s Script) (r Result, err error) {
	if err := m.ask(ctx, "Run", s, &r); err != nil {
		return r, fmt.Errorf("run a command on %s: %w", m.cfg.Name, err)
	}
	return r, nil
}

// Close ends the machine, with its disks and what runs on it.
func (m *Machine) Close(ctx context.Context) error {
	err := m.proc.Stop(ctx)
	return errors.Join(err, ignoreShutdown(m.wire.Close()))
}

func ignoreShutdown(err error) error {
	if errors.Is(err, rpc.ErrShutdown) {
		return nil
	}
	return err
}
