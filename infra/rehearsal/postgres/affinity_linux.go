package postgres

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPUs is how many CPUs a server may have here.
func CPUs() int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return 1
	}
	return set.Count()
}

// pin lets a process and all that descends from it use n of our CPUs, counted
// from the first'th; 0, or more than there are: all. What it forks inherits that.
func pin(pid, first, n int) error {
	var ours, some unix.CPUSet
	if err := unix.SchedGetaffinity(0, &ours); err != nil {
		return fmt.Errorf("ask for our CPUs: %w", err)
	}
	var list []int
	for cpu := range len(ours) * 64 {
		if ours.IsSet(cpu) {
			list = append(list, cpu)
		}
	}
	if n <= 0 || n > len(list) {
		n = len(list)
	}
	for i := range n {
		some.Set(list[(first+i)%len(list)])
	}
	// The parent first: what it forks from then on is right already.
	if err := unix.SchedSetaffinity(pid, &some); err != nil {
		return fmt.Errorf("choose the CPUs of PostgreSQL: %w", err)
	}
	for _, child := range children(pid) {
		_ = unix.SchedSetaffinity(child, &some) // one that has ended needs none
	}
	return nil
}

// children are the processes that a server has forked. They fork none.
func children(pid int) (pids []int) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(raw)) {
		if n, err := strconv.Atoi(field); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}

// Spent is the CPU time that a backend has used, of whomever it is.
func Spent(pid int) (time.Duration, error) {
	var at unix.Timespec
	const sched = 2 // of a process's clocks, the one that the scheduler counts by
	if err := unix.ClockGettime(int32(^pid)<<3|sched, &at); err != nil {
		return 0, fmt.Errorf("read the CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(at.Nano()), nil
}
