package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// mark is the environment variable that every child carries and hands down.
const mark = "CHAOTIC_GOOD_RUN_FOLDER"

// Group is the children of one run and the folder that they share.
type Group struct {
	cfg   Config
	log   *slog.Logger
	spawn *spawner
	guard *guard
	ended sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running []*Process // oldest first

	forbidden bool
}

// NewGroup makes the run folder and starts the watchdog.
func NewGroup(ctx context.Context, cfg Config) (*Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("make run folder: %w", err)
	}
	if cfg.Dir == "" || strings.ContainsAny(dir, "\n\x00") {
		return nil, fmt.Errorf("make run folder: bad name %q", cfg.Dir)
	}
	cfg.Dir = dir
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeFolder(cfg.Dir); err != nil {
		return nil, err
	}
	g := &Group{cfg: cfg, log: cfg.Log}
	if cfg.Watchdog != nil {
		if g.guard, err = newGuard(cfg); err != nil {
			return nil, errors.Join(err, RemoveFolder(cfg.Dir))
		}
	}
	g.spawn = newSpawner()
	return g, nil
}

// Start starts a child. The end of ctx does not stop it.
func (g *Group) Start(ctx context.Context, spec Spec) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	spec = spec.withDefaults(g.cfg.Dir)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forbidden && spec.Mounts {
		return nil, fmt.Errorf("start %s: %w", spec.Name, os.ErrPermission)
	}
	if g.closed {
		return nil, fmt.Errorf("start %s: %w", spec.Name, ErrClosed)
	}
	p, out, err := g.fork(spec)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	g.running = append(g.running, p)
	g.guard.add(p)
	g.log.Info("process started", "process", spec.Name, "pid", p.pid)
	g.ended.Go(func() { g.watch(p, out) })
	return p, nil
}

func (g *Group) fork(spec Spec) (*Process, *capture, error) {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Dir = spec.Dir
	cmd.Env = append(slices.Clone(spec.Env), mark+"="+g.cfg.Dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: spec.Death}
	if spec.User != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: spec.User.UID, Gid: spec.User.GID}
	}
	if spec.Mounts {
		ownMounts(cmd.SysProcAttr)
	}
	log, err := openLog(filepath.Join(g.cfg.Dir, "logs", filepath.Base(spec.Log)), logBound)
	if err != nil {
		return nil, nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, log.close())
	}
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = write, write, spec.Files
	if err := g.spawn.start(cmd); err != nil {
		return nil, nil, errors.Join(err, read.Close(), write.Close(), log.close())
	}
	_ = write.Close() // the child has its own; ours would keep the pipe from ending
	p := &Process{spec: spec, log: g.log, cmd: cmd, pid: cmd.Process.Pid, started: time.Now(), done: make(chan struct{})}
	return p, newCapture(read, log, spec.Source, g.cfg.Lines, g.log), nil
}

// ownMounts asks for the namespaces that Spec.Mounts promises.
func ownMounts(attr *syscall.SysProcAttr) {
	attr.Cloneflags = syscall.CLONE_NEWNS
	if os.Geteuid() == 0 {
		return
	}
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	attr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
}

func (g *Group) watch(p *Process, out *capture) {
	p.wait(out)
	g.mu.Lock()
	g.running = slices.DeleteFunc(g.running, func(q *Process) bool { return q == p })
	g.guard.remove(p)
	g.mu.Unlock()
	g.log.Info("process ended", "process", p.spec.Name, "pid", p.pid, "how", p.cmd.ProcessState.String())
	close(p.done)
}

// List returns the running children, oldest first.
func (g *Group) List() []Info {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Info
	for _, p := range g.running {
		all = append(all, Info{Name: p.spec.Name, PID: p.pid, Started: p.started})
	}
	return all
}

// Close stops all children, the newest first, ends their strays, dismisses the
// watchdog and removes the run folder. A second Close does nothing.
func (g *Group) Close(ctx context.Context) error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	running := slices.Clone(g.running)
	g.mu.Unlock()

	var errs []error
	for _, p := range slices.Backward(running) {
		errs = append(errs, p.Stop(ctx))
	}
	errs = append(errs, killStrays(g.cfg.Dir))
	if err := errors.Join(errs...); err != nil {
		// Something lives on. The watchdog gets it, when we are gone.
		return fmt.Errorf("close processes: %w", err)
	}
	g.ended.Wait()
	g.spawn.close()
	errs = append(errs, g.guard.dismiss())
	if !g.cfg.Keep {
		errs = append(errs, RemoveFolder(g.cfg.Dir))
	}
	return errors.Join(errs...)
}

// Forbid has Start fail for children with Spec.Mounts, as it does on a machine
// that allows none. For tests of those who go on without.
func (g *Group) Forbid() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forbidden = true
}
