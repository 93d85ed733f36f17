package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// rehearsing is `bot rehearse` in a process of its own, as a person has it.
type rehearsing struct {
	t     *testing.T
	cmd   *exec.Cmd
	temp  string // its TMPDIR
	lines chan string
	ended chan error
	out   spool
	errs  spool
}

// begin starts it. The environment is what a person's shell would give it.
func begin(t *testing.T, env map[string]string, as *syscall.Credential, binary string, args ...string) *rehearsing {
	t.Helper()
	r := &rehearsing{t: t, temp: env["TMPDIR"], lines: make(chan string, 1000), ended: make(chan error, 1)}
	r.cmd = exec.Command(binary, append([]string{"rehearse"}, args...)...)
	for k, v := range env {
		r.cmd.Env = append(r.cmd.Env, k+"="+v)
	}
	r.cmd.Dir, r.cmd.Stderr = "/", &r.errs
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGTERM}
	out, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stdout = write
	err = r.cmd.Start()
	_ = write.Close() // the child has its own
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			_, _ = fmt.Fprintln(&r.out, scan.Text()) // never fails
			r.lines <- scan.Text()
		}
		_ = out.Close()
		r.ended <- r.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it has ended, unless the test failed
		if t.Failed() {
			t.Logf("it said:\n%s%s", &r.out, &r.errs)
		}
	})
	return r
}

// home is the environment of somebody with a folder for everything temporary.
func home(t *testing.T) map[string]string {
	t.Helper()
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"PATH": os.Getenv("PATH"), "HOME": os.Getenv("HOME"), "CHAOTIC_CACHE": cache, "TMPDIR": openFolder(t)}
}

// reads waits for a line with this in it.
func (r *rehearsing) reads(part string) string {
	r.t.Helper()
	late := time.NewTimer(60 * time.Second)
	defer late.Stop()
	for {
		select {
		case line, open := <-r.lines:
			if !open {
				r.t.Fatalf("it ended and never said %q", part)
			}
			if strings.Contains(line, part) {
				return line
			}
		case <-late.C:
			r.t.Fatalf("it does not say %q", part)
		}
	}
}

// trace is what has to be gone afterwards.
type trace struct {
	run       string
	listeners []process.Listener
}

// traces looks at what runs now.
func (r *rehearsing) traces() (seen trace) {
	r.t.Helper()
	found, err := filepath.Glob(filepath.Join(r.temp, "chaotic-good-*"))
	if err != nil || len(found) != 1 {
		r.t.Fatalf("run folders: %v, %v", found, err)
	}
	seen.run = found[0]
	all, err := process.Remains(seen.run)
	if err != nil {
		r.t.Fatal(err)
	}
	own, err := process.Listeners([]int{r.cmd.Process.Pid})
	if err != nil {
		r.t.Fatal(err)
	}
	seen.listeners = append(all.Listeners, own...)
	return seen
}

// ends wants it to end in time.
func (r *rehearsing) ends() error {
	r.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		select {
		case _, open := <-r.lines:
			if !open {
				r.lines = nil // and the end itself comes next
			}
		case err := <-r.ended:
			return err
		case <-late.C:
			r.t.Fatal("it does not end")
		}
	}
}

// gone wants that nothing is left: no process, no port, no folder. After a
// SIGKILL the watchdog needs a moment for it.
func (r *rehearsing) gone(seen trace) {
	r.t.Helper()
	until(r.t, 15*time.Second, "everything is gone", func() bool {
		left, err := process.Remains(seen.run)
		files, ferr := os.ReadDir(r.temp)
		return err == nil && ferr == nil && left.Empty() && len(files) == 0
	})
	// A process that is ending gives its memory back first, and is then nobody's
	// in /proc for as long as that takes; its sockets follow.
	for _, l := range seen.listeners {
		until(r.t, 5*time.Second, "nobody listens on "+l.Addr, func() bool {
			conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(r.t.Context(), "tcp", l.Addr)
			if err == nil {
				_ = conn.Close()
			}
			return err != nil
		})
	}
}

var pageAddress = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// breaks plays until an incident is open.
func (r *rehearsing) breaks(page string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 90*time.Second)
	defer cancel()
	admin := localdiscord.NewClient(page, "gamemaster")
	ask := func(name string, options map[string]any) localdiscord.Message {
		answer, err := admin.Ask(ctx, "operations", name, options)
		if err != nil {
			r.t.Fatal(err)
		}
		return answer
	}
	st, err := admin.State(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range st.People {
		if p.Name == "ana" {
			shown := ask("provision", map[string]any{"player": p.ID})
			if _, err := admin.Click(ctx, shown, buttonOf(shown, "Build")); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	if _, err := admin.WaitMessage(ctx, func(m localdiscord.Message) bool { return strings.Contains(textOf(m), "is ready") }); err != nil {
		r.t.Fatal(err)
	}
	shown := ask("inject", map[string]any{"scenario": "surprise"})
	if _, err := admin.Click(ctx, shown, buttonOf(shown, "Inject")); err != nil {
		r.t.Fatal(err)
	}
	if _, err := admin.WaitMessage(ctx, func(m localdiscord.Message) bool { return strings.Contains(textOf(m), "has begun") }); err != nil {
		r.t.Fatal(err)
	}
}

func TestRehearseLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts several rehearsals")
	}
	needWorld(t)
	cases := []struct {
		name, at string // the line after which the signal comes
		incident bool
		vandal   bool // somebody removes the run folder first
		signal   syscall.Signal
	}{
		{name: "Ctrl-C before anything runs", at: "Setting the stage", signal: syscall.SIGINT},
		{name: "Ctrl-C while moto starts", at: "starting moto", signal: syscall.SIGINT},
		{name: "Ctrl-C while the bot starts", at: "starting the bot", signal: syscall.SIGINT},
		{name: "Ctrl-C in an incident", at: "Ready after", incident: true, signal: syscall.SIGINT},
		{name: "kill -9 while the bot starts", at: "starting the bot", signal: syscall.SIGKILL},
		{name: "kill -9 in an incident", at: "Ready after", incident: true, signal: syscall.SIGKILL},
		{name: "Ctrl-C without a run folder", at: "Ready after", vandal: true, signal: syscall.SIGINT},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := home(t)
			r := begin(t, env, nil, self, "-verbose")
			line := r.reads(c.at)
			if c.incident {
				r.breaks(pageAddress.FindString(line))
			}
			seen := r.traces()
			if c.incident && len(seen.listeners) < 6 {
				t.Errorf("only %d listeners; the test looks in the wrong place", len(seen.listeners))
			}
			if c.vandal {
				if err := os.RemoveAll(seen.run); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			err := r.ends()
			if c.signal == syscall.SIGINT && err != nil && !c.vandal {
				t.Errorf("it ended with %v", err)
			}
			r.gone(seen)
			if _, err := os.Stat(env["CHAOTIC_CACHE"]); err != nil {
				t.Errorf("the cache folder did not stay: %v", err)
			}
		})
	}
}

func TestRehearseWithoutMoto(t *testing.T) {
	for _, place := range []string{"/usr/local/bin/moto_server", "/usr/bin/moto_server", "/opt/homebrew/bin/moto_server"} {
		if _, err := os.Stat(place); err == nil {
			t.Skip("moto_server is in " + place + ", where it is always found")
		}
	}
	temp := openFolder(t)
	path, cache := filepath.Join(temp, "bin"), filepath.Join(temp, "cache")
	tmp := filepath.Join(temp, "tmp")
	for _, dir := range []string{path, cache, tmp} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// As on a machine without a network: the environment is made, pip fails.
	const python = "#!/bin/sh\nmkdir -p \"$3/bin\" && printf '#!/bin/sh\\necho no route to the index >&2\\nexit 1\\n' >\"$3/bin/python\" && chmod +x \"$3/bin/python\"\n"
	if err := os.WriteFile(filepath.Join(path, "python3"), []byte(python), 0o755); err != nil {
		t.Fatal(err)
	}
	r := begin(t, map[string]string{"PATH": path + ":/usr/bin:/bin", "HOME": temp, "CHAOTIC_CACHE": cache, "TMPDIR": tmp}, nil, self)
	err := r.ends()
	var status *exec.ExitError
	if !errors.As(err, &status) || status.ExitCode() != 1 {
		t.Errorf("it ended with %v, want status 1", err)
	}
	said := strings.TrimSpace(r.errs.String())
	if strings.Contains(said, "\n") || !strings.HasPrefix(said, "bot: ") || !strings.Contains(said, "install it with: ") {
		t.Errorf("it says %q, want one sentence with the line that installs moto", said)
	}
	for _, dir := range []string{tmp, cache} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", filepath.Base(dir), left, err)
		}
	}
}

// The README promises that it works as an ordinary user. As root we can try.
func TestRehearseAsAnOrdinaryUser(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a whole round")
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody else; every other test is an ordinary user's here")
	}
	needWorld(t)
	nobody, err := user.Lookup("nobody")
	if err != nil {
		cannot(t, err)
	}
	uid, err := strconv.Atoi(nobody.Uid)
	if err != nil {
		t.Fatal(err)
	}
	gid, err := strconv.Atoi(nobody.Gid)
	if err != nil {
		t.Fatal(err)
	}
	temp := openFolder(t)
	env := map[string]string{
		"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": filepath.Join(temp, "home"), "TMPDIR": filepath.Join(temp, "tmp"),
		"CHAOTIC_CACHE": filepath.Join(temp, "cache"),
	}
	for _, name := range []string{"HOME", "TMPDIR", "CHAOTIC_CACHE"} {
		if err := os.MkdirAll(env[name], 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(env[name], uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	lendMoto(t, env["CHAOTIC_CACHE"])
	binary := filepath.Join(temp, "bot")
	copyBinary(t, binary)
	report := filepath.Join(env["HOME"], "round.json")
	r := begin(t, env, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, binary, "-autoplay", "security-group", "-report", report)
	late := time.AfterFunc(90*time.Second, func() { _ = r.cmd.Process.Signal(syscall.SIGINT) })
	defer late.Stop()
	for range r.lines { // until it has no more to say
	}
	if err := <-r.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if raw, err := os.ReadFile(report); err != nil || !strings.Contains(string(raw), `"outcome": "resolved"`) || !strings.Contains(string(raw), `"left": 0`) {
		t.Errorf("the report: %v\n%s", err, raw)
	}
	if left, err := os.ReadDir(env["TMPDIR"]); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// lendMoto puts root's moto into somebody's cache folder, where it would have
// been installed: by links, for it is large and may be in root's home.
func lendMoto(t *testing.T, cache string) {
	t.Helper()
	root, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tool, err := moto.Find(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.EvalSymlinks(tool.Path)
	if err != nil {
		t.Fatal(err)
	}
	from, to := filepath.Dir(filepath.Dir(script)), filepath.Join(cache, "moto-"+moto.Version)
	if strings.HasPrefix(from, "/usr") {
		return // everybody finds it
	}
	err = filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		copied := to + strings.TrimPrefix(path, from)
		switch {
		case d.IsDir():
			return os.Mkdir(copied, 0o755)
		case d.Type()&os.ModeSymlink != 0:
			target, err := os.Readlink(path)
			return errors.Join(err, os.Symlink(target, copied))
		case d.Type().IsRegular() && path != script:
			return os.Link(path, copied)
		}
		return nil
	})
	if err != nil {
		cannot(t, fmt.Errorf("lend moto to somebody else: %w", err))
	}
	env := ""
	if _, err := os.Stat(filepath.Join(to, "pyvenv.cfg")); err != nil {
		env = "PYTHONHOME=" + to + " LD_LIBRARY_PATH=" + to + "/lib " // a whole Python, which was built for another place
	}
	python := filepath.Join(to, "bin", "python3")
	text := fmt.Sprintf("#!/bin/sh\nexec env %s%s -c 'import sys; from moto.server import main; sys.exit(main())' \"$@\"\n", env, python)
	if err := os.WriteFile(filepath.Join(to, "bin", "moto_server"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// copyBinary copies this program to where everybody may run it.
func copyBinary(t *testing.T, to string) {
	t.Helper()
	raw, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock() // a child forked meanwhile would hold it open for writing: "text file busy"
	err = os.WriteFile(to, raw, 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil { // whatever the umask
		t.Fatal(err)
	}
}
