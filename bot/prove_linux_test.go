package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAProofThatIsEnded: whoever ends a proof in the middle gets what was proven
// so far, and the round is destroyed first.
func TestAProofThatIsEnded(t *testing.T) {
	if testing.Short() {
		t.Skip("it raises a world")
	}
	needWorld(t)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CHAOTIC_CACHE", cache)
	t.Setenv("TMPDIR", openFolder(t))
	kept := filepath.Join(t.TempDir(), "trials")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	out := &spool{}
	ended := make(chan error, 1)
	stopped, stop := context.WithCancel(ctx)
	go func() {
		ended <- run(stopped, []string{"scenarios", "prove", "security-group", "-append", kept}, os.Getenv, nil, out, io.Discard)
	}()
	until(t, 2*time.Minute, "the calm is proven", func() bool {
		raw, err := os.ReadFile(kept)
		return err == nil && bytes.Contains(raw, []byte("\n")) || len(ended) > 0
	})
	stop()
	if err := <-ended; err != nil && !strings.Contains(err.Error(), "not every cell") { // a busy machine is not calm
		t.Errorf("it ended with %v", err)
	}
	if said := out.String(); !strings.Contains(said, "Ended by hand.") || !strings.Contains(said, ", 0 left") {
		t.Errorf("it says\n%s", said)
	}
	raw, err := os.ReadFile(kept)
	var first trial
	if err = errors.Join(err, json.Unmarshal(bytes.SplitAfter(raw, []byte("\n"))[0], &first)); err != nil || first.Cell != cellCalm || first.Scenario != "security-group" || first.Took < 10 {
		t.Errorf("kept %s, %v", raw, err)
	}
}
