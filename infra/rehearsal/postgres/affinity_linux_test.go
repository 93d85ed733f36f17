package postgres

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestCPUs: all of the server's processes have as many CPUs as they were given,
// those that ran before and those that came later.
func TestCPUs(t *testing.T) {
	if CPUs() < 2 {
		t.Skip("one CPU is all that there is")
	}
	pg := tool(t)
	g, dir := newGroup(t)
	s, err := Start(t.Context(), Config{Group: g, Tool: pg, Dir: dir + "/data", Users: []Login{admin}, Database: "shop", CPUs: 1, Cage: cageOr(t.Context(), pg)})
	if err != nil {
		t.Fatal(err)
	}
	before := int(connect(t, s, admin, "shop").PgConn().PID())
	check := func(when string, want int) {
		t.Helper()
		after := int(connect(t, s, admin, "shop").PgConn().PID())
		for _, pid := range append(children(s.Process().PID()), s.Process().PID(), before, after) {
			var set unix.CPUSet
			if err := unix.SchedGetaffinity(pid, &set); err == nil && set.Count() != want {
				t.Errorf("%s: process %d may use %d CPUs, want %d", when, pid, set.Count(), want)
			}
		}
	}
	check("started with one", 1)
	if err := s.SetCPUs(2); err != nil {
		t.Fatal(err)
	}
	check("given two", 2)
	if err := s.SetCPUs(1); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	before = s.Process().PID()
	check("given one, and restarted", 1)
	if spent, err := Spent(before); err != nil || spent <= 0 {
		t.Errorf("the postmaster has used %s: %v", spent, err)
	}
}
