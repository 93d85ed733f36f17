package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// TestMain is also the programs that a box runs: this binary plays them.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch os.Args[1] {
	case "box":
		err = Serve(ctx)
	case "shop":
		err = shop.Run(ctx, os.Getenv, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// world is one machine and what it says.
type world struct {
	testing.TB
	*Machine
	group   *process.Group
	dir     string
	changed chan struct{}
	key     string // file of the private key
}

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "box-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &world{TB: t, dir: dir, changed: make(chan struct{}, 1)}
	if w.group, err = process.NewGroup(t.Context(), process.Config{Dir: filepath.Join(dir, "run")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.group.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if left, err := process.Remains(filepath.Join(dir, "run")); err != nil || !left.Empty() {
			t.Errorf("left: %+v, %v", left, err)
		}
	})
	cfg := Config{
		Log: slog.New(slog.DiscardHandler), Group: w.group, Argv: []string{"/proc/self/exe", "box"}, Name: "r1/box i-1", Source: "r1/inventory",
		Setup: Setup{Dir: filepath.Join(dir, "run", "i-1"), Name: "ip-10-20-0-7", Bytes: Unit, Keys: w.keys(), Shop: []string{"/proc/self/exe", "shop"}, LogRate: 64 << 20, SSH: true, Task: "inventory"},
		Changed: func() {
			select {
			case w.changed <- struct{}{}:
			default:
			}
		},
	}
	change(&cfg)
	if w.Machine, err = Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// keys makes a key pair and gives its public half.
func (w *world) keys() string {
	w.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			w.Fatal(err)
		}
		return ""
	}
	w.key = filepath.Join(w.dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", w.key).CombinedOutput(); err != nil {
		w.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(w.key + ".pub")
	if err != nil {
		w.Fatal(err)
	}
	return string(public)
}

// until waits for a state.
func (w *world) until(what string, ok func(State) bool) {
	w.Helper()
	late := time.After(20 * time.Second)
	for !ok(w.State()) {
		select {
		case <-w.changed:
		case <-time.After(20 * time.Millisecond):
		case <-late:
			w.Fatalf("%s does not come: %+v; %s", what, w.State(), w.script("journalctl -u inventory -n 5").Out)
		}
	}
}

func (w *world) script(text string) Result {
	w.Helper()
	r, err := w.Run(w.Context(), Script{User: "root", Text: text, Timeout: 10 * time.Second})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) power(p Power) {
	w.Helper()
	if err := w.Switch(w.Context(), p); err != nil {
		w.Fatal(err)
	}
}

func up(s State) bool   { return s.Inventory != "" }
func down(s State) bool { return s.Inventory == "" }

const (
	loud  = "sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=debug/' " + config + " && systemctl reload inventory"
	quiet = "sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=info/' " + config
)

// TestTheDiskFills: the story of the scenario, with each of its ends.
func TestTheDiskFills(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"as it is here": func(*Config) {},
		"a quota":       func(c *Config) { c.Group = noMounts(t, c.Group) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			w.power(Power{On: true})
			w.until("the inventory", up)
			if name == "a quota" && (w.State().Disk != Quota || w.State().Why == "") {
				t.Fatalf("the disk is %+v", w.State())
			}
			if r := w.script(loud); r.Code != 0 {
				t.Fatalf("%+v", r)
			}
			w.until("its end", down)
			full := func() bool {
				r := w.script("df " + LogMount + " | grep -q '100%'; echo $?; journalctl -u inventory | grep -c 'no space left on device'")
				return strings.HasPrefix(r.Out, "0\n") && !strings.HasSuffix(r.Out, "\n0\n")
			}
			if !full() {
				t.Errorf("its disk is not full: %s", w.script("df; journalctl -u inventory -n 3").Out)
			}
			for _, line := range []string{"systemctl restart inventory", "systemctl is-active inventory"} {
				if r := w.script(line); r.Code == 0 {
					t.Errorf("%s with a full disk: %+v", line, r)
				}
			}
			w.power(Power{}) // and a boot changes nothing
			w.power(Power{On: true, Boots: 1})
			if !full() {
				t.Error("a boot has emptied its disk")
			}
			w.script("truncate -s 0 " + LogMount + "/inventory.log*; systemctl restart inventory")
			w.until("its end again", down)
			if r := w.script(quiet + "; truncate -s 0 " + LogMount + "/inventory.log*; systemctl restart inventory"); r.Code != 0 {
				t.Errorf("the repair: %+v", r)
			}
			w.until("the inventory again", up)
			w.script(loud)
			w.until("its end for the last time", down)
			if err := w.Device(t.Context(), 2*Unit); err != nil {
				t.Fatal(err)
			}
			if r := w.script("systemctl restart inventory"); r.Code == 0 {
				t.Error("a larger device is enough, without its file system")
			}
			if r := w.script("lsblk | grep -c 128M; xfs_growfs -d " + LogMount + " && systemctl restart inventory && df -m " + LogMount); r.Code != 0 || !strings.Contains(r.Out, "131072") {
				t.Errorf("the growth: %+v", r)
			}
			w.until("the inventory on the larger disk", up)
		})
	}
}

// TestAsAnOrdinaryUser runs the others again without root's rights.
func TestAsAnOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else; every other test is an ordinary user's here")
	}
	const nobody = 65534
	dir, err := os.MkdirTemp("", "box-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(binary, self, 0o755), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "TestTheDiskFills|TestNoRightsInside|TestSSH")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "HOME=" + dir}
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// noMounts is a group whose children get no mounts: as on a machine that
// forbids namespaces.
func noMounts(t *testing.T, g *process.Group) *process.Group {
	t.Helper()
	g.Forbid()
	return g
}

// TestPower: what runs in a box goes with its power, and comes with it.
func TestPower(t *testing.T) {
	w := newWorld(t, func(*Config) {})
	if w.State().On || len(w.inside()) != 0 {
		t.Errorf("a machine that was not booted runs: %+v", w.State())
	}
	w.power(Power{On: true, Boots: 3})
	w.until("the inventory", up)
	first := w.State()
	if first.Boots != 3 || !answers(first.Inventory, "/healthz") || !answers(first.Metrics, "/metrics") || len(w.inside()) != 1 {
		t.Errorf("it runs %v as %+v", w.inside(), first)
	}
	w.script("touch /opt/inventory/stock/mine")
	w.power(Power{On: true, Boots: 3}) // twice is once
	cut := make(chan Result)
	go func() {
		r, _ := w.Run(context.Background(), Script{User: "root", Text: "sleep 60", Timeout: time.Minute})
		cut <- r
	}()
	for w.script("true"); len(w.inside()) != 1; {
	}
	w.power(Power{Hard: true})
	if r := <-cut; !r.Cut {
		t.Errorf("a script in a box without power ended as %+v", r)
	}
	if s := w.State(); s.On || s.Inventory != "" || len(w.inside()) != 0 || answers(first.Inventory, "/healthz") || answers(first.Metrics, "/metrics") {
		t.Errorf("without power it runs %v as %+v", w.inside(), s)
	}
	if _, err := w.Run(t.Context(), Script{User: "root", Text: "true", Timeout: time.Second}); err == nil {
		t.Error("a box without power runs a script")
	}
	w.power(Power{On: true, Boots: 4})
	w.until("the inventory again", up)
	if r := w.script("ls /opt/inventory/stock"); !strings.Contains(r.Out, "mine") {
		t.Errorf("its disk was lost: %+v", r)
	}
	if s := w.State(); s.SSH != first.SSH || s.Metrics != first.Metrics {
		t.Errorf("it has other ports after a boot: %+v, %+v", first, s)
	}
	w.script("echo c > /proc/sysrq-trigger")
	w.until("the crash", func(s State) bool { return s.Crashed == 1 && !s.On })

	// What is to happen once and later does so after its script has ended, and
	// not at all where it was taken back or the power went meanwhile.
	w.power(Power{On: true, Boots: 5})
	const crash = " /bin/sh -c 'echo c > /proc/sysrq-trigger'"
	if r := w.script("systemd-run --unit=late --on-active=300ms" + crash + "; systemctl stop late.timer"); r.Code != 0 {
		t.Errorf("%+v", r)
	}
	w.script("systemd-run --on-active=300ms" + crash)
	w.power(Power{Hard: true})
	w.power(Power{On: true, Boots: 6})
	w.script("systemd-run --on-active=600ms touch /opt/inventory/later") // than those were to come
	w.until("what was to come last", func(State) bool { return strings.Contains(w.script("ls /opt/inventory").Out, "later") })
	if s := w.State(); s.Crashed != 1 || !s.On {
		t.Errorf("a crash that was taken back or forgotten came: %+v", s)
	}
	if r := w.script("systemd-run --on-active=300ms" + crash); r.Code != 0 || r.Cut || !w.State().On {
		t.Errorf("the script died of what it asked for: %+v", r)
	}
	w.until("the later crash", func(s State) bool { return s.Crashed == 2 && !s.On })
}

// TestNoRightsInside: what runs in a box may not mount, and has no descriptor
// of the way by which its machine is told what to do.
func TestNoRightsInside(t *testing.T) {
	w := newWorld(t, func(*Config) {})
	w.power(Power{On: true})
	w.until("the inventory", up)
	const mount = 1 << 21 // CAP_SYS_ADMIN
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", w.inside()[0]))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		if name == "CapEff" || name == "CapPrm" || name == "CapAmb" {
			if n, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64); err != nil || n&mount != 0 {
				t.Errorf("%s", line)
			}
		}
	}
	if w.State().Disk == Mounted {
		if _, err := os.Stat(filepath.Join(w.dir, "run", "i-1", "etc")); err == nil {
			t.Error("its mounts are seen outside")
		}
	}
}

// inside lists the processes in the box.
func (w *world) inside() (pids []int) {
	w.Helper()
	inv, err := w.group.Inventory()
	if err != nil {
		w.Fatal(err)
	}
	for _, p := range inv.Processes {
		if p.Parent == w.PID() {
			pids = append(pids, p.PID)
		}
	}
	return pids
}

func answers(addr, path string) bool {
	c := http.Client{Timeout: 2 * time.Second}
	resp, err := c.Get("http://" + addr + path)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == 200 && (path != "/metrics" || bytes.Contains(body, []byte(`node_filesystem_avail_bytes{device="/dev/nvme1n1",fstype="xfs",mountpoint="/var/log/inventory"}`)))
}

// TestSSH: the real client, with one command, a script, a terminal, a wrong key.
func TestSSH(t *testing.T) {
	w := newWorld(t, func(*Config) {})
	if _, err := exec.LookPath("ssh"); err != nil || w.key == "" {
		t.Skip("the ssh client is not installed")
	}
	w.power(Power{On: true})
	w.until("the inventory", up)
	host, port, err := net.SplitHostPort(w.State().SSH)
	if err != nil {
		t.Fatal(err)
	}
	ssh := func(in, key string, more ...string) (string, int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, "ssh", append([]string{"-F", "none", "-i", key, "-p", port, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
			"-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=" + filepath.Join(w.dir, "known")}, more...)...)
		cmd.Env, cmd.Stdin = []string{"PATH=" + os.Getenv("PATH")}, strings.NewReader(in)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	at := Login + "@" + host
	for _, c := range []struct {
		name, in string
		more     []string
		code     int
		want     string
	}{
		{"one command", "", []string{at, "whoami; pwd; df -h " + LogMount + " | tail -1 | cut -d ' ' -f 1; exit 3"}, 3, "inventory\n/home/inventory\n/dev/nvme1n1\n"},
		{"input", "a\nb\n", []string{at, "cat > f; wc -l f"}, 0, "2 f"},
		{"a script", "cd /etc/inventory\nls\n", []string{"-T", at}, 0, "inventory.conf\n"},
		{"a terminal", "rm x\x03hostname\rcd /var/log\rpwd\rexit 5\r", []string{"-tt", at}, 5, Login + "@ip-10-20-0-7 ~]$ hostname"}, // ssh has no terminal here, and says no width
		{"another user", "", []string{"root@" + host, "whoami"}, 255, "Permission denied"},
	} {
		if out, code := ssh(c.in, w.key, c.more...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: %d %q", c.name, code, out)
		}
	}
	w.until("what was typed", func(s State) bool { return len(s.Typed) == 8 })
	var typed []string
	for i, line := range w.State().Typed {
		if line.N != i+1 || time.Since(line.At) > time.Minute {
			t.Errorf("line %d: %+v", i+1, line)
		}
		typed = append(typed, fmt.Sprint(line.Line, " ", line.Looks))
	}
	want := "whoami; pwd; df -h /var/log/inventory | tail -1 | cut -d ' ' -f 1; exit 3 true\ncat > f; wc -l f false\ncd /etc/inventory; ls true\n" +
		" true\nhostname true\ncd /var/log true\npwd true\nexit 5 true"
	if got := strings.Join(typed, "\n"); got != want {
		t.Errorf("typed was\n%s\nwant\n%s", got, want)
	}
	other := filepath.Join(w.dir, "other")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, code := ssh("", other, at, "whoami"); code != 255 {
		t.Errorf("another key: %d %s", code, out)
	}
	interrupt := "sleep 60\r"
	began := time.Now()
	hung := make(chan int)
	go func() {
		_, code := ssh(interrupt, w.key, at, "sleep 60")
		hung <- code
	}()
	for time.Since(began) < 500*time.Millisecond {
		w.script("sleep 0.1")
	}
	w.power(Power{Hard: true})
	select {
	case code := <-hung:
		if code == 0 {
			t.Error("a session in a box without power ends well")
		}
	case <-time.After(15 * time.Second):
		t.Error("a session outlives the power")
	}
}
