package reconcile

import (
	"reflect"
	"testing"

	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
)

// TestMachines: hardware and disks stay while the instance exists, and the
// device is as large as its volume.
func TestMachines(t *testing.T) {
	for _, c := range []struct {
		name string
		when func(*Seen, *Local)
		then []string
	}{
		{"at rest", func(*Seen, *Local) {}, nil},
		{"stopped", func(s *Seen, _ *Local) { s.Hosts[0].State = "stopped" }, nil},
		{"crashed", func(s *Seen, _ *Local) { s.Hosts[0].Crashed = true }, nil},
		{"terminated", func(s *Seen, _ *Local) { s.Hosts = s.Hosts[1:] }, []string{"end-machine i-box"}},
		{"its process ended", func(_ *Seen, here *Local) { here.Machines["i-box"] = Machine{Device: box.Unit} }, []string{"end-machine i-box"}},
		{"a larger volume", func(s *Seen, _ *Local) { s.Hosts[0].Volume = 2 }, []string{"size-device i-box 134217728"}},
		{"a larger volume, done", func(s *Seen, here *Local) {
			s.Hosts[0].Volume, here.Machines["i-box"] = 2, Machine{Alive: true, Device: 2 * box.Unit}
		}, nil},
		{"its volume was taken away", func(s *Seen, _ *Local) { s.Hosts[0].Volume = 0 }, nil},
		{"it is still being made", func(s *Seen, here *Local) {
			s.Hosts[0].Volume, here.Machines["i-box"] = 2, Machine{Alive: true}
		}, nil},
		{"two", func(_ *Seen, here *Local) { here.Machines["i-old"] = Machine{Alive: true, Device: box.Unit} }, []string{"end-machine i-old"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			seen.Hosts[0].Volume, here.Machines = 1, map[string]Machine{"i-box": {Alive: true, Device: box.Unit}}
			c.when(&seen, &here)
			if got := say(machineRule(seen, here)); !reflect.DeepEqual(got, c.then) {
				t.Errorf("steps %q, want %q", got, c.then)
			}
		})
	}
}

// TestWayToTheMachine: the monitoring reaches what the box tells of its machine
// also while the inventory does not run, and not when the power is off.
func TestWayToTheMachine(t *testing.T) {
	for name, c := range map[string]struct {
		when func(*Seen, *Local)
		way  Way
	}{
		"healthy":           {func(*Seen, *Local) {}, Open},
		"without inventory": {func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{Machine: true, Alive: true, Node: true} }, Open},
		"booting":           {func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{Machine: true} }, Refused},
		"off":               {func(s *Seen, _ *Local) { s.Hosts[0].State = "stopped" }, Dropped},
		"another port":      {func(s *Seen, _ *Local) { s.Groups["sg-box"].Rules[2].First++ }, Dropped},
	} {
		t.Run(name, func(t *testing.T) {
			seen, here := stack()
			c.when(&seen, &here)
			if got := ways(seen, here)[pathFromMonitor(pathNode)]; got != c.way {
				t.Errorf("it is %s, want %s", got, c.way)
			}
		})
	}
}
