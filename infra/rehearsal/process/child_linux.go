package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pipeGrace is how long the output of a dead child is still read: a stray
// child of its own may hold the pipe open for ever.
const pipeGrace = 250 * time.Millisecond

// Process is one child, running or ended.
type Process struct {
	spec    Spec
	log     *slog.Logger
	cmd     *exec.Cmd
	pid     int
	started time.Time
	done    chan struct{}

	mu     sync.Mutex // held while the child is reaped: its number is ours until then
	reaped bool
	err    error // settled before done is closed
}

// PID is the child's process id, which is also the id of its process group.
func (p *Process) PID() int { return p.pid }

// Done is closed when the child has ended and its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the child ended: nil while it runs and after a clean exit, else
// an error that wraps *exec.ExitError.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Signal sends a signal to the child alone. A child that has ended is an error
// that wraps os.ErrProcessDone.
func (p *Process) Signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return fmt.Errorf("signal %s: %w", p.spec.Name, os.ErrProcessDone)
	}
	if err := unix.Kill(p.pid, sig); err != nil {
		return fmt.Errorf("signal %s: %w", p.spec.Name, err)
	}
	return nil
}

// Stop ends the child: politely, then, after the grace or the end of ctx, by
// force. It returns nil when the child is gone, also if it was gone before.
func (p *Process) Stop(ctx context.Context) error {
	if err := p.Signal(p.spec.Signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = p.Signal(unix.SIGCONT) // a suspended child hears nothing else

	grace := time.NewTimer(p.spec.Grace)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	case <-grace.C:
	}
	p.log.Warn("process does not stop when asked, ending it by force", "process", p.spec.Name, "pid", p.pid)
	p.Kill()

	force := time.NewTimer(2*forceAfter + pipeGrace)
	defer force.Stop()
	select {
	case <-p.done:
		return nil
	case <-force.C:
		return fmt.Errorf("stop %s: process %d does not end", p.spec.Name, p.pid)
	}
}

// Kill ends the child now, without waiting: by its Death signal, and by SIGKILL
// to its process group two seconds later if that was not enough.
func (p *Process) Kill() {
	if p.spec.Death != unix.SIGKILL {
		_ = p.Signal(p.spec.Death)
		_ = p.Signal(unix.SIGCONT)
		time.AfterFunc(forceAfter, p.killGroup)
		return
	}
	p.killGroup()
}

func (p *Process) killGroup() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = unix.Kill(-p.pid, unix.SIGKILL)
	}
}

// wait returns when the child has ended. What is left of its process group ends
// with it, as the processes of a container end with the first of them.
func (p *Process) wait(out *capture) {
	for errors.Is(unix.Waitid(unix.P_PID, p.pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	p.mu.Lock()
	_ = unix.Kill(-p.pid, unix.SIGKILL) // before reaping: afterwards the number may be someone else's
	err := p.cmd.Wait()
	p.reaped = true
	p.mu.Unlock()
	if err != nil {
		p.err = fmt.Errorf("%s: %w", p.spec.Name, err)
	}
	out.finish()
}

// capture reads what a child prints.
type capture struct {
	read *os.File
	over chan struct{}
}

func newCapture(read *os.File, log *logFile, source string, lines func(string, []byte), report *slog.Logger) *capture {
	c := &capture{read: read, over: make(chan struct{})}
	go func() {
		defer close(c.over)
		var lost bool
		err := readLines(read, func(line []byte) {
			if lines != nil {
				lines(source, line)
			}
			if err := log.line(line); err != nil && !lost {
				lost = true // once: a full disk would fill our own log too
				report.Error("output is lost", "process", source, "error", err)
			}
		})
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			report.Error("output is lost", "process", source, "error", err)
		}
		if err := errors.Join(read.Close(), log.close()); err != nil {
			report.Error("close output", "process", source, "error", err)
		}
	}()
	return c
}

func (c *capture) finish() {
	_ = c.read.SetReadDeadline(time.Now().Add(pipeGrace))
	<-c.over
}
