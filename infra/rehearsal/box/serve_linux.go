package box

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"sync"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

// Serve is the main function of a box's process. It obeys what comes in through
// file descriptor 3 and ends when nobody holds the other end any more.
func Serve(ctx context.Context) error {
	file := os.NewFile(3, "box")
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("this is the inside of a rehearsal's box, and nothing to start by hand: %w", err)
	}
	_ = file.Close() // FileConn has one of its own
	h := &hardware{changed: make(chan struct{})}
	defer h.halt(true)
	server := rpc.NewServer()
	if err := server.RegisterName("Box", &Box{h}); err != nil {
		return fmt.Errorf("serve a box: %w", err)
	}
	gone := make(chan struct{})
	go func() { server.ServeConn(conn); close(gone) }()
	select {
	case <-gone:
	case <-ctx.Done():
	}
	return nil
}

// hardware is the instance from inside.
type hardware struct {
	setup Setup
	disk  *disk
	root  *os.Root
	shell *shell.Shell
	units []*unit
	spawn *spawner

	power sync.Mutex // held while it boots or halts

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced by each change
	booted  time.Time
	off     context.CancelFunc // ends what runs in it
	live    context.Context
	once    map[string]context.CancelFunc // what waits to run once, by its unit's name
	doors   []func()                      // what has to be closed when the power goes
	sshAt   string                        // the ports that it keeps over a boot
	nodeAt  string
	hostKey gossh.Signer
}

// note changes the state and tells who waits for that.
func (h *hardware) note(change func(*State)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(&h.state)
	h.state.Seq++
	close(h.changed)
	h.changed = make(chan struct{})
}

// Box is what a Machine may ask. net/rpc wants it and its methods exported.
type Box struct{ h *hardware }

// Open makes the disks. It is the first call, and comes once.
func (b *Box) Open(s Setup, out *State) error {
	h := b.h
	h.setup, h.spawn = s, newSpawner()
	var err error
	if h.disk, err = openDisk(s); err != nil {
		return err
	}
	if h.root, err = os.OpenRoot(s.Dir); err != nil {
		return fmt.Errorf("open the box's disk: %w", err)
	}
	if err := h.image(); err != nil {
		return err
	}
	h.shell = shell.New(h.root, h)
	h.units = []*unit{newUnit(service, "The legacy inventory of the shop", h.inventory, h)}
	h.note(func(st *State) { st.Disk, st.Why, st.Device = h.disk.mode, h.disk.why, s.Bytes })
	return b.now(out)
}

func (b *Box) now(out *State) error {
	b.h.mu.Lock()
	defer b.h.mu.Unlock()
	*out = b.h.state
	return nil
}

// Watch answers when the state is another one than the caller has.
func (b *Box) Watch(have int64, out *State) error {
	for {
		b.h.mu.Lock()
		changed, seq := b.h.changed, b.h.state.Seq
		b.h.mu.Unlock()
		if seq != have {
			return b.now(out)
		}
		<-changed // the process ends with whoever would ever change it
	}
}

// Switch boots or halts.
func (b *Box) Switch(p Power, out *State) error {
	if p.On {
		if err := b.h.boot(p.Boots); err != nil {
			return err
		}
	} else {
		b.h.halt(p.Hard)
	}
	return b.now(out)
}

// Device sets the size of the log volume's device.
func (b *Box) Device(bytes int64, out *State) error {
	b.h.disk.setDevice(bytes)
	b.h.note(func(s *State) { s.Device = bytes })
	return b.now(out)
}

// Run runs a script for the SSM agent.
func (b *Box) Run(s Script, out *Result) error {
	live := b.h.alive()
	if live == nil {
		return errors.New("the box is off")
	}
	ctx, cancel := context.WithTimeout(live, s.Timeout)
	defer cancel()
	var err error
	out.Out, out.Err, out.Code, err = b.h.shell.Output(ctx, s.User, "/", s.Text)
	out.Cut = live.Err() != nil
	out.TimedOut = err != nil && !out.Cut
	return nil
}

// alive is the context of what runs in the box; nil while it is off.
func (h *hardware) alive() context.Context {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.live
}

// boot starts what runs in the box. One that runs is left alone.
func (h *hardware) boot(boots int) error {
	h.power.Lock()
	defer h.power.Unlock()
	if h.alive() != nil {
		return nil
	}
	live, off := context.WithCancel(context.Background())
	h.mu.Lock()
	h.live, h.off, h.booted, h.once = live, off, time.Now(), map[string]context.CancelFunc{}
	h.mu.Unlock()
	err := errors.Join(h.openSSH(live), h.openMetrics())
	for _, u := range h.units {
		u.log("systemd[1]", "Starting "+u.name+".service - "+u.about+"...")
		u.start()
	}
	h.note(func(s *State) { s.On, s.Boots = true, boots })
	return err
}

// halt ends what runs in the box: politely, or as a power cut does.
func (h *hardware) halt(hard bool) {
	h.power.Lock()
	defer h.power.Unlock()
	h.mu.Lock()
	off, doors := h.off, h.doors
	h.live, h.off, h.doors = nil, nil, nil
	h.mu.Unlock()
	if off == nil {
		return
	}
	off()
	for _, u := range h.units {
		u.stop(hard)
	}
	for _, shut := range doors {
		shut()
	}
	h.note(func(s *State) { s.On, s.Inventory, s.SSH, s.Metrics = false, "", "", "" })
}

// Crash stops the kernel from inside.
func (h *hardware) Crash() {
	h.note(func(s *State) { s.Crashed++ })
	go h.halt(true) // not here: a script that is waited for is what asked
}
