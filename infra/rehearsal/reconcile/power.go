package reconcile

import "slices"

// Power tells of an instance what moto cannot: moto's instances have no kernel.
type Power interface {
	Crashed(id string) bool // its kernel stopped, and was not booted since
	Boots(id string) int    // how often it was booted again
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

// on reports whether the host answers anything at all. AWS calls an instance
// whose kernel has stopped running.
func (h Host) on() bool { return h.State == stateRunning && !h.Crashed }

// hard says of StopProc that the process must not finish what it began.
const hard = "hard"
