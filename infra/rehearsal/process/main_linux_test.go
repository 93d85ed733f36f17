package process_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// TestMain is also the main function of the processes that the tests start
// from this very binary: the watchdog, a parent to be killed, and children.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "watchdog":
			must(process.Watchdog(context.Background(), os.Stdin, slog.New(slog.NewTextHandler(os.Stderr, nil))))
			return
		case "parent":
			parent(os.Args[2], []string{"/proc/self/exe", "watchdog"})
			return
		case "parent-alone":
			parent(os.Args[2], nil)
			return
		case "listen":
			listener()
			return
		}
	}
	goleak.VerifyTestMain(m)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// family is what the parent tells the test: all processes that it started.
type family struct {
	PIDs     []int
	Children []int // those among them that the group started itself
	Addr     string
}

// listener listens until it is killed, deaf to anything polite.
func listener() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println(ln.Addr())
	for {
		conn, err := ln.Accept()
		must(err)
		must(conn.Close())
	}
}

// parent starts one child of each sort and waits to be killed.
func parent(dir string, watchdog []string) {
	ctx := context.Background()
	addr := make(chan string, 1)
	stray := make(chan string, 1)
	g, err := process.NewGroup(ctx, process.Config{
		Dir:      dir,
		Watchdog: watchdog,
		Lines: func(source string, line []byte) {
			switch source {
			case "listen":
				addr <- string(line)
			case "stray":
				stray <- string(line)
			}
		},
	})
	must(err)
	start := func(s process.Spec) {
		s.Env = []string{"PATH=" + os.Getenv("PATH")}
		_, err := g.Start(ctx, s)
		must(err)
	}
	start(process.Spec{Name: "sleep", Path: "sleep", Args: []string{"1000"}})
	start(process.Spec{Name: "listen", Path: "/proc/self/exe", Args: []string{"listen"}})
	// One grandchild leaves the process group, the other stays in it.
	start(process.Spec{Name: "stray", Path: "sh", Args: []string{"-c", "setsid sleep 1000 & sleep 1000 & echo up; wait"}})
	// A child that does not die of the signal that the kernel sends for us.
	start(process.Spec{Name: "deaf", Path: "sh", Death: syscall.SIGQUIT, Args: []string{"-c", "trap '' QUIT; while :; do sleep 1000; done"}})

	f := family{Addr: <-addr}
	<-stray
	inv, err := g.Inventory()
	for err == nil && len(inv.Processes) < 7 {
		time.Sleep(5 * time.Millisecond)
		inv, err = g.Inventory()
	}
	must(err)
	for _, p := range inv.Processes {
		f.PIDs = append(f.PIDs, p.PID)
	}
	for _, i := range g.List() {
		f.Children = append(f.Children, i.PID)
	}
	must(json.NewEncoder(os.Stdout).Encode(f))
	select {}
}

// publicDir is a folder that every user may pass through, unlike t.TempDir.
func publicDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "process")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// startParent runs this binary as a parent and returns when its children run.
func startParent(t *testing.T, role, dir string, as *syscall.Credential) (*exec.Cmd, family) {
	t.Helper()
	binary := filepath.Join(publicDir(t), "parent")
	copyFile(t, "/proc/self/exe", binary)
	cmd := exec.Command(binary, role, dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setsid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for _, p := range remains(t, dir).Processes { // of a test that failed
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the parent did not start its children: %v", err)
	}
	var f family
	if err := json.Unmarshal(line, &f); err != nil {
		t.Fatal(err)
	}
	return cmd, f
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	syscall.ForkLock.RLock() // a child forked meanwhile would hold it open for writing: "text file busy"
	defer syscall.ForkLock.RUnlock()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until ok, asked every few milliseconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(15 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("never: %s", what)
		}
	}
}
