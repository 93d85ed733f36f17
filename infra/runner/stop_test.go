//go:build unix

package runner

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
)

// endless is a part of a stack that is never done, as a database may seem. It
// says in a pipe that it has begun, and then does what is said.
func endless(pipe, then string) string {
	return `
resource "terraform_data" "endless" {
  depends_on = [terraform_data.thing]
  provisioner "local-exec" {
    command = "echo begun >'` + pipe + `'; ` + then + `"
  }
}
`
}

// atBegin calls act once endless has begun.
func atBegin(t *testing.T, act func()) (pipe string) {
	t.Helper()
	pipe = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("needs named pipes: %v", err)
	}
	go func() {
		if _, err := os.ReadFile(pipe); err == nil {
			act()
		}
	}()
	return pipe
}

// An apply in the middle is interrupted once, and lets go: what it made is in
// the state, and a destroy removes that.
func TestAnApplyIsInterrupted(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("somebody destroys it")
	w.extra["endless.tf"] = endless(atBegin(t, func() { cancel(why) }), "exec sleep 600")
	spec, began := testSpec("R7"), time.Now()
	_, err := w.Provision(ctx, spec, w.progress)
	if !errors.Is(err, why) || !strings.Contains(err.Error(), "terraform apply of R7 was interrupted") {
		t.Fatalf("after %s: %v", time.Since(began), err)
	}
	w.noPlan(t)
	if _, err := os.Stat(w.dir.home("R7").state()); err != nil {
		t.Errorf("what was made is in no state: %v", err)
	}
	if n := readNote(w.dir.home("R7").note()); n != nil {
		t.Errorf("the note of a lock is left: %+v", n)
	}
	if _, err := os.Stat(w.dir.times()); err == nil {
		t.Error("an interrupted provision taught how long one takes")
	}
	if got := w.gone(t, spec); got.Removed < 4+3 { // things and secrets; what was begun counts too
		t.Errorf("removed %+v", got)
	}
}

// An interrupted Terraform that does not end is killed, and the error says so.
// No real one can be made to hang at will, so a script plays it.
func TestTerraformThatDoesNotLetGoIsKilled(t *testing.T) {
	dir := t.TempDir()
	script, pipe := filepath.Join(dir, "terraform"), filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("needs named pipes: %v", err)
	}
	text := "#!/bin/sh\ntrap '' INT TERM\n[ \"$1\" = version ] && { echo '{\"terraform_version\":\"1.11.4\"}'; exit; }\n" +
		"echo '{\"type\":\"version\"}'\nwhile :; do read -r line <'" + pipe + "'; done\n"
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	tf, err := tfexec.NewTerraform(dir, script)
	if err != nil {
		t.Fatal(err)
	}
	if err := tf.SetWaitDelay(100 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &session{tf: tf, round: "R7", note: filepath.Join(dir, "held.json"), letGo: 100 * time.Millisecond, log: slog.New(slog.DiscardHandler)}
	err = s.run(ctx, "apply", func(event) { cancel() }, func(w io.Writer) error { return tf.ApplyJSON(ctx, w) })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "did not end within 100ms of its interruption and was killed") {
		t.Errorf("got %v", err)
	}
}

// An apply that fails says what failed and where, and nothing of the values; what
// it made stays until the next try or a destroy.
func TestAnApplyFails(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, nil)
	w.extra["fails.tf"] = `
resource "terraform_data" "fails" {
  lifecycle {
    precondition {
      condition     = terraform_data.thing[0].id == ""
      error_message = "The password is hunter2."
    }
  }
}
`
	spec := testSpec("R7")
	_, err := w.Provision(t.Context(), spec, w.progress)
	var failed *Failure
	if !errors.As(err, &failed) || failed.What != "apply" ||
		err.Error() != `terraform apply of R7 failed: resource "terraform_data" "fails": Resource precondition failed` {
		t.Fatalf("got %v", err)
	}
	w.noPlan(t)
	delete(w.extra, "fails.tf") // the next try meets better luck
	w.told = nil
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Fatal(err)
	}
	if n := mustGrow(t, w.told); n != 0 { // all things were there
		t.Errorf("%d changes in the second try", n)
	}
	w.gone(t, spec)
}

// Without its image the stack's services would never come: the apply ends.
func TestAnImageThatCannotBePushedEndsTheApply(t *testing.T) {
	needTerraform(t)
	begun := make(chan struct{})
	w := newWorld(t, tiny, func(c *Config) {
		c.Image = func(context.Context, string, string) error {
			<-begun
			return errors.New("the registry is full")
		}
	})
	w.extra["endless.tf"] = endless(atBegin(t, func() { close(begun) }), "exec sleep 600")
	spec := testSpec("R7")
	_, err := w.Provision(t.Context(), spec, w.progress)
	if err == nil || !strings.Contains(err.Error(), "push the shop's image: the registry is full") {
		t.Fatalf("got %v", err)
	}
	w.gone(t, spec)
}
