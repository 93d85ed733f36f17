package shell

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTheBoxOutlivesItsScripts: a script that nests without end, or takes all
// the memory there is, is ended. The process would otherwise die of it, and
// with it the box's disks.
func TestTheBoxOutlivesItsScripts(t *testing.T) {
	double := "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do x=$x$x; done; "
	for name, script := range map[string]string{
		"eval":   "x='('; " + double + `eval "$x"`,
		"trap":   "x='('; " + double + `trap "$x" EXIT`,
		"source": "x='('; " + double + `echo "$x" > /deep; . /deep`,
	} {
		s, _, _ := box(t)
		if _, errs, code := run(t, s, script); code == 0 || !strings.Contains(errs, "more than") {
			t.Errorf("%s ends with %d: %.100s", name, code, errs)
		}
	}
	for name, script := range map[string]string{
		"memory": "x=0123456789abcdef; while true; do x=$x$x; done",
		"bomb":   "echo 'sh /a & sh /a & wait' > /a; sh /a",
	} {
		s, _, _ := box(t)
		s.memory = 96 << 20
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		if _, _, _, err := s.Output(ctx, "root", "/", script); !errors.Is(err, errMemory) {
			t.Errorf("%s is not ended for its memory: %v", name, err)
		}
		cancel()
	}
}

// TestAPipeWritesAtOnce is for the race detector.
func TestAPipeWritesAtOnce(t *testing.T) {
	s, _, _ := box(t)
	for range 20 {
		if _, errs, _ := run(t, s, "ls /none1 | ls /none2 | ls /none3; ls /none4 & true"); strings.Count(errs, "none") < 3 {
			t.Errorf("an error is lost: %q", errs)
		}
	}
}
