package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const module = "github.com/chaotic-good/scenarios"

// packages is what each program is built of. node_exporter stands in go.mod as a
// tool: its release is pinned there and its sources by go.sum, and nothing of
// it gets into the bot.
var packages = map[Program]string{
	Shop:         module + "/api",
	Bot:          module + "/bot",
	NodeExporter: "github.com/prometheus/node_exporter",
}

type sources struct{ dir string }

// FromSource builds programs by the Go toolchain from the checkout in dir. The
// same sources and toolchain give the same bytes, wherever the checkout is.
func FromSource(dir string) Programs { return sources{dir} }

func (s sources) Put(ctx context.Context, p Program, path string) error {
	pkg, ok := packages[p]
	if !ok {
		return fmt.Errorf("build %s: there is no such program", p)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("build %s: %w", p, err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path, pkg)
	cmd.Dir, cmd.WaitDelay = s.dir, 10*time.Second
	// The machine's own settings must not get into the program.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=-mod=readonly", "GOWORK=off")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return fmt.Errorf("build %s: %w", p, ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("build %s: %w; install Go, or use a release of the bot, which brings its programs along", p, err)
	case err != nil:
		return fmt.Errorf("build %s: %w: %s", p, err, strings.TrimSpace(said.String()))
	}
	return check(path)
}

// findSources looks for our go.mod in dir and above it.
func findSources(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module "+module+"\n") {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errNoSources
		}
		dir = above
	}
}
