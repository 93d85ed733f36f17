package reconcile

import (
	"reflect"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// TestServerOfDatabase: what an instance's class, parameters and reboots do to
// PostgreSQL. Each step, once it is done, is not asked for again.
func TestServerOfDatabase(t *testing.T) {
	for _, c := range []struct {
		name string
		when func(*Seen, *Local)
		then []string
	}{
		{"as it is", func(*Seen, *Local) {}, nil},
		{"another class", func(s *Seen, _ *Local) { s.Database.Class = "db.t4g.xlarge" }, []string{"restart-database db.t4g.xlarge 0"}},
		{"a reboot", func(s *Seen, _ *Local) { s.Database.Reboots = 1 }, []string{"restart-database db.t4g.micro 1"}},
		{"a parameter", func(s *Seen, _ *Local) { s.Database.Settings = map[string]string{"max_connections": "200"} }, []string{"configure-database"}},
		{"a parameter, then a reboot", func(s *Seen, _ *Local) {
			s.Database.Settings, s.Database.Reboots = map[string]string{"max_connections": "200"}, 1
		}, []string{"configure-database", "restart-database db.t4g.micro 1"}},
		{"a parameter put right, after a server that could not start with it", func(s *Seen, here *Local) {
			here.Database, here.Server.Settings = &Proc{}, map[string]string{"shared_buffers": "1073741823"}
		}, []string{"configure-database", "start-database"}},
		{"a server that is being started", func(_ *Seen, here *Local) { here.Database, here.Server = &Proc{Alive: true}, Server{} }, nil},
		{"a reboot under way", func(s *Seen, here *Local) {
			s.Database.Reboots, here.Server.Busy, here.Database = 2, true, &Proc{Alive: true}
		}, nil},
		{"the operator's way in", func(_ *Seen, here *Local) { here.Server.Addr = "127.0.0.1:20001" }, []string{"write-login operator 127.0.0.1:20001"}},
		{"a stopped instance", func(s *Seen, _ *Local) { s.Database.Status, s.Database.Class = "stopped", "db.t4g.xlarge" }, []string{"stop-database"}},
		{"no instance any more", func(s *Seen, _ *Local) { s.Database = nil }, []string{"stop-database"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			d := *seen.Database
			d.Class, d.Settings = "db.t4g.micro", map[string]string{"max_connections": "60"}
			here.Server = Server{Class: d.Class, Settings: d.Settings}
			seen.Database = &d
			c.when(&seen, &here)
			rules := func() (steps []Step) {
				for _, rule := range []func(Seen, Local) []Step{settingsRule, databaseRule, rebootRule, operatorRule} {
					steps = append(steps, rule(seen, here)...)
				}
				return steps
			}
			steps := rules()
			if got := say(steps); !reflect.DeepEqual(got, c.then) {
				t.Errorf("%q, want %q", got, c.then)
			}
			if seen, here = done(seen, here, steps); len(rules()) > 0 {
				t.Errorf("once more: %q", say(rules()))
			}
		})
	}
}

func TestCPUsOfAClass(t *testing.T) {
	for class, want := range map[string]int{
		infra.DatabaseClass: 1, "db.t4g.small": 1, "db.t3.medium": 1, "db.t4g.large": 1, "db.t4g.xlarge": 2, "db.m6g.xlarge": 2, "db.t4g.2xlarge": 4, "db.nope.huge": 1, "": 1,
	} {
		if got := cpusOf(class); got != want {
			t.Errorf("%s has %d CPUs here, want %d", class, got, want)
		}
	}
}
