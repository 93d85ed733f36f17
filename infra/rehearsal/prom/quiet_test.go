package prom

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// Who ends a rehearsal in an incident is not told that its pages do not arrive.
func TestADeliveryThatIsTriedAgainWarnsNobody(t *testing.T) {
	for level, want := range map[slog.Level]int{slog.LevelWarn: 1, slog.LevelDebug: 2} {
		var out bytes.Buffer
		s := &Stack{cfg: Config{Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))}}
		log := s.quiet("alertmanager")
		log.Warn("Notify attempt failed, will retry later", "attempts", 1)
		log.Warn("the disk is full")
		if got := strings.Count(out.String(), "\n"); got != want || !strings.Contains(out.String(), "the disk is full") {
			t.Errorf("at %s it says %q", level, out.String())
		}
	}
}
