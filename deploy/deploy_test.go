// Package deploy_test holds the files of this folder, and the workflows that
// publish them, to what they promise. It reads and runs them; it does not know
// how the bot works.
package deploy_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// needTool finds a program of the machine. Without it the test is skipped.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("needs %s: %v", name, err)
	}
	return path
}

// readYAML reads the one document of a file; a field that into does not know is
// an error.
func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(strings.NewReader(string(text)), yaml.Strict())
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		t.Fatalf("%s has more than one document: %v", path, err)
	}
}

func TestScriptsAreClean(t *testing.T) {
	scripts, err := filepath.Glob("*.sh")
	if err != nil || len(scripts) < 2 {
		t.Fatalf("%v, %v", scripts, err)
	}
	if out, err := exec.CommandContext(t.Context(), needTool(t, "shellcheck"), scripts...).CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestTheUnitIsHardened asks systemd itself. Its figure goes from 0, nothing can
// happen, to 100; an ordinary unit has 96.
func TestTheUnitIsHardened(t *testing.T) {
	tool := needTool(t, "systemd-analyze")
	text, err := os.ReadFile("chaotic-good.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "chaotic-good.service")
	here := strings.Replace(string(text), "ExecStart=/opt/chaotic-good/bot ", "ExecStart=/bin/true ", 1)
	if here == string(text) {
		t.Fatal("it does not start /opt/chaotic-good/bot")
	}
	if err := os.WriteFile(unit, []byte(here), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v:\n%s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "security", "--offline=true", "--threshold=13", unit).CombinedOutput(); err != nil {
		t.Errorf("security: %v:\n%s", err, out)
	}
}
