package reconcile

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// groups is the stack's security groups, as they are built.
func groups() map[string]Group {
	tcp := func(port int32, from string) Rule { return Rule{Protocol: "tcp", First: port, Last: port, From: from} }
	return map[string]Group{
		"sg-database":     {ID: "sg-database", Rules: []Rule{tcp(infra.PortPostgres, "sg-tasks")}},
		"sg-box":          {ID: "sg-box", Rules: []Rule{tcp(infra.PortApp, "sg-box-balancer"), tcp(infra.PortApp, "sg-monitoring"), tcp(infra.PortNode, "sg-monitoring")}},
		"sg-box-balancer": {ID: "sg-box-balancer", Rules: []Rule{tcp(infra.PortApp, "sg-tasks")}},
		"sg-tasks":        {ID: "sg-tasks", Rules: []Rule{tcp(infra.PortApp, "sg-balancer"), tcp(infra.PortApp, "sg-monitoring")}},
		"sg-balancer":     {ID: "sg-balancer", Rules: []Rule{tcp(infra.PortBalancer, "sg-visitors")}},
		"sg-visitors":     {ID: "sg-visitors", Rules: []Rule{tcp(infra.PortApp, "sg-monitoring")}},
		"sg-monitoring":   {ID: "sg-monitoring"},
	}
}

// TestBuiltPaths: as the stack is built, each part reaches what it needs and
// nothing else.
func TestBuiltPaths(t *testing.T) {
	seen, here := stack()
	open := []string{
		pathToDatabase("t1"), pathToDatabase("t2"), pathToInventory("t1"), pathToInventory("t2"), pathToTask("t1"), pathToTask("t2"),
		pathToBalancer("v1"), pathToBox("i-box"), pathFromMonitor("t1"), pathFromMonitor("t2"), pathFromMonitor("v1"), pathFromMonitor(pathBox), pathFromMonitor(pathNode),
	}
	for name, way := range ways(seen, here) {
		if want := slices.Contains(open, name); (way == Open) != want {
			t.Errorf("%s is %s", name, way)
		}
		delete(here.Paths, name)
	}
	if len(here.Paths) != 0 {
		t.Errorf("no way is known for %v", here.Paths)
	}
}

// TestWayToDatabase: how a task's new connections to the database fare, by what
// the database's group says.
func TestWayToDatabase(t *testing.T) {
	cidr := func(s string, first, last int32) []Rule {
		return []Rule{{Protocol: "tcp", First: first, Last: last, CIDR: netip.MustParsePrefix(s)}}
	}
	only := func(rules []Rule) func(*Seen, *Local) {
		return func(s *Seen, _ *Local) { s.Groups["sg-database"] = Group{ID: "sg-database", Rules: rules} }
	}
	group := func(protocol string, first, last int32, from string) func(*Seen, *Local) {
		return only([]Rule{{Protocol: protocol, First: first, Last: last, From: from}})
	}
	for _, c := range []struct {
		name   string
		when   func(*Seen, *Local)
		t1, t2 Way
	}{
		{"as built", func(*Seen, *Local) {}, Open, Open},
		{"no rule", only(nil), Dropped, Dropped},
		{"another group's rule", group("tcp", 5432, 5432, "sg-visitors"), Dropped, Dropped},
		{"all protocols", group("-1", 0, 0, "sg-tasks"), Open, Open},
		{"udp", group("udp", 5432, 5432, "sg-tasks"), Dropped, Dropped},
		{"a range of ports", group("tcp", 5000, 6000, "sg-tasks"), Open, Open},
		{"a range that ends before", group("tcp", 5000, 5431, "sg-tasks"), Dropped, Dropped},
		{"a range that begins after", group("tcp", 5433, 6000, "sg-tasks"), Dropped, Dropped},
		{"one subnet", only(cidr("10.20.2.0/28", 5432, 5432)), Open, Dropped},
		{"both subnets", only(cidr("10.20.2.0/27", 5432, 5432)), Open, Open},
		{"the whole network", only(cidr("10.20.0.0/16", 5432, 5432)), Open, Open},
		{"everywhere", only(cidr("0.0.0.0/0", 5432, 5432)), Open, Open},
		{"one task's address", only(cidr("10.20.2.20/32", 5432, 5432)), Dropped, Open},
		{"too narrow", only(cidr("10.20.2.8/29", 5432, 5432)), Dropped, Dropped},
		{"another network", only(cidr("10.21.0.0/16", 5432, 5432)), Dropped, Dropped},
		{"the right range, the wrong port", only(cidr("10.20.2.0/27", 3306, 3306)), Dropped, Dropped},
		{"version 6", only(cidr("::/0", 5432, 5432)), Dropped, Dropped},
		{"a player's group beside it", func(s *Seen, _ *Local) {
			only(nil)(s, nil)
			s.Groups["sg-mine"] = Group{ID: "sg-mine", Rules: []Rule{{Protocol: "tcp", First: 5432, Last: 5432, From: "sg-tasks"}}}
			s.Database.Groups = append(s.Database.Groups, "sg-mine")
		}, Open, Open},
		{"a player's group in its place", func(s *Seen, _ *Local) {
			s.Groups["sg-mine"] = Group{ID: "sg-mine"}
			s.Database.Groups = []string{"sg-mine"}
		}, Dropped, Dropped},
		{"a group that does not exist", func(s *Seen, _ *Local) { s.Database.Groups = []string{"sg-nowhere"} }, Dropped, Dropped},
		{"no group at all", func(s *Seen, _ *Local) { s.Database.Groups = nil }, Dropped, Dropped},
		{"the task lost its group", func(s *Seen, _ *Local) { s.Tasks[0].Groups = nil }, Dropped, Open},
		{"the database is stopped", func(s *Seen, _ *Local) { s.Database.Status = "stopped" }, Dropped, Dropped},
		{"its process is dead", func(_ *Seen, here *Local) { here.Database = &Proc{} }, Refused, Refused},
		{"its process is dead, and no rule", func(s *Seen, here *Local) { here.Database = nil; only(nil)(s, nil) }, Dropped, Dropped},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			seen.Groups = maps.Clone(seen.Groups)
			c.when(&seen, &here)
			all := ways(seen, here)
			if all[pathToDatabase("t1")] != c.t1 || all[pathToDatabase("t2")] != c.t2 {
				t.Errorf("t1 %s and t2 %s, want %s and %s", all[pathToDatabase("t1")], all[pathToDatabase("t2")], c.t1, c.t2)
			}
		})
	}
}

// TestWayToHosts: a host that is off answers nothing; one that is up refuses
// for a process that is not.
func TestWayToHosts(t *testing.T) {
	for _, c := range []struct {
		name string
		path string
		when func(*Seen, *Local)
		want Way
	}{
		{"box stopped", pathToBox("i-box"), func(s *Seen, here *Local) { s.Hosts[0].State = "stopped"; delete(here.Procs, "i-box") }, Dropped},
		{"box stopped, seen by the monitoring", pathFromMonitor(pathBox), func(s *Seen, _ *Local) { s.Hosts[0].State = "stopped" }, Dropped},
		{"box's process dead", pathToBox("i-box"), func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{} }, Refused},
		{"box's process starts", pathToBox("i-box"), func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{Alive: true} }, Refused},
		{"box stopped, its balancer is not", pathToInventory("t1"), func(s *Seen, _ *Local) { s.Hosts[0].State = "stopped" }, Open},
		{"box's balancer not there yet", pathToInventory("t1"), func(_ *Seen, here *Local) { here.BoxFront = false }, Refused},
		{"box's balancer deleted", pathToInventory("t1"), func(s *Seen, _ *Local) { s.BoxBalancer = nil }, Dropped},
		{"box's balancer admits nobody", pathToInventory("t1"), func(s *Seen, _ *Local) {
			s.Groups = maps.Clone(s.Groups)
			s.Groups["sg-box-balancer"] = Group{}
		}, Dropped},
		{"box admits its balancer no more", pathToBox("i-box"), func(s *Seen, _ *Local) {
			s.Groups = maps.Clone(s.Groups)
			s.Groups["sg-box"] = Group{}
		}, Dropped},
		{"a second box that runs", pathToBox("i-2"), func(s *Seen, here *Local) {
			s.Hosts[0].State = "stopped"
			s.Hosts = append(s.Hosts, Host{ID: "i-2", Role: roleBox, State: stateRunning, Groups: []string{"sg-box"}})
			here.Procs["i-2"] = Proc{Alive: true, Listening: true}
		}, Open},
		{"box gone", pathFromMonitor(pathBox), func(s *Seen, _ *Local) { s.Hosts = s.Hosts[1:] }, Dropped},
		{"task's process dead", pathToTask("t1"), func(_ *Seen, here *Local) { here.Procs["t1"] = Proc{} }, Refused},
		{"balancer not there yet", pathToBalancer("v1"), func(_ *Seen, here *Local) { here.Balancer = false }, Refused},
		{"balancer deleted", pathToBalancer("v1"), func(s *Seen, _ *Local) { s.Balancer = nil }, Dropped},
		{"visitors may not ask a task", pathToBalancer("t1"), func(*Seen, *Local) {}, Dropped},
	} {
		seen, here := stack()
		c.when(&seen, &here)
		if got := ways(seen, here)[c.path]; got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
