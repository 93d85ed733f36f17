// Package tftest gives tests a Terraform with a copy of the stack's configuration,
// initialised, with the tests' provider where there is one.
//
// It knows where Terraform and the provider are looked for, and what a copy
// consists of. It does not know what a test does with it; only tests use it.
package tftest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
)

// Stack is a copy of what Terraform reads, ready for use. Tests work on a copy
// because a lock file would name the tests' provider.
type Stack struct {
	*tfexec.Terraform
	Dir  string // of the root module
	Stub bool   // the provider is the tests' own, which needs no cloud
}

// Source is where a copy comes from. It is given, so that the tests of package
// infra itself can use this package.
type Source struct {
	Unpack func(dir string) (root string, err error) // infra.Unpack
	Site   func(dir string) error                    // frontend.Unpack
	Render func(dir string) error                    // writes what Go renders for a round
}

// Vars are the inputs of the copies' stack, of the round R7.
func Vars() []string {
	return []string{
		"round=7", "expires=2026-11-23T19:35:00Z", "release=1.4.0",
		"box_public_key=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHZvZA== chaotic-r7-box",
		`access=["192.0.2.0/24"]`, "admin_email=admin@example.org",
	}
}

// Options are the inputs as one of tfexec's commands takes them.
func Options[T any](of func(string) T) (all []T) {
	for _, v := range Vars() {
		all = append(all, of(v))
	}
	return all
}

// Need returns an initialised copy. Without Terraform the test is skipped, or
// fails where everything is required; without any provider it is skipped.
func Need(t *testing.T, from Source) Stack {
	t.Helper()
	tool, err := exec.LookPath("terraform")
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("Terraform is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs Terraform: %v", err)
	}
	t.Setenv("CHECKPOINT_DISABLE", "1")
	stub := findProvider(t)
	dir := copyOf(t, from)
	tf, err := tfexec.NewTerraform(dir, tool)
	if err != nil {
		t.Fatal(err)
	}
	if err := tf.Init(t.Context()); err != nil {
		if stub {
			t.Fatal(err)
		}
		t.Skipf("needs a provider, from ../shared/tools/aws-schema-provider or from the network: %v", err)
	}
	return Stack{tf, dir, stub}
}

// findProvider points Terraform at the tests' provider, where there is one, and
// reports whether there is. TF_CLI_CONFIG_FILE may name its mirror; else it is
// built from the folder beside the repository.
func findProvider(t *testing.T) bool {
	t.Helper()
	if text, err := os.ReadFile(os.Getenv("TF_CLI_CONFIG_FILE")); err == nil {
		return strings.Contains(string(text), "filesystem_mirror")
	}
	build := filepath.Join(filepath.Dir(repository(t)), "shared", "tools", "aws-schema-provider", "mirror")
	if _, err := os.Stat(build); err != nil {
		t.Setenv("TF_CLI_CONFIG_FILE", "")
		return false
	}
	out, err := exec.CommandContext(t.Context(), build, t.TempDir()).Output()
	if err != nil {
		t.Fatalf("build the tests' provider: %v", err)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", strings.TrimSpace(string(out)))
	return true
}

// repository is the folder above the test that has a go.mod.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod is above the test")
		}
		dir = filepath.Dir(dir)
	}
}

// copyOf writes what the bot brings along and what Go renders for a round, and
// returns the folder of the root module.
func copyOf(t *testing.T, from Source) string {
	t.Helper()
	top := t.TempDir()
	root, err := from.Unpack(filepath.Join(top, "infra"))
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"frontend/frontend.go": "package frontend", "frontend/README.md": "# The site",
		"infra/rendered/box/inventory": "a program", "infra/rendered/box/node_exporter": "another",
	} {
		path = filepath.Join(top, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := from.Site(filepath.Join(top, "frontend")); err != nil {
		t.Fatal(err)
	}
	if err := from.Render(filepath.Join(top, "infra", "rendered")); err != nil {
		t.Fatal(err)
	}
	return root
}
