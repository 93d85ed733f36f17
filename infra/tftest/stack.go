package tftest

import (
	"os"
	"path/filepath"
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

	Provider *Provider // shared by the tests of a package; nil: one of this test's own
}

// DatabaseSecret is the ARN of the secret with the shop's login, among the inputs.
const DatabaseSecret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:chaotic-r7/database-AbCdEf"

// Vars are the inputs of the copies' stack, of the round R7.
func Vars() []string {
	return []string{
		"round=7", "expires=2026-11-23T19:35:00Z", "release=1.4.0",
		"database_secret=" + DatabaseSecret,
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
	provider := from.Provider
	if provider == nil {
		provider = new(Provider)
		t.Cleanup(func() {
			if err := provider.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	tool, stub := provider.Need(t)
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
