package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// When moto dies, the world has lost its memory: the rehearsal says so in a
// sentence, ends, and leaves nothing.
func TestMotoDies(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a whole world")
	}
	needWorld(t)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	base := openFolder(t)
	t.Setenv("CHAOTIC_CACHE", cache)
	t.Setenv("TMPDIR", base)
	out := &spool{}
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	go func() { ended <- rehearse(ctx, stageConfig{out: out, log: slog.New(slog.DiscardHandler)}) }()
	until(t, time.Minute, "the rehearsal is ready", func() bool { return strings.Contains(out.String(), "Ready after") })
	runs, err := filepath.Glob(filepath.Join(base, "*"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("the run folders are %q, %v", runs, err)
	}
	here, err := process.Remains(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	killed := false
	for _, p := range here.Processes {
		if strings.Contains(p.Command, "moto") {
			killed = syscall.Kill(p.PID, syscall.SIGKILL) == nil
		}
	}
	if !killed {
		t.Fatalf("moto is not among %v", here.Processes)
	}
	err = <-ended
	if err == nil || !strings.Contains(err.Error(), "moto, which plays AWS here, ended by itself") {
		t.Errorf("the rehearsal ended with: %v", err)
	}
	if left, err := process.Remains(runs[0]); err != nil || !left.Empty() {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
