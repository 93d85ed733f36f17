package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// runBase makes the name of a new run folder. The folder itself is made by the
// world, which removes it too.
func runBase() (string, error) {
	dir, err := os.MkdirTemp("", "chaotic-good-")
	if err != nil {
		return "", fmt.Errorf("make the run folder: %w", err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL's own user passes through it
		return "", fmt.Errorf("make the run folder: %w", err)
	}
	return dir, nil
}

// cacheDir is where what was set up once stays.
func cacheDir() (string, error) {
	if dir := os.Getenv("CHAOTIC_CACHE"); dir != "" {
		return dir, nil
	}
	if os.Geteuid() == 0 {
		return "/var/cache/chaotic-good", nil // PostgreSQL refuses to be root, and its user may not enter root's home
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(dir, "chaotic-good"), nil
}

// endWithGoRun gives a context that also ends when the `go run` that started us
// is killed: it is our parent then, and passes no signal on.
func endWithGoRun(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	if err != nil || strings.TrimSpace(string(name)) != "go" {
		return ctx, cancel
	}
	go func() {
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if os.Getppid() != parent {
					cancel()
					return
				}
			}
		}
	}()
	return ctx, cancel
}
