package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// stat is what we need of /proc/PID/stat.
type stat struct {
	pid, parent, group int
	command            string
	zombie             bool
	start              uint64 // in ticks since boot; with pid, it names a process for good
}

func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The command stands in parentheses and may hold spaces and parentheses.
	line := string(raw)
	from, to := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if from < 0 || to < from {
		return stat{}, errors.New("unreadable /proc stat")
	}
	f := strings.Fields(line[to+1:])
	if len(f) < 20 {
		return stat{}, errors.New("unreadable /proc stat")
	}
	s := stat{pid: pid, command: line[from+1 : to], zombie: f[0] == "Z" || f[0] == "X"}
	s.parent, _ = strconv.Atoi(f[1])
	s.group, _ = strconv.Atoi(f[2])
	s.start, err = strconv.ParseUint(f[19], 10, 64)
	return s, err
}

// snapshot is all living processes that we can see, by id.
func snapshot() (map[int]stat, error) {
	d, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	all := make(map[int]stat)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil && !s.zombie {
			all[pid] = s
		}
	}
	return all, nil
}

// marked reports whether the process was started with the run folder's mark.
func marked(pid int, dir string) bool {
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false // gone, or not ours to read: then not ours either
	}
	want := []byte(mark + "=" + dir)
	for v := range bytes.SplitSeq(env, []byte{0}) {
		if bytes.Equal(v, want) {
			return true
		}
	}
	return false
}

// family adds to roots all that descends from them. A root that is gone may
// still have members in the process group that it led.
func family(all map[int]stat, roots map[int]bool) map[int]bool {
	in := make(map[int]bool)
	for pid, s := range all {
		if roots[pid] || roots[s.group] {
			in[pid] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for pid, s := range all {
			if !in[pid] && in[s.parent] {
				in[pid], grown = true, true
			}
		}
	}
	return in
}
