package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/interp"
)

// The bounds of one script's work.
const (
	mostCalls = 50_000
	mostDepth = 2_000 // frames of Go
)

// call sees each simple command before it is carried out. The interpreter's own
// versions of some ask this machine.
func (n *Session) call(ctx context.Context, args []string) ([]string, error) {
	if n.calls.Add(1) > mostCalls {
		return nil, errors.New("too many commands in one script")
	}
	if pc := make([]uintptr, 1); runtime.Callers(mostDepth, pc) > 0 {
		return nil, errors.New("maximum function nesting level exceeded") // Go's own end of the stack is the end of the box
	}
	for len(args) > 1 && (args[0] == "builtin" || args[0] == "command" && !strings.HasPrefix(args[1], "-") || args[0] == "exec") {
		args = args[1:]
	}
	switch args[0] {
	case "pwd":
		return []string{"pwd"}, nil
	case "help": // the interpreter's own tells of itself alone
		return append([]string{"/usr/bin/help"}, args[1:]...), nil
	case "type", "hash":
		return append([]string{"which"}, args[1:]...), nil
	case "command":
		if len(args) > 2 && strings.HasPrefix(args[1], "-") {
			return append([]string{"which"}, args[2:]...), nil
		}
	case "eval", "trap", "alias":
		if len(strings.Join(args[1:], " ")) > mostScript { // it is parsed, and the parser goes as deep as it nests
			return nil, fmt.Errorf("%s: more than %d bytes", args[0], mostScript)
		}
	case "source", ".":
		hc := interp.HandlerCtx(ctx)
		if len(args) < 2 {
			return []string{"false"}, nil
		}
		text, err := n.shell.files.read(from(hc.Dir, args[1]))
		if err != nil {
			fmt.Fprintf(hc.Stderr, "bash: %s: %s\n", args[1], reason(err))
			return []string{"false"}, nil
		}
		if len(text) > mostScript {
			return nil, fmt.Errorf("%s: more than %d bytes", args[1], mostScript)
		}
		return []string{"eval", string(text)}, nil
	}
	return args, nil
}

// exec runs one of our tools; there is nothing else to run.
func (n *Session) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	c := &call{
		ctx: ctx, session: n, files: n.shell.files, host: n.shell.host, dir: hc.Dir, user: n.user,
		name: args[0], args: args[1:], in: hc.Stdin, out: hc.Stdout, errs: hc.Stderr,
	}
	if code := n.tool(c, args); code != 0 {
		return interp.ExitStatus(uint8(code))
	}
	return nil
}

// tool runs one tool. One that panics fails, and the box lives on.
func (n *Session) tool(c *call, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(c.errs, "%s: Segmentation fault\n", args[0])
			code = 139
		}
	}()
	name := args[0]
	for _, dir := range []string{"/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"} {
		name = strings.TrimPrefix(name, dir)
	}
	t, ok := tools()[name]
	if !ok {
		fmt.Fprintf(c.errs, "bash: %s: command not found\n", args[0])
		return 127
	}
	c.name, c.args = name, args[1:]
	return t(c)
}

// open opens what a redirection names.
func (n *Session) open(ctx context.Context, name string, flag int, perm fs.FileMode) (io.ReadWriteCloser, error) {
	name = from(interp.HandlerCtx(ctx).Dir, name)
	switch name {
	case "/dev/null":
		return null{}, nil
	case "/dev/stdout", "/dev/stderr", "/dev/tty":
		return null{n.out}, nil
	case "/proc/sysrq-trigger":
		return trigger{n.shell.host}, nil
	}
	f, err := n.shell.files.open(name, flag, perm)
	if err != nil {
		return nil, err // a *fs.PathError, which the interpreter prints
	}
	return f, nil
}

func (n *Session) stat(_ context.Context, name string, follow bool) (fs.FileInfo, error) {
	return n.shell.files.stat(name, follow)
}

func (n *Session) readDir(_ context.Context, name string) ([]fs.DirEntry, error) {
	return n.shell.files.list(name)
}

func (n *Session) access(_ context.Context, name string, mode interp.AccessMode) error {
	info, err := n.shell.files.stat(name, true)
	if err != nil {
		return err
	}
	if mode&interp.AccessExec != 0 && info.Mode()&0o111 == 0 {
		return &fs.PathError{Op: "access", Path: name, Err: fs.ErrPermission}
	}
	return nil
}

// null is /dev/null, or a writer that is not closed.
type null struct{ to io.Writer }

func (null) Read([]byte) (int, error) { return 0, io.EOF }
func (n null) Write(p []byte) (int, error) {
	if n.to == nil {
		return len(p), nil
	}
	return n.to.Write(p)
}
func (null) Close() error { return nil }

// trigger is /proc/sysrq-trigger: its c stops the kernel
// (https://docs.kernel.org/admin-guide/sysrq.html).
type trigger struct{ host Host }

func (trigger) Read([]byte) (int, error) { return 0, io.EOF }
func (t trigger) Write(p []byte) (int, error) {
	if len(p) > 0 && p[0] == 'c' {
		t.host.Crash()
	}
	return len(p), nil
}
func (trigger) Close() error { return nil }

var _ io.ReadWriteCloser = (*os.File)(nil)
