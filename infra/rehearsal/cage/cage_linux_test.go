package cage

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	seccomp "github.com/elastic/go-seccomp-bpf"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// TestMain is also the cage, and the program in it: it tries what its arguments
// say and prints how that ended.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-") {
		os.Exit(m.Run())
	}
	var err error
	switch os.Args[1] {
	case "cage":
		err = Enter(context.Background(), os.Args[2:])
	case "read":
		_, err = os.ReadFile(os.Args[2])
	case "write":
		err = os.WriteFile(os.Args[2], []byte("x"), 0o600)
	case "truncate":
		err = os.Truncate(os.Args[2], 0)
	case "move":
		err = os.Rename(os.Args[2], os.Args[3])
	case "run":
		err = exec.Command(os.Args[2]).Run()
	case "signal":
		pid, _ := strconv.Atoi(os.Args[2])
		err = syscall.Kill(pid, 0)
	case "listen":
		var ln net.Listener
		plain := net.ListenConfig{}
		plain.SetMultipathTCP(false) // Landlock does not know it
		if ln, err = plain.Listen(context.Background(), "tcp4", "127.0.0.1:"+os.Args[2]); err == nil {
			err = ln.Close()
		}
	case "dial":
		var conn net.Conn
		if conn, err = net.Dial("unix", os.Args[2]); err == nil {
			err = conn.Close()
		}
	case "mptcp":
		_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	case "netlink":
		_, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
	case "udp":
		_, err = unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM, 0)
	case "uring":
		if _, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 8, 0, 0); e != unix.EFAULT { // what it answers where it may
			err = e
		}
	case "privileges":
		if set, e := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); e != nil || set != 1 {
			err = errors.New("it may get new privileges")
		}
	default:
		err = errors.New("unknown")
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
}

func TestEnter(t *testing.T) {
	_, err := Gap()
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		t.Fatal(err)
	}
	const withTruncate, withSignals = 3, 6
	read, write, other := t.TempDir(), t.TempDir(), t.TempDir()
	for _, dir := range []string{read, write, other} {
		if err := os.Mkdir(filepath.Join(dir, "below"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{"a", "b", "c"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("x"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	name := filepath.Join(write, "socket") // made outside, though it lies in the cage
	ln, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	mine, theirs := port(t), port(t)
	c := Cage{Program: self, Read: []string{read, filepath.Join(other, "b"), "/lib", "/usr/lib", "/missing"}, Write: []string{write, os.DevNull}, Listen: []uint16{mine}}
	for _, try := range []struct {
		argv string
		ok   bool
	}{
		{"read " + read + "/a", true}, {"write " + read + "/a", false}, {"write " + read + "/new", false}, {"truncate " + read + "/a", version < withTruncate},
		{"read " + write + "/a", true}, {"write " + write + "/a", true}, {"write " + write + "/new", true}, {"truncate " + write + "/a", true},
		{"move " + write + "/b " + write + "/below/b", version >= withRefer}, {"move " + write + "/c " + other + "/new", false},
		{"move " + other + "/c " + write + "/new", false},
		{"read " + other + "/a", false}, {"read " + other + "/b", true}, {"write " + other + "/new", false}, {"write /dev/null", true},
		{"read " + self, true}, {"run /bin/true", false}, {"run " + write + "/a", false},
		{"listen " + strconv.Itoa(int(mine)), true}, {"listen " + strconv.Itoa(int(theirs)), version < withTCP},
		{"signal " + strconv.Itoa(os.Getpid()), version < withSignals},
		{"dial " + name, !seccomp.Supported()}, {"mptcp", !seccomp.Supported()}, {"netlink", !seccomp.Supported()}, {"udp", true},
		{"uring", !seccomp.Supported()}, {"privileges", true},
	} {
		argv, err := c.Argv([]string{"/proc/self/exe", "cage"}, strings.Fields(try.argv)...)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
		if (err == nil) != try.ok {
			t.Errorf("%s: %v: %s", try.argv, err, out)
		}
	}
}

// TestRefuses: without a plan, or with one that it cannot keep, nothing starts.
func TestRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"{"}, {"{}"}, {`{"Program":"/missing"}`}, {`{"Program":"/bin/true","Write":["/missing"]}`}} {
		cmd := exec.Command("/proc/self/exe", slices.Concat([]string{"cage"}, args)...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "start in a cage") {
			t.Errorf("%q: %v: %s", args, err, out)
		}
	}
	if _, err := (Cage{}).Argv([]string{"x"}); err == nil {
		t.Error("a cage without a program")
	}
	if _, err := (Cage{Program: "x"}).Argv(nil); err == nil {
		t.Error("a cage without itself")
	}
}

// TestOldKernels: the rules of each version ask for nothing that undoes them.
func TestOldKernels(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for version, want := range map[int]bool{1: false, withRefer: true, withTCP: true} {
		rules, err := Cage{Program: self, Write: []string{t.TempDir()}}.rules(version)
		if err != nil {
			t.Fatal(err)
		}
		refer := false
		for _, r := range rules {
			if s, ok := r.(interface{ String() string }); ok {
				refer = refer || strings.Contains(s.String(), "refer")
			}
		}
		if refer != want {
			t.Errorf("version %d moves files: %v", version, refer)
		}
	}
}

// port is one that nobody listens on.
func port(t *testing.T) uint16 {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return uint16(ln.Addr().(*net.TCPAddr).Port)
}
