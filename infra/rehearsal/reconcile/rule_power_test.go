package reconcile

import (
	"reflect"
	"testing"
)

// TestPowerOfBox: what a kernel that stops or boots does to the box's process
// and to the paths that end there.
func TestPowerOfBox(t *testing.T) {
	for _, c := range []struct {
		name string
		when func(*Seen, *Local)
		then []string // of procRule
		path Way
		more bool // another pass is to come soon
	}{
		{"healthy", func(*Seen, *Local) {}, nil, Open, false},
		{"crashed", func(s *Seen, _ *Local) { s.Hosts[0].Crashed = true }, []string{"stop-proc i-box hard"}, Dropped, false},
		{"crashed, its process is gone", func(s *Seen, here *Local) {
			s.Hosts[0].Crashed = true
			delete(here.Procs, "i-box")
		}, nil, Dropped, false},
		{"crashed, then stopped", func(s *Seen, here *Local) {
			s.Hosts[0].Crashed, s.Hosts[0].State = true, "stopped"
			delete(here.Procs, "i-box")
		}, nil, Dropped, false},
		{"crashed, then booted", func(s *Seen, here *Local) {
			s.Hosts[0].Boots = 1
			delete(here.Procs, "i-box")
		}, []string{"start-proc i-box"}, Refused, true},
		{"booted before its crash was noticed", func(s *Seen, _ *Local) { s.Hosts[0].Boots = 1 }, []string{"stop-proc i-box"}, Open, false},
		{"booted, the old process still ends", func(s *Seen, here *Local) {
			s.Hosts[0].Boots, here.Ending = 1, map[string]bool{"i-box": true}
			delete(here.Procs, "i-box")
		}, nil, Refused, true},
		{"booted, the new process runs", func(s *Seen, here *Local) {
			s.Hosts[0].Boots, here.Procs["i-box"] = 1, Proc{Alive: true, Listening: true, Boots: 1}
		}, nil, Open, false},
		{"booted, and crashed again", func(s *Seen, here *Local) {
			s.Hosts[0].Boots, s.Hosts[0].Crashed = 1, true
		}, []string{"stop-proc i-box hard"}, Dropped, false},
		{"crashed, and another runs", func(s *Seen, here *Local) {
			s.Hosts[0].Crashed = true
			delete(here.Procs, "i-box")
			s.Hosts = append(s.Hosts, Host{ID: "i-new", Role: roleBox, State: stateRunning, Groups: []string{"sg-box"}})
			here.Procs["i-new"] = Proc{Alive: true, Listening: true}
		}, nil, Open, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			c.when(&seen, &here)
			if got := say(procRule(seen, here)); !reflect.DeepEqual(got, c.then) {
				t.Errorf("steps %q, want %q", got, c.then)
			}
			if got := moving(seen, here); got != c.more {
				t.Errorf("moving is %v", got)
			}
			all := ways(seen, here)
			box := pathToBox("i-box")
			if _, ok := all[pathToBox("i-new")]; ok {
				box = pathToBox("i-new")
			}
			if all[box] != c.path || all[pathFromMonitor(pathBox)] != c.path {
				t.Errorf("the balancer's path is %s and the monitoring's %s, want %s", all[box], all[pathFromMonitor(pathBox)], c.path)
			}
		})
	}
}

// TestGroupOfDatabase: a database that is given one more group admits by that
// group's rules from the next pass on, and no more once it loses it.
func TestGroupOfDatabase(t *testing.T) {
	seen, here := stack()
	own := seen.Groups["sg-database"].Rules
	seen.Groups["sg-database"] = Group{ID: "sg-database"}
	seen.Groups["sg-spare"] = Group{ID: "sg-spare", Rules: own}
	for _, c := range []struct {
		groups []string
		then   []string
	}{
		{[]string{"sg-database"}, []string{"set-path t1 -> database dropped", "set-path t2 -> database dropped"}},
		{[]string{"sg-database", "sg-spare"}, []string{"set-path t1 -> database open", "set-path t2 -> database open"}},
		{[]string{"sg-database"}, []string{"set-path t1 -> database dropped", "set-path t2 -> database dropped"}},
	} {
		seen.Database.Groups = c.groups
		steps := pathRule(seen, here)
		if got := say(steps); !reflect.DeepEqual(got, c.then) {
			t.Errorf("with %v: %q, want %q", c.groups, got, c.then)
		}
		seen, here = done(seen, here, steps)
	}
	var n news
	if !n.add("rds") {
		t.Error("a write to RDS wakes nobody")
	}
}

type power struct{ crashed, boots map[string]int }

func (p power) Crashed(id string) bool { return p.crashed[id] > 0 }
func (p power) Boots(id string) int    { return p.boots[id] }
func (p power) Reboots(id string) int  { return p.boots[id] }
func (p power) Crash(id string)        { p.crashed[id]++ }

// TestPowered: each pass asks anew, and what an earlier pass saw stays as it was.
func TestPowered(t *testing.T) {
	before := []Host{{ID: "i-1", Crashed: true}, {ID: "i-2"}}
	got := powered(before, power{map[string]int{"i-2": 1}, map[string]int{"i-1": 3}})
	if want := []Host{{ID: "i-1", Boots: 3}, {ID: "i-2", Crashed: true}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !before[0].Crashed || before[1].Crashed {
		t.Error("the earlier pass's hosts were changed")
	}
	if same := powered(before, nil); !reflect.DeepEqual(same, before) {
		t.Errorf("without anybody to ask: %+v", same)
	}
}
