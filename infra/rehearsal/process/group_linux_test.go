package process_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

type group struct {
	*process.Group
	dir string
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newGroup(t *testing.T, cfg process.Config) group {
	t.Helper()
	cfg.Dir = filepath.Join(publicDir(t), "run")
	g, err := process.NewGroup(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return group{g, cfg.Dir}
}

func start(t *testing.T, g group, s process.Spec) *process.Process {
	t.Helper()
	s.Env = append(s.Env, "PATH="+os.Getenv("PATH"))
	p, err := g.Start(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wait(t *testing.T, p *process.Process) {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(15 * time.Second):
		t.Fatal("it does not end")
	}
}

func TestClose(t *testing.T) {
	g := newGroup(t, process.Config{Watchdog: []string{"/proc/self/exe", "watchdog"}})
	_ = start(t, g, process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}})
	_ = start(t, g, process.Spec{Name: "stray", Path: "sh", Args: []string{"-c", "setsid sleep 1000 & wait"}})
	eventually(t, "three processes", func() bool { return len(remains(t, g.dir).Processes) >= 3 })
	if n := len(g.List()); n != 2 {
		t.Errorf("List: %d, want 2", n)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := remains(t, g.dir); !left.Empty() {
		t.Errorf("left: %+v", left)
	}
	if _, err := os.Stat(g.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("run folder: %v, want it gone", err)
	}
	if _, err := g.Start(t.Context(), process.Spec{Name: "late", Path: "true"}); !errors.Is(err, process.ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
}

// TestThreadsEnd: a child must not die because Go ended the thread of the
// goroutine that asked for it.
func TestThreadsEnd(t *testing.T) {
	g := newGroup(t, process.Config{})
	const several = 4 // the program's first thread never ends, so one would not do
	var asked, locked sync.WaitGroup
	ended := make(chan string, several)
	locked.Add(several)
	for range several {
		asked.Go(func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			locked.Done()
			locked.Wait()
			p, err := g.Start(context.Background(), process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}, Env: os.Environ()})
			if err != nil {
				ended <- err.Error()
				return
			}
			go func() { <-p.Done(); ended <- fmt.Sprint(p.Err()) }()
		})
	}
	asked.Wait()
	select {
	case how := <-ended:
		t.Errorf("a child ended: %s", how)
	case <-time.After(200 * time.Millisecond):
	}
}

func TestStop(t *testing.T) {
	up := make(chan string, 1)
	g := newGroup(t, process.Config{Lines: func(_ string, line []byte) { up <- string(line) }})
	const deaf = "trap '' TERM; echo deaf; while :; do sleep 1000; done"
	t.Run("polite", func(t *testing.T) {
		p := start(t, g, process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}})
		if err := p.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Errorf("again: %v", err)
		}
		if err := p.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("Signal: %v", err)
		}
	})
	t.Run("deaf", func(t *testing.T) {
		p := start(t, g, process.Spec{Name: "deaf", Path: "sh", Grace: 50 * time.Millisecond, Args: []string{"-c", deaf}})
		<-up
		if err := p.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("Err: %v, want how it was killed", err)
		}
	})
	t.Run("suspended", func(t *testing.T) {
		p := start(t, g, process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}})
		if err := p.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := p.Stop(t.Context()); err != nil || time.Since(begun) > 4*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
	t.Run("end of ctx", func(t *testing.T) {
		p := start(t, g, process.Spec{Name: "deaf", Path: "sh", Grace: time.Hour, Args: []string{"-c", deaf}})
		<-up
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestEnds: how a child ended is told, and its group ends with it.
func TestEnds(t *testing.T) {
	lines := make(chan string, 10)
	g := newGroup(t, process.Config{Lines: func(source string, line []byte) { lines <- source + ": " + string(line) }})
	p := start(t, g, process.Spec{Name: "task", Path: "sh", Args: []string{"-c", "sleep 1000 & echo $SECRET $HOME; echo two >&2; exit 3"}, Env: []string{"SECRET=x"}})
	wait(t, p)
	var exit *exec.ExitError
	if err := p.Err(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Err: %v, want exit status 3", err)
	}
	if a, b := <-lines, <-lines; a != "task: x" || b != "task: two" {
		t.Errorf("lines: %q, %q", a, b)
	}
	if raw, err := os.ReadFile(filepath.Join(g.dir, "logs", "task.log")); err != nil || string(raw) != "x\ntwo\n" {
		t.Errorf("log: %q, %v", raw, err)
	}
	eventually(t, "the group has ended", func() bool { return remains(t, g.dir).Empty() })
	if len(g.List()) != 0 {
		t.Errorf("List: %v", g.List())
	}
	if p := start(t, g, process.Spec{Name: "fine", Path: "true"}); func() bool { wait(t, p); return p.Err() != nil }() {
		t.Errorf("Err after a clean exit: %v", p.Err())
	}
	if _, err := g.Start(t.Context(), process.Spec{Name: "none", Path: "/nonexistent"}); err == nil {
		t.Error("a missing program started")
	}
}

func TestInventory(t *testing.T) {
	addr := make(chan string, 1)
	g := newGroup(t, process.Config{Lines: func(_ string, line []byte) { addr <- string(line) }})
	p := start(t, g, process.Spec{Name: "listen", Path: "/proc/self/exe", Args: []string{"listen"}})
	at := <-addr
	inv, err := g.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	if want := []process.Listener{{Addr: at, PID: p.PID()}}; !slices.Equal(inv.Listeners, want) {
		t.Errorf("listeners: %+v, want %+v", inv.Listeners, want)
	}
	if len(inv.Processes) != 1 || inv.Processes[0].PID != p.PID() || inv.Processes[0].Parent != os.Getpid() {
		t.Errorf("processes: %+v", inv.Processes)
	}
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	defer ln.Close()
	if ours, err := process.Listeners([]int{os.Getpid()}); err != nil || len(ours) != 1 || ours[0].Addr != ln.Addr().String() {
		t.Errorf("ours: %+v, %v, want %s", ours, err, ln.Addr())
	}
}

// TestUser: as root, a child may run as another user, without our groups.
func TestUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may choose a child's user")
	}
	out := make(chan string, 1)
	g := newGroup(t, process.Config{Lines: func(_ string, line []byte) { out <- string(line) }})
	wait(t, start(t, g, process.Spec{Name: "id", Path: "sh", Args: []string{"-c", "echo $(id -u) $(id -g) $(id -G)"}, User: &process.User{UID: nobody, GID: nobody}}))
	if got := <-out; got != "65534 65534 65534" {
		t.Errorf("id: %q", got)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := process.NewGroup(t.Context(), process.Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("NewGroup in a used folder: %v", err)
	}
	if err := process.RemoveFolder(dir); err == nil {
		t.Error("a folder without the marker was removed")
	}
	if err := process.RemoveFolder(filepath.Join(dir, "nothing")); err != nil {
		t.Error(err)
	}
}
