// Package tftest finds Terraform and the tests' AWS provider for the tests of
// this repository, and gives them a copy of the stack's configuration, initialised.
//
// It knows where the provider's source stands beside the repository, how
// Terraform is pointed at what is built of it, and what a copy consists of. It
// does not know what a test does with it; only tests use it.
package tftest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Provider is the tests' provider, which carries a stack without any cloud. It
// is built once for the tests of a package; Close, in TestMain, removes it.
type Provider struct {
	once   sync.Once
	dir    string
	config string // the CLI configuration that names it; empty: there is none
	err    error
}

// Need returns the path of Terraform, and whether the tests' provider is there:
// without it, init fetches the real one where the network allows that. Without
// Terraform the test is skipped, or fails where everything is required.
func (p *Provider) Need(t *testing.T) (tool string, stub bool) {
	t.Helper()
	tool, err := exec.LookPath("terraform")
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("Terraform is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs Terraform: %v", err)
	}
	t.Setenv("CHECKPOINT_DISABLE", "1")
	if text, err := os.ReadFile(os.Getenv("TF_CLI_CONFIG_FILE")); err == nil {
		return tool, strings.Contains(string(text), "filesystem_mirror")
	}
	p.once.Do(p.build)
	if p.err != nil {
		t.Fatalf("build the tests' provider: %v", p.err)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", p.config)
	return tool, p.config != ""
}

func (p *Provider) build() {
	root, err := Root()
	if err != nil {
		p.err = err
		return
	}
	mirror := filepath.Join(filepath.Dir(root), "shared", "tools", "aws-schema-provider", "mirror")
	if _, err := os.Stat(mirror); err != nil {
		return
	}
	if p.dir, p.err = os.MkdirTemp("", "tftest-"); p.err != nil {
		return
	}
	out, err := exec.Command(mirror, p.dir).Output()
	p.config, p.err = strings.TrimSpace(string(out)), err
}

// Close removes what was built.
func (p *Provider) Close() error {
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}

// Root is the folder of the repository, seen from a test of one of its packages.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("no go.mod stands above")
}
