package shell

import (
	"strings"
	"testing"
)

// TestAPipeWritesAtOnce is for the race detector.
func TestAPipeWritesAtOnce(t *testing.T) {
	s, _, _ := box(t)
	for range 20 {
		if _, errs, _ := run(t, s, "ls /none1 | ls /none2 | ls /none3; ls /none4 & true"); strings.Count(errs, "none") < 3 {
			t.Errorf("an error is lost: %q", errs)
		}
	}
}
