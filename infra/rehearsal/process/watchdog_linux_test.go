package process_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

const nobody = 65534

// TestParentKilled: a program that is killed leaves no process, no port and no
// folder, whoever runs it and whatever its children think of signals.
func TestParentKilled(t *testing.T) {
	users := map[string]*syscall.Credential{"as we are": nil}
	if os.Geteuid() == 0 {
		users["as an ordinary user"] = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	for name, user := range users {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := publicDir(t)
			if user != nil {
				if err := os.Chown(home, int(user.Uid), int(user.Gid)); err != nil {
					t.Fatal(err)
				}
			}
			dir := filepath.Join(home, "run")
			cmd, family := startParent(t, "parent", dir, user)
			if left := remains(t, dir); len(left.Processes) < 7 || len(left.Listeners) != 1 {
				t.Fatalf("before: %+v, want 7 processes and 1 listener", left)
			}
			watchdog := findWatchdog(t, cmd.Process.Pid)
			for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
				if err := syscall.Kill(watchdog, s); err != nil {
					t.Fatal(err)
				}
			}

			killed := time.Now()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			eventually(t, "no marked process", func() bool { return remains(t, dir).Empty() })
			eventually(t, "no process of the family and no watchdog", func() bool {
				for _, pid := range append(family.PIDs, watchdog) {
					if alive(pid) {
						return false
					}
				}
				return true
			})
			if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("run folder: %v, want it gone", err)
			}
			if _, err := net.Dial("tcp", family.Addr); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("dial the listener: %v, want a refusal", err)
			}
			t.Logf("all gone %v after the kill", time.Since(killed).Round(time.Millisecond))
		})
	}
}

// TestKernelKills: without a watchdog too, the children that the group started
// go with it, unless they are deaf to the signal that they asked for.
func TestKernelKills(t *testing.T) {
	dir := filepath.Join(publicDir(t), "run")
	cmd, family := startParent(t, "parent-alone", dir, nil)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	deaf := family.Children[len(family.Children)-1]
	eventually(t, "all children but one gone", func() bool {
		for _, pid := range family.Children {
			if pid != deaf && alive(pid) {
				return false
			}
		}
		return true
	})
	if !alive(deaf) {
		t.Error("the deaf one got another signal than it asked for")
	}
}

// TestWatchdogKeepsStrangers: the watchdog trusts neither a number that has
// been given to another process nor a folder without our marker.
func TestWatchdogKeepsStrangers(t *testing.T) {
	dir := t.TempDir()
	g := newGroup(t, process.Config{})
	p := start(t, g, process.Spec{Name: "stranger", Path: "sleep", Args: []string{"1000"}})
	in := bytes.NewBufferString(fmt.Sprintf("dir %s\n+%d 1 9 \"reused\"\n", dir, p.PID()))
	if err := process.Watchdog(t.Context(), in, discard()); err == nil {
		t.Error("a folder that is not ours was removed")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	if !alive(p.PID()) {
		t.Error("a process with another start time was killed")
	}
}

// TestWatchdogBye: after a good-bye, what still runs is none of its business.
func TestWatchdogBye(t *testing.T) {
	g := newGroup(t, process.Config{})
	p := start(t, g, process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}})
	if err := process.Watchdog(t.Context(), bytes.NewBufferString("dir "+g.dir+"\nbye\n"), discard()); err != nil {
		t.Error(err)
	}
	if !alive(p.PID()) {
		t.Error("it was killed")
	}
}

func remains(t *testing.T, dir string) process.Inventory {
	t.Helper()
	left, err := process.Remains(dir)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// alive reports whether the process runs; a zombie that no one reaps does not.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(raw, []byte(") Z "))
}

// findWatchdog looks for the parent's child that runs as the watchdog.
func findWatchdog(t *testing.T, parent int) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		line, _ := os.ReadFile(path)
		var pid int
		if _, err := fmt.Sscanf(path, "/proc/%d/", &pid); err != nil || !bytes.Contains(line, []byte("\x00watchdog\x00")) {
			continue
		}
		if status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)); bytes.Contains(status, fmt.Appendf(nil, "\nPPid:\t%d\n", parent)) {
			return pid
		}
	}
	t.Fatal("no watchdog")
	return 0
}
