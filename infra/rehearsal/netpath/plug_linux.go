package netpath

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// plugged is the queue length of a dropped path. The kernel drops SYNs when
// more than so many connections wait to be accepted: when two do. With a
// length of 0 it would suspect a SYN flood, and answer by its settings.
const plugged = 1

// plugs are our own connections that fill a listener's queue.
type plugs []int

func (p *plugs) close() {
	for _, fd := range *p {
		// A reset leaves nothing behind; a plain close leaves TIME_WAIT.
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		_ = unix.Close(fd)
	}
	*p = nil
}

// plug makes the kernel drop what comes, without closing the listener.
//
// A client may slip into the queue before it is full. Then one of our own
// connections does not get in; the client counts as established, and is let
// through before the next try.
func (p *Path) plug() error {
	if err := p.resize(plugged); err != nil {
		return err
	}
	const tries = 20
	for range tries {
		full := true
		for range plugged + 1 {
			ok, err := p.addPlug()
			if err != nil {
				return err
			}
			full = full && ok
		}
		if full {
			return nil
		}
		found, err := p.drain()
		if err != nil {
			return err
		}
		p.plugs.close()
		if found == 0 {
			return nil // nothing waits and still our SYN got no answer: it drops
		}
	}
	return fmt.Errorf("drop connections: the queue was never ours in %d tries", tries)
}

// addPlug connects to the path itself and reports whether that succeeded. On
// loopback the answer is there when connect returns, or never comes.
func (p *Path) addPlug() (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return false, fmt.Errorf("make socket: %w", err)
	}
	p.plugs = append(p.plugs, fd)
	if err := unix.Connect(fd, p.addr); err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return false, fmt.Errorf("fill the queue: %w", err)
	}
	const patience = 50 * time.Millisecond // for a kernel thread that has to be scheduled
	ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	n, err := unix.Poll(ready, int(patience.Milliseconds()))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return false, fmt.Errorf("fill the queue: %w", err)
	}
	return n == 1 && ready[0].Revents&unix.POLLERR == 0, nil
}

// unplug takes our own connections out of the queue and lets others in.
func (p *Path) unplug() error {
	if p.plugs == nil {
		return p.resize(backlog)
	}
	if err := p.resize(backlog); err != nil {
		return err
	}
	_, err := p.drain()
	p.plugs.close()
	return err
}

// drain accepts what waits in the queue: ours is closed, others are let
// through. It returns the number of both.
func (p *Path) drain() (found int, err error) {
	ours := make(map[int]bool)
	for _, fd := range p.plugs {
		if at, err := unix.Getsockname(fd); err == nil {
			ours[at.(*unix.SockaddrInet4).Port] = true
		}
	}
	// The deadline is in the past, so that Go would not accept: ask the kernel.
	raw, err := p.ln.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("drain the queue: %w", err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) {
		for {
			conn, from, err := unix.Accept4(int(fd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			if errors.Is(err, unix.EAGAIN) {
				return
			}
			if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ECONNABORTED) {
				continue
			}
			if err != nil {
				inner = err
				return
			}
			found++
			if at, ok := from.(*unix.SockaddrInet4); ok && ours[at.Port] {
				_ = unix.Close(conn)
				continue
			}
			p.links.carryFD(conn, p.cfg)
		}
	})
	if err := errors.Join(err, inner); err != nil {
		return found, fmt.Errorf("drain the queue: %w", err)
	}
	return found, nil
}

// resize changes the queue of the listener while it listens.
func (p *Path) resize(size int) error {
	raw, err := p.ln.SyscallConn()
	if err != nil {
		return fmt.Errorf("resize the queue: %w", err)
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = unix.Listen(int(fd), size) })
	if err := errors.Join(err, inner); err != nil {
		return fmt.Errorf("resize the queue: %w", err)
	}
	return nil
}
