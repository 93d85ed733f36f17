package infra

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// userDataLimit is what EC2 takes, before it is encoded.
const userDataLimit = 16 << 10

// rendered is a template of user data as Terraform fills it in.
func rendered(t *testing.T, c configuration, module, file, values string) string {
	t.Helper()
	out, err := c.console(t.Context(), fmt.Sprintf(`jsonencode(templatefile("modules/%s/%s", %s))`, module, file, values))
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := strconv.Unquote(strings.TrimSpace(out)) // the console quotes JSON's own quotes
	if err == nil {
		text, err = strconv.Unquote(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(text))
	}
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(text) > userDataLimit*9/10 {
		t.Errorf("the user data of %s has %d bytes; EC2 takes %d", module, len(text), userDataLimit)
	}
	return text
}

// machine is a folder that stands for a host's root: scripts run with its paths
// in the place of /etc and others, and with stand-ins for what a test machine
// must not do.
type machine struct {
	dir   string
	calls string // where stand-ins write what they were asked
}

const standIns = `echo "${0##*/} $*" >>"$CALLS"`

func newMachine(t *testing.T, also map[string]string) machine {
	t.Helper()
	m := machine{dir: t.TempDir()}
	m.calls = filepath.Join(m.dir, "calls")
	for _, dir := range []string{"bin", "etc/systemd/system", "etc/sysctl.d", "etc/sudoers.d", "etc/nginx", "usr/local/sbin", "srv", "opt/aws/amazon-cloudwatch-agent/etc", "opt/aws/amazon-cloudwatch-agent/bin"} {
		if err := os.MkdirAll(filepath.Join(m.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{"systemctl": "", "dnf": "", "chown": "", "chgrp": ""}
	m.write(t, "bin/sleep", "#!/bin/bash\n")
	for name, text := range also {
		all[name] = text
	}
	for name, text := range all {
		m.write(t, "bin/"+name, "#!/bin/bash\n"+standIns+"\n"+text+"\n")
	}
	return m
}

func (m machine) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (m machine) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, name))
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

var rooted = regexp.MustCompile(`(^|[\s"'=(:>])(/(?:etc|srv|opt|home|usr/local/sbin|var/log)/|/dev/sdf)`)

// here puts the machine's own paths into a script.
func (m machine) here(text string) string {
	return strings.ReplaceAll(rooted.ReplaceAllString(text, "${1}"+m.dir+"${2}"), "[ -b ", "[ -e ")
}

// run runs a script and gives what it and its stand-ins said.
func (m machine) run(t *testing.T, name string, env ...string) (calls string, err error) {
	t.Helper()
	if err := os.WriteFile(m.calls, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", filepath.Join(m.dir, name))
	cmd.Env = append([]string{"PATH=" + filepath.Join(m.dir, "bin") + ":" + os.Getenv("PATH"), "CALLS=" + m.calls, "ROOT=" + m.dir}, env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err = cmd.Run()
	calls = m.read(t, "calls")
	t.Logf("%s: %v\n%s%s", name, err, said.String(), calls)
	return calls, err
}

// verify asks systemd about units, where there is one.
func (m machine) verify(t *testing.T, units ...string) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Logf("systemd is not asked: %v", err)
		return
	}
	for _, unit := range units {
		text := m.read(t, "etc/systemd/system/"+unit)
		if !strings.Contains(text, "Restart=") || !strings.Contains(text, "RestartSec=") || !strings.Contains(text, "StartLimitIntervalSec=0") {
			t.Errorf("%s gives up:\n%s", unit, text)
		}
		out, err := exec.CommandContext(t.Context(), tool, "verify", "--man=no", filepath.Join(m.dir, "etc/systemd/system", unit)).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, unit) {
				t.Errorf("%s: %s (%v)", unit, line, err)
			}
		}
	}
}

func sumOf(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
