package reconcile

import (
	"log/slog"
	"testing"

	"github.com/chaotic-good/scenarios/infra/rehearsal/netpath"
)

// TestATaskReachesNothingElse: whatever hosts a player writes into a definition,
// a task's process dials what the stack's DNS has.
func TestATaskReachesNothingElse(t *testing.T) {
	path, err := netpath.Open(t.Context(), netpath.Config{Name: "db", Log: slog.New(slog.DiscardHandler), Target: func() string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer path.Close()
	task := Task{ARN: "task/1"}
	s := &site{paths: map[string]*netpath.Path{pathToDatabase(task.ARN): path}}
	for want, seen := range map[string]Seen{
		"*":                             {},
		"db:5432=" + path.Addr() + ",*": {Database: &Database{Host: "db", Port: 5432}},
	} {
		if got := s.resolve(seen, task); got != want {
			t.Errorf("the task's DNS is %q, want %q", got, want)
		}
	}
}
