package reconcile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
)

// host is the machine of one instance. It is made beside the passes, because a
// process that opens its disks takes a while.
type host struct {
	id      string
	ready   chan struct{}
	crashes int
	typed   int // the number of the last line that was told

	mu      sync.Mutex
	machine *box.Machine // nil: it is still being made, or could not be
	failed  error
}

func (h *host) get() *box.Machine {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.machine
}

func (h *host) state() box.State {
	if m := h.get(); m != nil {
		return m.State()
	}
	return box.State{}
}

func (h *host) on() bool { return h.state().On }

func (h *host) view() Machine {
	m := h.get()
	h.mu.Lock()
	defer h.mu.Unlock()
	return Machine{Alive: h.failed == nil && (m == nil || m.Alive()), Device: h.deviceLocked()}
}

func (h *host) deviceLocked() int64 {
	if h.machine == nil {
		return 0
	}
	return h.machine.State().Device
}

// await gives the machine once it is made; nil: it could not be.
func (h *host) await(ctx context.Context) *box.Machine {
	select {
	case <-h.ready:
	case <-ctx.Done():
	}
	return h.get()
}

// halt ends what runs on it. A machine that is gone runs nothing.
func (h *host) halt(ctx context.Context, hard bool) {
	if m := h.await(ctx); m != nil {
		_ = m.Switch(ctx, box.Power{Hard: hard})
	}
}

// startBox boots an instance, and makes its machine before if it has none.
func (s *site) startBox(ctx context.Context, seen Host) {
	s.mu.Lock()
	h := s.machines[seen.ID]
	fresh := h == nil
	if fresh {
		h = &host{id: seen.ID, ready: make(chan struct{})}
		s.machines[seen.ID] = h
	}
	s.procs[seen.ID] = &proc{name: "inventory", host: h, boots: seen.Boots, began: time.Now()}
	s.mu.Unlock()
	s.stopping.Go(func() {
		if err := s.bringUp(ctx, h, fresh, seen); err != nil {
			s.complain(ctx, "reconcile: start a box", err)
			pause(ctx, sore)
		}
		s.r.poke()
	})
}

func (s *site) bringUp(ctx context.Context, h *host, fresh bool, seen Host) error {
	if fresh {
		m, err := s.makeMachine(ctx, h, seen)
		h.mu.Lock()
		h.machine, h.failed = m, err
		h.mu.Unlock()
		close(h.ready)
		if err != nil {
			return err // the next pass ends what there is of it
		}
	}
	m := h.await(ctx)
	if m == nil {
		return errors.New("it has no machine")
	}
	return m.Switch(ctx, box.Power{On: true, Boots: seen.Boots})
}

func (s *site) makeMachine(ctx context.Context, h *host, seen Host) (*box.Machine, error) {
	if err := os.MkdirAll(s.dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the round's folder: %w", err)
	}
	id := strings.ToLower(string(s.id))
	return box.Start(ctx, box.Config{
		Log: s.log, Group: s.r.cfg.Group, Argv: s.r.cfg.Box, Name: id + "/box " + seen.ID, Source: id + "/inventory",
		Setup: box.Setup{
			Dir: filepath.Join(s.dir, seen.ID), Name: "ip-" + strings.ReplaceAll(seen.Address, ".", "-"), Bytes: deviceOf(seen),
			Keys: seen.Keys, Shop: s.r.cfg.Shop, LogRate: s.r.cfg.LogRate, SSH: seen.Keys != "", Task: "inventory",
		},
		Changed: func() { s.boxChanged(h) },
	})
}

// boxChanged has a pass made. What only the box knows it tells EC2 first.
func (s *site) boxChanged(h *host) {
	h.mu.Lock()
	crashed := false
	var typed []box.Typed
	if h.machine != nil {
		is := h.machine.State()
		crashed, h.crashes = is.Crashed > h.crashes, max(is.Crashed, h.crashes)
		for _, t := range is.Typed {
			if t.N > h.typed {
				typed, h.typed = append(typed, t), t.N
			}
		}
	}
	h.mu.Unlock()
	for _, t := range typed {
		if s.r.cfg.Session != nil {
			s.r.cfg.Session(s.id, infra.Session{Service: round.Shell, Target: h.id, At: t.At, Line: t.Line, Looks: t.Looks})
		}
	}
	if crashed && s.r.cfg.Power != nil {
		s.r.cfg.Power.Crash(h.id)
	}
	s.r.poke()
}

func (s *site) sizeDevice(ctx context.Context, step Step) error {
	s.mu.Lock()
	h := s.machines[step.Thing]
	s.mu.Unlock()
	bytes, err := strconv.ParseInt(step.Detail, 10, 64)
	if h == nil || err != nil {
		return err
	}
	if m := h.get(); m != nil {
		return m.Device(ctx, bytes)
	}
	return nil
}

// endMachine ends a machine in the background, with its disks.
func (s *site) endMachine(ctx context.Context, id string) {
	s.mu.Lock()
	h := s.machines[id]
	delete(s.machines, id)
	delete(s.procs, id)
	s.mu.Unlock()
	if h == nil {
		return
	}
	s.stopping.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*grace)
		defer cancel()
		if m := h.await(ctx); m != nil {
			if err := m.Close(ctx); err != nil {
				s.log.WarnContext(ctx, "end a box", "instance", id, "error", err)
			}
		}
		if err := os.RemoveAll(filepath.Join(s.dir, id)); err != nil {
			s.log.WarnContext(ctx, "remove the disks of a box", "instance", id, "error", err)
		}
		s.r.poke()
	})
}

// Machine finds the machine of an instance; nil: it has none that is on.
func (r *Reconciler) Machine(instance string) *box.Machine {
	for _, s := range r.all() {
		s.mu.Lock()
		h := s.machines[instance]
		s.mu.Unlock()
		if h != nil && h.on() {
			return h.get()
		}
	}
	return nil
}
