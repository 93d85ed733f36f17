package process

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// guard is our end of the watchdog. A nil guard is one that was not asked for.
type guard struct {
	log  *slog.Logger
	cmd  *exec.Cmd
	pipe io.WriteCloser
	gone chan struct{}
	bye  chan struct{} // closed when it may go
}

func newGuard(cfg Config) (*guard, error) {
	cmd := exec.Command(cfg.Watchdog[0], cfg.Watchdog[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")} // it outlives us: no secret of ours goes with it
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of Ctrl-C's reach
	log, err := os.OpenFile(filepath.Join(cfg.Dir, "logs", "watchdog.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start watchdog: %w", err)
	}
	g := &guard{log: cfg.Log, cmd: cmd, pipe: pipe, gone: make(chan struct{}), bye: make(chan struct{})}
	go g.wait()
	g.tell("dir %s\n", cfg.Dir)
	if cfg.Keep {
		g.tell("keep\n")
	}
	return g, nil
}

func (g *guard) wait() {
	defer close(g.gone)
	err := g.cmd.Wait()
	select {
	case <-g.bye:
	default:
		g.log.Error("the watchdog is gone: if this program is killed, something may stay behind", "error", err)
	}
}

// tell writes one line. It is shorter than a pipe's atomic write, so a death
// in the middle leaves no half of it.
func (g *guard) tell(format string, args ...any) {
	if _, err := fmt.Fprintf(g.pipe, format, args...); err != nil {
		g.log.Debug("the watchdog does not listen", "error", err)
	}
}

func (g *guard) add(p *Process) {
	if g == nil {
		return
	}
	s, err := readStat(p.pid)
	if err != nil {
		return // it has ended already
	}
	g.tell("+%d %d %d %q\n", p.pid, s.start, int(p.spec.Death), p.spec.Name)
}

func (g *guard) remove(p *Process) {
	if g != nil {
		g.tell("-%d\n", p.pid)
	}
}

func (g *guard) dismiss() error {
	if g == nil {
		return nil
	}
	close(g.bye)
	g.tell("bye\n")
	err := g.pipe.Close()
	late := time.NewTimer(forceAfter)
	defer late.Stop()
	select {
	case <-g.gone:
	case <-late.C:
		err = errors.Join(errors.New("dismiss watchdog: it did not go by itself"), g.cmd.Process.Kill())
		<-g.gone
	}
	if errors.Is(err, os.ErrClosed) { // Wait closed it first
		return nil
	}
	return err
}
