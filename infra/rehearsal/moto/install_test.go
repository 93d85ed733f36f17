package moto

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstall runs the real venv and the real pip on a package of ours that
// bears moto's name, so that no index is needed.
func TestInstall(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import venv, ensurepip").Run()
	}
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatalf("Python with venv is required: %v", err)
		}
		t.Skipf("needs Python with venv: %v", err)
	}
	wheels, cache := t.TempDir(), t.TempDir()
	wheel(t, filepath.Join(wheels, "moto-"+Version+"-py3-none-any.whl"))
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", wheels)
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)

	var lines []string
	tool, err := Install(t.Context(), cache, func(l string) { lines = append(lines, l) })
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(lines, "\n"))
	}
	if out, err := exec.CommandContext(t.Context(), tool.Path).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "served" {
		t.Errorf("what was installed says %q (%v)", out, err)
	}
	if len(lines) < 3 || !strings.Contains(strings.Join(lines, "\n"), "Installing collected packages") {
		t.Errorf("progress = %q, want pip's lines", lines)
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	found, err := Find(t.Context(), cache)
	if err != nil || found.Version != Version {
		t.Errorf("Find = %v, %v, want what was installed", found, err)
	}
}

// wheel writes a Python package with moto's name, its extra and its command.
func wheel(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	info := "moto-" + Version + ".dist-info/"
	for name, body := range map[string]string{
		"moto/__init__.py":        "",
		"moto/server.py":          "def main():\n    print('served')\n",
		"flask/__init__.py":       "",
		info + "METADATA":         "Metadata-Version: 2.1\nName: moto\nVersion: " + Version + "\nProvides-Extra: server\n",
		info + "WHEEL":            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "entry_points.txt": "[console_scripts]\nmoto_server = moto.server:main\n",
		info + "RECORD":           "",
	} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}
