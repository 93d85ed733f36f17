package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	version "github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

const (
	// needed is what the configuration asks for: S3 locks by a file from here on.
	needed = ">= 1.10"
	// installed is the release that is fetched where none is found.
	installed = "1.11.4"
)

// tool is Terraform's binary.
type tool struct {
	dir folder
	env map[string]string
	log *slog.Logger
	api string // where releases are fetched; empty: HashiCorp's own site

	mu   sync.Mutex
	path string
}

// find returns the path of a Terraform that is new enough: from PATH, from an
// earlier installation of ours, or fetched now, with its signed checksum
// verified.
func (t *tool) find(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.path != "" {
		return t.path, nil
	}
	path, missing := t.has(ctx)
	if missing == nil {
		t.path = path
		return path, nil
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	path, err := t.install(ctx)
	if err != nil {
		return "", fmt.Errorf("the runner needs Terraform %s: no such one was found on PATH (%w), and %s could not be installed (%w); "+
			"install it by hand from HashiCorp's releases", needed, missing, installed, err)
	}
	t.log.InfoContext(ctx, "installed Terraform", "version", installed, "path", path)
	t.path = path
	return path, nil
}

// install fetches it into a folder beside, and moves what was verified.
func (t *tool) install(ctx context.Context) (path string, err error) {
	if err := os.MkdirAll(t.dir.bin(), 0o700); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(t.dir.bin(), "new-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	from := &releases.ExactVersion{
		Product: t.product(), Version: version.Must(version.NewVersion(installed)), InstallDir: dir,
		Timeout: 10 * time.Minute, ApiBaseURL: t.api,
	}
	got, err := from.Install(ctx)
	if err != nil {
		return "", err
	}
	path = filepath.Join(t.dir.bin(), filepath.Base(got))
	return path, os.Rename(got, path)
}

// product is Terraform, as hc-install has to know it.
func (t *tool) product() product.Product {
	p := product.Terraform
	p.GetVersion = t.version
	return p
}

// version asks a binary for its version, with Terraform's own environment.
func (t *tool) version(ctx context.Context, path string) (*version.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version", "-json")
	cmd.Env = list(t.env)
	cmd.Dir = os.TempDir()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	var said struct {
		Version *version.Version `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &said); err != nil || said.Version == nil {
		return nil, fmt.Errorf("ask %s for its version: it gives no answer that can be read", path)
	}
	return said.Version, nil
}

func list(env map[string]string) (entries []string) {
	for name, value := range env {
		entries = append(entries, name+"="+value)
	}
	return entries
}
