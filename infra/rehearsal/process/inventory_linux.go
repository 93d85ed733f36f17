package process

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Inventory lists what the group has running at this moment.
func (g *Group) Inventory() (Inventory, error) {
	roots := make(map[int]bool)
	for _, i := range g.List() {
		roots[i.PID] = true
	}
	return inventory(g.cfg.Dir, roots)
}

// Remains lists what still runs of the group that had this run folder. It does
// not need the group, so it also works after its program was killed.
func Remains(dir string) (Inventory, error) { return inventory(dir, nil) }

func inventory(dir string, roots map[int]bool) (Inventory, error) {
	members, all, err := relatives(dir, roots)
	if err != nil {
		return Inventory{}, err
	}
	var inv Inventory
	for _, pid := range members {
		inv.Processes = append(inv.Processes, Proc{PID: pid, Parent: all[pid].parent, Command: all[pid].command})
	}
	inv.Listeners, err = Listeners(members)
	return inv, err
}

// relatives are the roots, all that carries the mark, and the descendants of
// both: some programs, PostgreSQL among them, overwrite their environment.
func relatives(dir string, roots map[int]bool) ([]int, map[int]stat, error) {
	all, err := snapshot()
	if err != nil {
		return nil, nil, err
	}
	from := maps.Clone(roots)
	if from == nil {
		from = make(map[int]bool)
	}
	for pid := range all {
		if marked(pid, dir) {
			from[pid] = true
		}
	}
	delete(from, os.Getpid()) // we may be a child of another run
	return slices.Sorted(maps.Keys(family(all, from))), all, nil
}

// killStrays ends what carries the mark and waits until it is gone.
func killStrays(dir string) error {
	for deadline := time.Now().Add(forceAfter); ; time.Sleep(5 * time.Millisecond) {
		left, _, err := relatives(dir, nil)
		if err != nil || len(left) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v do not end", left)
		}
		for _, pid := range left {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// Listeners lists the TCP sockets on which any of these processes listens.
func Listeners(pids []int) ([]Listener, error) {
	sockets := make(map[string]string) // inode -> address
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if err := readListening(table, sockets); err != nil {
			return nil, err
		}
	}
	var found []Listener
	for _, pid := range pids {
		fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			continue // it has just ended
		}
		for _, fd := range fds {
			link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
			inode, ok := strings.CutPrefix(link, "socket:[")
			if addr := sockets[strings.TrimSuffix(inode, "]")]; ok && addr != "" {
				found = append(found, Listener{Addr: addr, PID: pid})
			}
		}
	}
	return found, nil
}

func readListening(table string, into map[string]string) error {
	f, err := os.Open(table)
	if os.IsNotExist(err) {
		return nil // no IPv6 here
	}
	if err != nil {
		return fmt.Errorf("list listeners: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		const listening = "0A"
		if v := strings.Fields(lines.Text()); len(v) > 9 && v[3] == listening {
			into[v[9]] = socketAddr(v[1])
		}
	}
	return lines.Err()
}

// socketAddr turns the kernel's "0100007F:1F90" into "127.0.0.1:8080". Each
// 32-bit word of the address stands in the machine's byte order; every machine
// that we run on is little-endian.
func socketAddr(s string) string {
	host, port, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		return s
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word)
	}
	addr, ok := netip.AddrFromSlice(raw)
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return s
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)).String()
}
