package infra

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const boxValues = `{ name = "chaotic-r7-box", files = "chaotic-r7-files-1", log_group = "/chaotic-good/R7/box", log_device = "/dev/sdf",
port_app = 8080, port_node = 9100, sums = { inventory = "%s", node_exporter = "%s" } }`

// The box comes up although S3 fails at first, and a later boot changes nothing
// and needs nobody.
func TestTheBoxComesUpByItself(t *testing.T) {
	c := needTerraform(t)
	values := strings.ReplaceAll(fmt.Sprintf(boxValues, sumOf("inventory\n"), sumOf("node_exporter\n")), "\n", " ")
	data := rendered(t, c, "box", "box.sh.tftpl", values)
	m := newMachine(t, map[string]string{
		// At first S3 does not answer, then it sends half a file, then all of it.
		"aws": `to=${@: -1}; from=${@: -2:1}; n=$(grep -c "^aws.*${from##*/}" "$CALLS")
[ -z "${OFFLINE:-}" ] && [ "$n" -gt 1 ] || exit 1
if [ "$n" = 2 ]; then echo half >"$to"; else echo "${from##*/}" >"$to"; fi`,
		"blkid":      `if [ -e "$ROOT/made" ]; then echo 1234-5678; else exit 2; fi`,
		"mkfs.xfs":   `touch "$ROOT/made"`,
		"mount":      `touch "$ROOT/mounted"`,
		"mountpoint": `[ -e "$ROOT/mounted" ]`,
		"id":         `[ -e "$ROOT/home/inventory" ]`,
		"useradd":    `mkdir -p "$ROOT/home/inventory/.ssh"`,
		"install":    `echo key >"$ROOT/home/inventory/.ssh/authorized_keys" || true`,
	})
	m.write(t, "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl", "#!/bin/bash\n"+standIns+"\n")
	// An agent that was started goes on.
	m.write(t, "bin/systemctl", "#!/bin/bash\n"+standIns+"\n"+`if [ "$1" = is-active ]; then [ -e "$ROOT/opt/aws/amazon-cloudwatch-agent/etc/box.json" ]; fi`)
	m.write(t, "userdata", m.here(data))
	calls, err := m.run(t, "userdata")
	if err != nil || !strings.Contains(calls, "systemctl enable -q make-box\nsystemctl start --no-block make-box") {
		t.Fatalf("the user data starts no unit: %v", err)
	}
	// Without its disk it fails, and is tried again.
	if _, err := m.run(t, "usr/local/sbin/make-box"); err == nil {
		t.Error("it came up without its disk")
	}
	if err := os.MkdirAll(filepath.Join(m.dir, "dev/sdf"), 0o755); err != nil {
		t.Fatal(err)
	}
	calls, err = m.run(t, "usr/local/sbin/make-box")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"inventory", "node_exporter"} {
		if m.read(t, "opt/inventory/"+program) != program+"\n" {
			t.Errorf("%s is not what was asked for", program)
		}
	}
	before := func(first, then string) {
		t.Helper()
		if a, b := strings.Index(calls, first), strings.Index(calls, then); a < 0 || b < 0 || a > b {
			t.Errorf("%q does not come before %q", first, then)
		}
	}
	before("mount ", "systemctl enable -q --now amazon-ssm-agent node_exporter inventory")
	before("aws s3", "systemctl enable -q --now amazon-ssm-agent node_exporter inventory")
	before("systemctl enable -q --now amazon-ssm-agent node_exporter inventory", "dnf install")
	if dead := m.read(t, "etc/sysctl.d/99-inventory.conf"); !strings.Contains(dead, "kernel.panic = 0\n") {
		t.Errorf("a box whose kernel crashed would boot by itself:\n%s", dead)
	}
	before("systemctl disable --now kdump", "systemctl restart systemd-sysctl")
	if tab := m.read(t, "etc/fstab"); !strings.HasPrefix(tab, "UUID=1234-5678 ") || !strings.Contains(tab, "xfs defaults,nofail 0 2\n") {
		t.Errorf("the log's disk is not mounted again: %s", tab)
	}
	m.verify(t, "make-box.service", "inventory.service", "node_exporter.service")

	// The next boot: a fault has changed the settings meanwhile, and S3 is away.
	m.write(t, "etc/inventory/inventory.conf", "LOG_LEVEL=debug\n")
	calls, err = m.run(t, "usr/local/sbin/make-box", "OFFLINE=1")
	if err != nil {
		t.Errorf("the next boot fails: %v", err)
	}
	if got := m.read(t, "etc/inventory/inventory.conf"); got != "LOG_LEVEL=debug\n" {
		t.Errorf("a boot puts the settings back: %s", got)
	}
	for _, never := range []string{"mkfs", "useradd", "aws", "dnf"} {
		if strings.Contains(calls, never) {
			t.Errorf("the next boot calls %s", never)
		}
	}
	if n := strings.Count(m.read(t, "etc/fstab"), "\n"); n != 1 {
		t.Errorf("fstab has %d lines", n)
	}
}
