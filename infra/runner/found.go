package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os/exec"
	"time"

	version "github.com/hashicorp/go-version"
	hcfs "github.com/hashicorp/hc-install/fs"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Find tells which Terraform a Runner takes that keeps its things in dir. It
// fetches none: where there is none that will do, the error says why.
func Find(ctx context.Context, dir string, environ []string) (path, release string, err error) {
	home, err := folderAt(dir)
	if err != nil {
		return "", "", err
	}
	t := &tool{dir: home, env: environment(environ, "", "", home.plugins()), log: slog.New(slog.DiscardHandler)}
	if path, err = t.has(ctx); err == nil {
		have, err := t.version(ctx, path)
		if err != nil {
			return "", "", err
		}
		return path, have.String(), nil
	}
	if ctx.Err() != nil {
		return "", "", context.Cause(ctx)
	}
	if path, err = exec.LookPath(product.Terraform.BinaryName()); err != nil {
		return "", "", errors.New("there is none on PATH")
	}
	old, err := t.version(ctx, path)
	if err != nil {
		return "", "", fmt.Errorf("%s does not tell its version", path)
	}
	return "", "", fmt.Errorf("%s is %s, and %s is needed", path, old, needed)
}

// Organization asks HCP Terraform for the organization of a backend, with the
// token that Terraform would show, and makes nothing there.
func Organization(ctx context.Context, b Backend, environ []string) round.Check {
	r := &Runner{
		cfg:  Config{Backend: b, Log: slog.New(slog.DiscardHandler), Web: &http.Client{Timeout: 10 * time.Second}},
		tool: &tool{env: environment(environ, "", "", "")},
	}
	return r.organization(ctx)
}

// has finds one on PATH or from an earlier installation of ours.
func (t *tool) has(ctx context.Context) (string, error) {
	constraints, err := version.NewConstraint(needed)
	if err != nil {
		return "", err
	}
	have := &hcfs.Version{Product: t.product(), Constraints: constraints, ExtraPaths: []string{t.dir.bin()}, Timeout: 30 * time.Second}
	return have.Find(ctx)
}

// Fetchable asks whether the release is there that a Runner fetches where it
// finds none. api is where; empty is HashiCorp's own site.
func Fetchable(ctx context.Context, api string) error {
	constraints, err := version.NewConstraint("= " + installed)
	if err != nil {
		return err
	}
	all := &releases.Versions{Product: product.Terraform, Constraints: constraints, ApiBaseURL: api}
	found, err := all.List(ctx)
	if err != nil {
		return fmt.Errorf("ask for the releases of Terraform: %w", err)
	}
	if len(found) == 0 {
		return fmt.Errorf("ask for the releases of Terraform: %s is not among them", installed)
	}
	return nil
}
