package reconcile

import (
	"maps"
	"slices"
	"strconv"

	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
)

// machineRule: a machine, and what is on its disks, exists exactly as long as
// its instance, whether that runs or not; and the device of its log volume is
// as large as the EBS volume. One whose process ended by itself is another one
// at the next boot, with empty disks: such hardware is lost on AWS too.
func machineRule(seen Seen, here Local) (steps []Step) {
	hosts := map[string]Host{}
	for _, h := range seen.Hosts {
		if h.Role == roleBox {
			hosts[h.ID] = h
		}
	}
	for _, id := range slices.Sorted(maps.Keys(here.Machines)) {
		m := here.Machines[id]
		h, exists := hosts[id]
		switch {
		case !exists || !m.Alive:
			steps = append(steps, Step{Verb: EndMachine, Thing: id})
		case h.Volume > 0 && m.Device != 0 && m.Device != deviceOf(h):
			steps = append(steps, Step{SizeDevice, id, strconv.FormatInt(deviceOf(h), 10)})
		}
	}
	return steps
}

// deviceOf is how many bytes a host's log volume has here. An instance that was
// launched without one gets the smallest.
func deviceOf(h Host) int64 { return int64(max(h.Volume, 1)) * box.Unit }
