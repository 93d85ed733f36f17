package reconcile

import "slices"

// Power tells of instances what moto cannot: its own have no kernel, and no trace
// of a reboot.
type Power interface {
	Crashed(id string) bool // its kernel stopped, and was not booted since
	Boots(id string) int    // how often it was booted again
	Reboots(id string) int  // how often a database was
	Crash(id string)        // somebody on it has stopped its kernel
}

// powered is the hosts with what is known of their kernels. It is asked anew by
// each pass: nobody writes to moto when a kernel stops.
func powered(hosts []Host, power Power) []Host {
	if power == nil {
		return hosts
	}
	hosts = slices.Clone(hosts) // the last pass's are read by others
	for i := range hosts {
		hosts[i].Crashed, hosts[i].Boots = power.Crashed(hosts[i].ID), power.Boots(hosts[i].ID)
	}
	return hosts
}

// rebooted is the database with what is known of its reboots.
func rebooted(d *Database, power Power) *Database {
	if power == nil || d == nil {
		return d
	}
	now := *d // the last pass's is read by others
	now.Reboots = power.Reboots(d.ID)
	return &now
}

// on reports whether the host answers anything at all. AWS calls an instance
// whose kernel has stopped running.
func (h Host) on() bool { return h.State == stateRunning && !h.Crashed }

// hard says of StopProc that the process must not finish what it began.
const hard = "hard"
