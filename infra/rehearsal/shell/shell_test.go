package shell

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// host is a machine that writes down what it is asked for.
type host struct {
	asked   []string
	crashed bool
	grown   string
	later   map[string]time.Duration // what waits
	do      func(context.Context)
}

func (h *host) Later(unit string, after time.Duration, run func(context.Context)) error {
	if _, ok := h.later[unit]; ok {
		return ErrUnitExists
	}
	h.later[unit], h.do = after, run
	return nil
}
func (h *host) Forget(unit string) bool {
	_, ok := h.later[unit]
	delete(h.later, unit)
	return ok
}

func (h *host) Name() string       { return "ip-10-20-0-7" }
func (h *host) Booted() time.Time  { return time.Now().Add(-time.Hour) }
func (h *host) Services() []string { return []string{"inventory"} }
func (h *host) Crash()             { h.crashed = true }
func (h *host) Disks() []Disk {
	return []Disk{
		{Device: "/dev/nvme0n1p1", Mount: "/", Type: "xfs", Bytes: 64 << 20, Size: 64 << 20, Free: 60 << 20},
		{Device: "/dev/nvme1n1", Mount: "/var/log/inventory", Type: "xfs", Bytes: 128 << 20, Size: 64 << 20, Free: 1},
	}
}
func (h *host) Grow(mount string) error { h.grown = mount; return nil }
func (h *host) Service(_ context.Context, name, verb string) error {
	h.asked = append(h.asked, verb+" "+name)
	if verb == "start" {
		return errors.New("the process ended with an error")
	}
	return nil
}
func (h *host) Status(string) Status {
	return Status{About: "The inventory", State: "activating", Detail: "auto-restart", Since: time.Now(), Result: "exit-code", Restart: 3}
}
func (h *host) Journal(string) []Line {
	return []Line{{time.Now(), "inventory[7]", "no space left on device"}, {time.Now(), "systemd[1]", "it ended"}}
}
func (h *host) Processes() []Process {
	return []Process{{PID: 7, User: "inventory", Command: "/opt/inventory/inventory"}}
}

// box is a folder for a shell, with something beside it that nobody may see.
func box(t *testing.T) (*Shell, *host, string) {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "root")
	for name, text := range map[string]string{
		"secret": "SECRET\n", "root/etc/inventory/inventory.conf": "# settings\nLOG_LEVEL=debug\nLOG_FILES=12\n",
		"root/var/log/inventory/inventory.log": "one\ntwo\nthree ERROR\n", "root/var/log/inventory/inventory.log.1": "old\n", "root/home/inventory/x": "",
	} {
		name = filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	h := &host{later: map[string]time.Duration{}}
	return New(root, h), h, top
}

func run(t *testing.T, s *Shell, script string) (out, errs string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, errs, code, err := s.Output(ctx, "root", "/", script)
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return out, errs, code
}

func TestTools(t *testing.T) {
	for script, want := range map[string]string{
		"hostname":                                             "ip-10-20-0-7\n",
		"cd /var/log; pwd -P":                                  "/var/log\n",
		"ls /var/log/inventory":                                "inventory.log\ninventory.log.1\n",
		"cat /var/log/inventory/*.1":                           "old\n",
		"tail -n 1 /var/log/inventory/inventory.log":           "three ERROR\n",
		"head -1 /var/log/inventory/inventory.log":             "one\n",
		"grep -c o /var/log/inventory/inventory.log":           "2\n",
		"grep -h ERROR /var/log/inventory/* | cut -d ' ' -f 2": "ERROR\n",
		"wc -l < /var/log/inventory/inventory.log":             "3\n",
		"find /var -name '*.1'":                                "/var/log/inventory/inventory.log.1\n",
		"du -sb /var/log/inventory | cut -f 1":                 "24\n",
		"du -s /var/log/inventory/*.1":                         "1\t/var/log/inventory/inventory.log.1\n",
		"df -h /var/log/inventory | tail -1":                   "/dev/nvme1n1      64M   64M     1 100% /var/log/inventory\n",
		"df -hT /var/log/inventory | tail -1":                  "/dev/nvme1n1    xfs    64M   64M     1 100% /var/log/inventory\n",
		"df / | head -1":                                       "Filesystem       1K-blocks      Used Available Use% Mounted on\n",
		"help | grep -c 'sed -i'":                              "2\n",
		"lsblk | grep nvme1n1":                                 "nvme1n1       128M disk /var/log/inventory\n",
		"sed -i 's/^LOG_LEVEL=.*/LOG_LEVEL=info/' /etc/inventory/inventory.conf; cat /etc/inventory/inventory.conf": "# settings\nLOG_LEVEL=info\nLOG_FILES=12\n",
		"sed -n '/FILES/p' /etc/inventory/inventory.conf":                                                           "LOG_FILES=12\n",
		"sed -e 's/\\(LOG\\)_\\([A-Z]*\\)=/\\2 of \\1: /' -n -e p /etc/inventory/inventory.conf | sed 1d":           "",
		"sed '2,3d' /etc/inventory/inventory.conf":                                                                  "# settings\n",
		"truncate -s 0 /var/log/inventory/inventory.log*; du -sb /var/log/inventory":                                "0\t/var/log/inventory\n",
		"rm -f /var/log/inventory/* /none; ls -a /var/log/inventory":                                                "",
		"mkdir -p /a/b; cp /etc/inventory/inventory.conf /a/b; mv /a/b /c; ls /c":                                   "inventory.conf\n",
		"echo hi > /tmp.x; echo there >> tmp.x; cat < tmp.x | sort -r":                                              "there\nhi\n",
		". /etc/inventory/inventory.conf; echo $LOG_LEVEL":                                                          "debug\n",
		"sudo sh -c 'echo $((6*7)); exit 3' || echo $?":                                                             "42\n3\n",
		"x=$(cat /none 2>/dev/null) || echo no":                                                                     "no\n",
		"systemctl is-active inventory":                                                                             "activating\n",
		"whoami; which ls none":                                                                                     "root\n/usr/bin/ls\n",
		"echo c | tee /dev/null":                                                                                    "c\n",
		"for f in 1 2; do echo $f; done | uniq -c":                                                                  "      1 1\n      1 2\n",
		"cd /var/log/inventory; cp -r . old || ls; cp -r /var / 2>/dev/null || echo no":                             "inventory.log\ninventory.log.1\nno\n",
		"cd /etc/inventory; cp inventory.conf . || grep -c LOG inventory.conf":                                      "2\n",
		"timeout 0.05 sleep 20; echo $?":                                                                            "124\n",
	} {
		s, _, _ := box(t)
		out, errs, _ := run(t, s, script)
		if strings.HasSuffix(script, "sed 1d") {
			continue // -e twice is refused or not; it must not hang
		}
		if out != want {
			t.Errorf("%s\n got %q %q\nwant %q", script, out, errs, want)
		}
	}
}

func TestTheBoxIsAsked(t *testing.T) {
	s, h, _ := box(t)
	if _, _, code := run(t, s, "systemctl restart inventory && sudo systemctl reload inventory.service"); code != 0 || strings.Join(h.asked, ",") != "restart inventory,reload inventory" {
		t.Errorf("%d %q", code, h.asked)
	}
	if out, _, code := run(t, s, "systemctl start inventory"); code != 1 || !strings.Contains(out, "journalctl -u inventory") {
		t.Errorf("a start that fails: %d %s", code, out)
	}
	if out, _, code := run(t, s, "systemctl status nginx"); code != 4 {
		t.Errorf("%d %s", code, out)
	}
	out, _, code := run(t, s, "systemctl status inventory")
	if code != 3 || !strings.Contains(out, "activating (auto-restart) (Result: exit-code)") || !strings.Contains(out, "no space left on device") {
		t.Errorf("%d %s", code, out)
	}
	if out, _, _ := run(t, s, "journalctl -u inventory -n 1 --no-pager"); !strings.Contains(out, "it ended") || strings.Contains(out, "no space") {
		t.Errorf("%s", out)
	}
	if out, _, code := run(t, s, "xfs_growfs -d /var/log/inventory"); code != 0 || h.grown != "/var/log/inventory" || !strings.Contains(out, "data blocks changed from 16384 to 32768") {
		t.Errorf("%d %s", code, out)
	}
	if out, errs, code := run(t, s, "resize2fs /dev/nvme1n1"); code == 0 {
		t.Errorf("XFS is grown as ext4: %s %s", out, errs)
	}
	run(t, s, "echo echo c '>' /proc/sysrq-trigger")
	if h.crashed {
		t.Error("who says it does it")
	}
	for _, line := range []string{"echo c > /proc/sysrq-trigger", "sudo sh -c 'echo c > /proc/sysrq-trigger'", "echo c | sudo tee /proc/sysrq-trigger"} {
		h.crashed = false
		if run(t, s, line); !h.crashed {
			t.Errorf("%s crashes nothing", line)
		}
	}
}

// TestOnceAndLater: systemd-run only notes what is to be done, so a script has
// ended well when a crash comes that it asked for.
func TestOnceAndLater(t *testing.T) {
	s, h, _ := box(t)
	const line = "systemd-run --unit=end --on-active=3 --timer-property=AccuracySec=100ms /bin/sh -c 'sync; echo c > /proc/sysrq-trigger'"
	_, errs, code := run(t, s, line)
	if code != 0 || h.crashed || h.later["end"] != 3*time.Second || errs != "Running timer as unit: end.timer\nWill run service as unit: end.service\n" {
		t.Errorf("status %d, crashed %t, %v waits: %s", code, h.crashed, h.later, errs)
	}
	if _, errs, code := run(t, s, line); code != 1 || !strings.Contains(errs, "Unit end.timer was already loaded") {
		t.Errorf("twice: status %d: %s", code, errs)
	}
	if _, _, code := run(t, s, "systemctl stop end.timer"); code != 0 || len(h.later) > 0 {
		t.Errorf("stopped: status %d, %v waits", code, h.later)
	}
	if _, errs, code := run(t, s, "systemctl stop end.timer"); code != 5 || !strings.Contains(errs, "Unit end.timer not loaded") {
		t.Errorf("stopped twice: status %d: %s", code, errs)
	}
	if h.do(t.Context()); !h.crashed {
		t.Error("when its time came the kernel went on")
	}
	for script, after := range map[string]time.Duration{
		"systemd-run -q touch /tmp/x": 0, "systemd-run --on-active 1min touch /tmp/x": time.Minute, "sudo systemd-run --on-active=500ms true": 500 * time.Millisecond,
	} {
		clear(h.later)
		if _, errs, code := run(t, s, script); code != 0 || len(h.later) != 1 {
			t.Errorf("%s: status %d, %v waits: %s", script, code, h.later, errs)
		}
		for unit, got := range h.later {
			if got != after || !strings.HasPrefix(unit, "run-r") {
				t.Errorf("%s waits %s as %s", script, got, unit)
			}
		}
	}
	for _, script := range []string{"systemd-run", "systemd-run --on-active=soon true", "systemd-run --on-active=-1s true", "systemd-run --on-boot=3 true", "systemd-run --unit"} {
		if _, _, code := run(t, s, script); code == 0 {
			t.Errorf("%s is taken", script)
		}
	}
}

func TestLogrotate(t *testing.T) {
	s, _, _ := box(t)
	run(t, s, `printf '/var/log/inventory/inventory.log {\n  size 1\n  rotate 1\n  copytruncate\n}\n' > /etc/rotate.conf`)
	if out, errs, code := run(t, s, "logrotate -v /etc/rotate.conf; cat /var/log/inventory/inventory.log.1; wc -c < /var/log/inventory/inventory.log; ls /var/log/inventory | wc -l"); code != 0 ||
		!strings.HasSuffix(out, "one\ntwo\nthree ERROR\n0\n2\n") {
		t.Errorf("%d %s %s", code, out, errs)
	}
}

// TestNobodyLeaves: whatever is typed, nothing outside of the folder is read,
// written, listed or run.
func TestNobodyLeaves(t *testing.T) {
	s, _, top := box(t)
	link := filepath.Join(top, "root", "link")
	if err := os.Symlink(top, link); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"../../secret", "up"}, {"/etc/passwd", "passwd"}, {"/proc/self/root", "slash"}} {
		if err := os.Symlink(pair[0], filepath.Join(top, "root", pair[1])); err != nil {
			t.Fatal(err)
		}
	}
	host := top + "/secret"
	for _, script := range []string{
		"cat /../secret", "cat ../secret", "cat ../../../../../../../.." + host, "cat " + host, "cd ..; cat secret; cd /..; cat secret",
		"cat link/secret", "cat up", "cat passwd", "cd link && cat secret", "ls link/", "find link/ ", "cp link/secret /x; cat x", "mv link/secret y; cat y",
		"cat < link/secret", "cat < /proc/self/environ", "cat slash/etc/passwd", "tail -n 5 link/secret", "grep -r . link/", "sed p link/secret", "tee x < link/secret",
		". " + host, "source link/secret", "builtin source link/secret", "command . link/secret", "bash " + host, "sh < link/secret", "mapfile x < link/secret; echo $x",
		"read x < link/secret; echo $x", "echo $(<link/secret)", "echo link/*", "echo /../*secret*", "cat <(cat link/secret)", "logrotate link/secret", "du -a link/", "stat link/secret",
		"pushd link; cat secret", "test -e link/secret && echo SECRET", "[ -f " + host + " ] && echo SECRET", "[[ -r link/secret ]] && echo SECRET",
	} {
		out, errs, _ := run(t, s, script)
		if strings.Contains(out+errs, "SECRET") || strings.Contains(out+errs, "root:") {
			t.Errorf("%s reads what is outside: %s %s", script, out, errs)
		}
		if strings.Contains(strings.ReplaceAll(out+errs, script, ""), top) && !strings.Contains(script, top) {
			t.Errorf("%s tells where the folder is: %s %s", script, out, errs)
		}
	}
	for _, script := range []string{
		"echo x > ../made", "echo x > link/made", "touch link/made", "mkdir link/made", "cp /etc/inventory/inventory.conf link/made", "mv /etc link/made", "echo x | tee link/made",
		"truncate -s 0 link/secret", "rm -rf link/secret link/ /.. /../secret", "sed -i s/S/x/ link/secret", "find link/ -delete", "echo x > " + top + "/made", "xfs_growfs link",
		"TMPDIR=" + top + "; echo x > " + top + "/sh-interp-made; cat <(echo x) > /dev/null",
		"echo x > /dev/null/none/sh-interp-made", "exec > link/made; echo x",
	} {
		run(t, s, script)
		if text, err := os.ReadFile(host); err != nil || string(text) != "SECRET\n" {
			t.Fatalf("%s changed what is outside: %s, %v", script, text, err)
		}
		for _, made := range []string{"made", "sh-interp-made"} {
			if _, err := os.Lstat(filepath.Join(top, made)); err == nil {
				t.Fatalf("%s made something outside", script)
			}
		}
	}
	for _, script := range []string{"/bin/id -Z", "/usr/bin/env env", "curl localhost", "/proc/self/exe", "exec /bin/touch /x", "command /bin/uname --kernel-version", "./link/secret", "python3 -c 1", "awk 1"} {
		if out, _, code := run(t, s, script); code == 0 && out != "" && script != "/bin/id -Z" && !strings.HasPrefix(out, "Linux\n") {
			t.Errorf("%s ran something: %s", script, out)
		}
	}
}

// TestAScriptIsBounded: in time, output and depth, and the shell lives on.
func TestAScriptIsBounded(t *testing.T) {
	s, _, _ := box(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, _, code, err := s.Output(ctx, "root", "/", "while true; do sleep 9; done"); err == nil || code != 124 {
		t.Errorf("a script without an end: %d, %v", code, err)
	}
	for name, script := range map[string]string{
		"depth": "f() { f; }; f", "a bomb": ":(){ :|:& };:", "many": "while true; do hostname > /dev/null; done",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if _, _, code, _ := s.Output(ctx, "root", "/", script); code == 0 && name != "a bomb" {
			t.Errorf("%s ends well", name)
		}
		cancel()
	}
	out, _, _ := run(t, s, "truncate -s 8M /big; cat /big; cat /big")
	if len(out) > mostOutput {
		t.Errorf("%d bytes were printed", len(out))
	}
	if out, _, _ := run(t, s, "echo alive"); out != "alive\n" {
		t.Errorf("afterwards: %q", out)
	}
}

func TestASessionKeepsItsPlace(t *testing.T) {
	s, _, _ := box(t)
	var out strings.Builder
	n, err := s.Session("inventory", "/home/inventory", nil, &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"x=1; cd /var/log/inventory; echo z > z; rm z || exit", "y=2", "if", "echo $x$y $PWD $USER ~"} {
		if _, err := n.Run(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(out.String(), "12 /var/log/inventory inventory /home/inventory\n") || !strings.Contains(out.String(), "syntax error") || n.Exited() {
		t.Errorf("%s", out.String())
	}
	if code, _ := n.Run(t.Context(), "exit 4"); code != 4 || !n.Exited() {
		t.Errorf("exit gives %d", code)
	}
}

// TestHelpTellsOfEachProgram: with a line each, and of none that there is not.
func TestHelpTellsOfEachProgram(t *testing.T) {
	have := tools()
	for _, p := range programs {
		for _, name := range strings.Fields(p.names) {
			if have[name] == nil {
				t.Errorf("%s is no program, or is told of twice", name)
			}
			delete(have, name)
		}
	}
	for name := range have {
		t.Errorf("help does not tell of %s", name)
	}
	s, _, _ := box(t)
	for _, script := range []string{"help", "help sed", "command help"} {
		if out, errs, code := run(t, s, script); code != 0 || !strings.Contains(out, "There is no editor.") || !strings.Contains(out, "  sed ") {
			t.Errorf("%s: %d %q %q", script, code, out, errs)
		}
	}
}

// TestWhoOneIs: sudo makes one root, and no other program does.
func TestWhoOneIs(t *testing.T) {
	s, _, _ := box(t)
	for script, want := range map[string]string{
		"id":                     "uid=1000(inventory) gid=1000(inventory) groups=1000(inventory),10(wheel)\n",
		"env X=1 whoami":         "inventory\n",
		"sudo id":                "uid=0(root) gid=0(root) groups=0(root)\n",
		"sudo -u nina whoami":    "nina\n",
		"sudo sh -c whoami":      "root\n",
		"sudo whoami; whoami":    "root\ninventory\n",
		"sudo -n env X=1 whoami": "root\n",
	} {
		out, errs, _, err := s.Output(t.Context(), "inventory", "/home/inventory", script)
		if err != nil || out != want {
			t.Errorf("%s\n got %q %q %v\nwant %q", script, out, errs, err, want)
		}
	}
}
