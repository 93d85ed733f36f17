package netpath

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// backlog is how many connections may wait while the path is open.
const backlog = 128

// Path is one direction between two hosts, open from Open to Close.
type Path struct {
	cfg   Config
	guard int // a socket that is bound and never listens: it keeps the port ours
	addr  *unix.SockaddrInet4

	mu      sync.Mutex // one switch at a time
	closed  bool
	state   State
	ln      *net.TCPListener // nil while refused
	plugs   plugs            // only while dropped
	serving sync.WaitGroup

	links links
}

// Open makes a path in state Allowed. The end of ctx does not close it.
func Open(ctx context.Context, cfg Config) (*Path, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg.Target == nil {
		return nil, fmt.Errorf("open path %s: no target", cfg.Name)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	guard, err := bound(&unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	if err != nil {
		return nil, fmt.Errorf("open path %s: %w", cfg.Name, err)
	}
	p := &Path{cfg: cfg, guard: guard, links: links{all: make(map[*link]bool)}}
	at, err := unix.Getsockname(guard)
	if err == nil {
		p.addr = at.(*unix.SockaddrInet4)
		p.ln, err = listen(p.addr, backlog)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open path %s: %w", cfg.Name, err), unix.Close(guard))
	}
	p.serve()
	return p, nil
}

// Addr is where clients dial. It stays the same for the life of the path.
func (p *Path) Addr() string { return fmt.Sprintf("127.0.0.1:%d", p.addr.Port) }

// State returns the state that the path is in.
func (p *Path) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Set puts the path in a state, and returns when it is in effect. After a
// return to Allowed a new connection succeeds at once, and one that hangs at
// that moment at its next attempt, which the kernel makes within a second.
func (p *Path) Set(next State) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("switch path %s: %w", p.cfg.Name, ErrClosed)
	}
	if next == p.state {
		return nil
	}
	if err := p.change(next); err != nil {
		return fmt.Errorf("switch path %s to %s: %w", p.cfg.Name, next, err)
	}
	p.cfg.Log.Info("network path switched", "path", p.cfg.Name, "from", p.state.String(), "to", next.String())
	p.state = next
	return nil
}

func (p *Path) change(next State) (err error) {
	if next != Refused && p.ln == nil {
		size := backlog
		if next == Dropped {
			size = plugged
		}
		if p.ln, err = listen(p.addr, size); err != nil {
			return err
		}
	}
	switch next {
	case Allowed:
		if err := p.unplug(); err != nil {
			return err
		}
		p.serve()
	case Dropped:
		p.halt()
		if err := p.plug(); err != nil {
			// Half of a drop is worse than none: go on as before.
			if p.state == Refused {
				return errors.Join(err, p.refuse())
			}
			undo := p.unplug()
			p.serve()
			return errors.Join(err, undo)
		}
	case Refused:
		p.halt()
		return p.refuse()
	default:
		return fmt.Errorf("no such state: %d", next)
	}
	return nil
}

func (p *Path) refuse() error {
	err := p.ln.Close() // resets what waits in its queue
	p.ln = nil
	p.plugs.close()
	p.links.cut()
	return err
}

// Close resets all connections and gives the port back. A second Close does
// nothing.
func (p *Path) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	var err error
	if p.ln != nil {
		p.halt()
		err = p.refuse()
	}
	p.links.cut()
	p.links.wait()
	if err := errors.Join(err, unix.Close(p.guard)); err != nil {
		return fmt.Errorf("close path %s: %w", p.cfg.Name, err)
	}
	return nil
}

// serve accepts connections until halt.
func (p *Path) serve() {
	ln := p.ln
	_ = ln.SetDeadline(time.Time{})
	p.serving.Go(func() {
		for {
			conn, err := ln.AcceptTCP()
			switch {
			case err == nil:
				p.links.carry(conn, p.cfg)
			case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed):
				return
			default:
				// Out of file descriptors, most likely; waiting is all that helps.
				p.cfg.Log.Error("network path cannot accept", "path", p.cfg.Name, "error", err)
				time.Sleep(50 * time.Millisecond)
			}
		}
	})
}

func (p *Path) halt() {
	_ = p.ln.SetDeadline(time.Unix(1, 0))
	p.serving.Wait()
}

// bound returns a socket with an address. SO_REUSEPORT lets the guard and one
// listener of ours share it; without it, no one else can, SO_REUSEADDR or not.
func bound(at *unix.SockaddrInet4) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("make socket: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return -1, errors.Join(fmt.Errorf("share port: %w", err), unix.Close(fd))
	}
	if err := unix.Bind(fd, at); err != nil {
		return -1, errors.Join(fmt.Errorf("bind: %w", err), unix.Close(fd))
	}
	return fd, nil
}

func listen(at *unix.SockaddrInet4, size int) (*net.TCPListener, error) {
	fd, err := bound(at)
	if err != nil {
		return nil, err
	}
	if err := unix.Listen(fd, size); err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), "path")
	defer file.Close() // FileListener has a copy
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return ln.(*net.TCPListener), nil
}
