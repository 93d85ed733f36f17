// Package shell is a shell that cannot leave its folder: what a person types on
// the rehearsed box, or sends there through SSM, runs in an interpreter with
// tools of our own, and no program of this machine is ever started.
//
// It knows POSIX shell, a folder that stands for /, and the small set of tools
// that a box needs. It does not know what the box is for, AWS, SSH or how the
// box's services run: for that it asks its Host.
//
// Each file is opened through os.Root, which follows no link out of the folder,
// whoever made it. u-root's tools were left out for that reason: they open by
// path, so only a chroot would hold them, and that is not to be had everywhere.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// Host is the machine on which the shell runs. Its methods are safe for
// concurrent use.
type Host interface {
	Name() string
	Booted() time.Time
	Disks() []Disk
	// Grow makes the file system that is mounted there as large as its device.
	Grow(mount string) error
	Services() []string
	// Service has a service do start, stop, restart or reload.
	Service(ctx context.Context, name, verb string) error
	Status(name string) Status
	Journal(name string) []Line
	Processes() []Process
	// Later has something run once after a time, as a unit of that name, unless
	// the host goes down before: ErrUnitExists where one of that name waits or
	// runs, ErrManyUnits where too many do. It does not wait for it.
	Later(unit string, after time.Duration, run func(context.Context)) error
	// Forget keeps a unit of Later's that still waits from running. False: none
	// of that name does.
	Forget(unit string) bool
	// Crash stops the kernel.
	Crash()
}

// Disk is a device with a file system on it.
type Disk struct {
	Device, Mount, Type string
	Bytes               int64 // of the device
	Size, Free          int64 // of the file system, which may be smaller than its device
}

// Status is what a service does.
type Status struct {
	About   string // one line for people
	State   string // active, activating, inactive or failed
	Detail  string // running, auto-restart, dead, exit-code
	PID     int
	Since   time.Time
	Result  string // how it ended last; empty: it did not
	Restart int    // how often it was started again by itself
}

// Line is one line of a journal.
type Line struct {
	At   time.Time
	From string // "systemd", or the service's name with its process
	Text string
}

// Process is one process inside the box.
type Process struct {
	PID     int
	User    string
	Command string
	Started time.Time
}

// The bounds of one script.
const (
	mostOutput = 1 << 20
	mostTime   = 15 * time.Minute
	mostScript = 128 << 10
)

// Shell runs scripts in one folder.
type Shell struct {
	files  files
	host   Host
	memory uint64 // that the process may hold while a script runs
}

// New returns a shell whose / is that folder.
func New(root *os.Root, host Host) *Shell { return &Shell{files{root}, host, mostMemory} }

// Session is one login: it keeps its folder and variables between scripts. Not
// for concurrent use.
type Session struct {
	shell  *Shell
	runner *interp.Runner
	out    *bounded
	errs   *bounded
	user   string
	calls  *atomic.Int64 // of a script, together with the shells that it starts
	inner  bool          // a script has started it
}

// Session begins a login of a user whose output goes to those writers. Input may
// be nil.
func (s *Shell) Session(user, home string, in io.Reader, out, errs io.Writer) (*Session, error) {
	return s.begin(&Session{shell: s, user: user, calls: new(atomic.Int64)}, home, in, out, errs)
}

func (s *Shell) begin(n *Session, home string, in io.Reader, out, errs io.Writer) (*Session, error) {
	n.out, n.errs = &bounded{w: out}, &bounded{w: errs}
	user := n.user
	env := expand.ListEnviron(
		"HOME="+home, "USER="+user, "LOGNAME="+user, "SHELL=/bin/bash", "TERM=xterm", "LANG=C.UTF-8", "PWD=/", "HOSTNAME="+s.host.Name(),
		// The interpreter asks this machine for programs in PATH, and opens some
		// names in TMPDIR past our handlers: below a device there is nothing.
		"PATH="+nowhere, "TMPDIR="+nowhere,
	)
	r, err := interp.New(
		interp.Env(env), interp.Dir("/"), interp.StdIO(in, n.out, n.errs), interp.CallHandler(n.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return n.exec }),
		interp.OpenHandler(n.open), interp.ReadDirHandler2(n.readDir), interp.StatHandler(n.stat), interp.AccessHandler(n.access),
	)
	if err != nil {
		return nil, fmt.Errorf("make a shell: %w", err)
	}
	n.runner = r
	_, _ = n.Run(context.Background(), "cd "+home+" 2>/dev/null || cd /") // the home may be gone
	return n, nil
}

const nowhere = "/dev/null/none"

// Dir is the session's folder.
func (n *Session) Dir() string { return n.runner.Dir }

// Exited reports whether the last script asked for the session's end.
func (n *Session) Exited() bool { return n.runner.Exited() }

// Run runs a script and returns its exit status. An error says that it was cut
// off, by ctx or by its own bound in time; the status is then 124.
func (n *Session) Run(ctx context.Context, script string) (code int, err error) {
	defer func() {
		if p := recover(); p != nil { // the interpreter's own mistake must not be the box's end
			code, err = n.complain(2, "internal error: %v", p)
		}
	}()
	if len(script) > mostScript {
		return n.complain(2, "the script is longer than %d bytes", mostScript)
	}
	prog, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return n.complain(2, "syntax error: %v", err)
	}
	n.out.allow(mostOutput)
	n.errs.allow(mostOutput)
	ctx, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	if !n.inner {
		n.calls.Store(0)
		ctx = watchMemory(ctx, n.shell.memory)
	}
	err = n.runner.Run(ctx, prog)
	if ctx.Err() != nil {
		return 124, fmt.Errorf("run a script: %w", context.Cause(ctx))
	}
	if code := interp.ExitStatus(0); errors.As(err, &code) {
		return int(code), nil
	}
	if err != nil {
		return n.complain(1, "%v", err)
	}
	return 0, nil
}

func (n *Session) complain(code int, format string, args ...any) (int, error) {
	n.errs.allow(mostOutput)
	fmt.Fprintf(n.errs, "bash: "+format+"\n", args...)
	return code, nil
}

// Output runs a script of its own as a user and gives what it printed.
func (s *Shell) Output(ctx context.Context, user, home, script string) (out, errs string, code int, err error) {
	var o, e strings.Builder
	n, err := s.Session(user, home, nil, &o, &e)
	if err != nil {
		return "", "", 1, err
	}
	code, err = n.Run(ctx, script)
	n.out.allow(0) // what still runs behind the script writes no more
	n.errs.allow(0)
	return o.String(), e.String(), code, err
}

// bounded passes on so much of the output and swallows the rest. The commands
// of a pipe write at the same time.
type bounded struct {
	w    io.Writer
	mu   sync.Mutex
	left int
}

func (b *bounded) allow(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = n
}

func (b *bounded) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	take := min(len(p), max(b.left, 0))
	b.left -= take
	if take > 0 {
		if _, err := b.w.Write(p[:take]); err != nil {
			return 0, err
		}
	}
	if take < len(p) {
		return take, errTooMuch
	}
	return len(p), nil
}

var errTooMuch = errors.New("too much output")
