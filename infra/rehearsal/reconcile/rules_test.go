package reconcile

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra"
)

// stack is a round that is made and at rest, of which a test changes a little.
func stack() (Seen, Local) {
	seen := Seen{
		Round:    "R1",
		Groups:   groups(),
		Room:     map[string]int{"subnet-a": 10, "subnet-b": 10, "subnet-p": 250},
		Database: &Database{ID: "chaotic-r1-database", Status: stateAvailable, Host: "db", Port: infra.PortPostgres, Groups: []string{"sg-database"}},
		Services: []Service{
			{Name: "api", Desired: 2, Definition: "api:1", Release: "ecs-svc/1", Subnets: []string{"subnet-a", "subnet-b"}, Groups: []string{"sg-tasks"}, Balanced: true},
			{Name: "visitors", Desired: 1, Definition: "visitors:1", Release: "ecs-svc/9", Subnets: []string{"subnet-p"}, Groups: []string{"sg-visitors"}},
		},
		Tasks: []Task{
			task("t1", "api", "ecs-svc/1", "10.20.2.4", "10.20.2.0/28", "sg-tasks"),
			task("t2", "api", "ecs-svc/1", "10.20.2.20", "10.20.2.16/28", "sg-tasks"),
			task("v1", "visitors", "ecs-svc/9", "10.20.0.9", "10.20.0.0/24", "sg-visitors"),
		},
		Hosts: []Host{
			{ID: "i-box", Role: roleBox, State: stateRunning, Address: "10.20.0.5", Groups: []string{"sg-box"}},
			{ID: "i-mon", Role: roleMonitor, State: stateRunning, Address: "10.20.0.6", Groups: []string{"sg-monitoring"}},
		},
		Balancer: &Balancer{ARN: "lb", Host: "shop", Groups: []string{"sg-balancer"}, TargetGroup: "tg"},
		Login:    &infra.DatabaseSecret{}, Operator: &infra.DatabaseSecret{}, Webhook: &infra.WebhookSecret{},
		Targets:     []string{"10.20.2.4", "10.20.2.20"},
		BoxBalancer: &Balancer{ARN: "lb-box", Host: "inventory", Groups: []string{"sg-box-balancer"}, TargetGroup: "tg-box"},
		BoxTargets:  []string{"i-box"},
	}
	up := Proc{Alive: true, Listening: true}
	ends := map[string]string{endShop: "http://shop", endPrometheus: "http://prom", endAlertmanager: "http://am", endGraphs: "http://chat/graphs"}
	here := Local{
		Database: &up, HadDatabase: true, Balancer: true, BoxFront: true, Monitors: true,
		Procs:  map[string]Proc{"t1": up, "t2": up, "v1": up, "i-box": {Machine: true, Alive: true, Listening: true, Node: true}},
		Health: map[string]string{"10.20.2.4": healthy, "10.20.2.20": healthy},
		Paths:  map[string]Way{}, Unplaced: map[string]bool{},
		Lent: map[string]string{"eni-t1": "t1", "eni-t2": "t2", "eni-v1": "v1"},
		Ends: ends, Written: map[string]string{},
	}
	for name, url := range ends {
		here.Written[name] = url
	}
	for name := range ways(seen, here) {
		here.Paths[name] = Open
	}
	for _, s := range pathRule(seen, here) {
		here.Paths[s.Thing] = Way(s.Detail)
	}
	return seen, here
}

func task(id, service, release, address, subnet string, groups ...string) Task {
	return Task{
		ARN: id, ID: id, Service: service, Release: release, Definition: service + ":1",
		Address: address, Subnet: netip.MustParsePrefix(subnet), Interface: "eni-" + id, Groups: groups,
	}
}

// done is what the world would be like after the steps: what each does, and
// what follows from it without any further step.
func done(seen Seen, here Local, steps []Step) (Seen, Local) {
	for _, s := range steps {
		switch s.Verb {
		case StartDatabase:
			here.Database = &Proc{Alive: true, Listening: true}
		case StopDatabase:
			here.Database = nil
		case RestartDatabase:
			here.Server.Class, here.Server.Reboots = s.Thing, seen.Database.Reboots
		case Configure:
			here.Server.Settings = seen.Database.Settings
		case WriteLogin:
			seen.Operator = &infra.DatabaseSecret{Host: "127.0.0.1", Port: 20001}
		case RunTask:
			for _, svc := range seen.Services {
				if svc.Name == s.Thing {
					id := fmt.Sprintf("new%d", len(seen.Tasks))
					made := task(id, svc.Name, svc.Release, "10.20.2."+fmt.Sprint(5+len(seen.Tasks)), "10.20.2.0/28", svc.Groups...)
					made.Interface = "eni-" + id + "/" + s.Detail
					seen.Tasks = append(seen.Tasks, made)
					here.Lent[made.Interface] = id
					seen.Room[s.Detail]--
				}
			}
		case StopTask:
			var left []Task
			for _, t := range seen.Tasks {
				if t.ARN != s.Thing {
					left = append(left, t)
				}
			}
			seen.Tasks = left
		case ScaleService:
			for i, svc := range seen.Services {
				if svc.Name == s.Thing {
					seen.Services = slices.Clone(seen.Services)
					seen.Services[i].Desired, _ = strconv.Atoi(s.Detail)
				}
			}
		case Unplaced:
			here.Unplaced[s.Thing] = true
		case FreeAddress:
			delete(here.Lent, s.Thing)
			where, known := map[string]string{"eni-t1": "subnet-a", "eni-t2": "subnet-b", "eni-v1": "subnet-p"}[s.Thing]
			if !known {
				_, where, _ = strings.Cut(s.Thing, "/")
			}
			if seen.Room != nil {
				seen.Room[where]++
			}
		case StartProc:
			here.Procs[s.Thing] = Proc{Alive: true, Listening: true}
			for _, t := range seen.Tasks {
				if t.ARN == s.Thing {
					here.Health[t.Address] = healthy
				}
			}
		case StopProc:
			delete(here.Procs, s.Thing)
		case StartBalancer, StopBalancer:
			if s.Thing == frontBox {
				here.BoxFront = s.Verb == StartBalancer
			} else {
				here.Balancer = s.Verb == StartBalancer
			}
		case Register:
			seen.Targets = append(seen.Targets, s.Thing)
		case Deregister:
			var left []string
			for _, a := range seen.Targets {
				if a != s.Thing {
					left = append(left, a)
				}
			}
			seen.Targets = left
		case StartMonitors, StopMonitors:
			here.Monitors = s.Verb == StartMonitors
		case SetPath:
			here.Paths[s.Thing] = Way(s.Detail)
		case WriteEnd:
			here.Written[s.Thing] = s.Detail
		case StartNode, StopNode, MakePod, PlacePod, EndPod, ScaleNodes:
			seen, here = doneNodes(seen, here, s)
		}
	}
	return seen, here
}

// crowd adds tasks of the api that serve.
func crowd(seen *Seen, here *Local, release string, n int) {
	for i := range n {
		id, address := fmt.Sprintf("c%02d", i), fmt.Sprintf("10.20.2.%d", 100+i)
		where := []string{"subnet-a", "subnet-b"}[i%2]
		made := task(id, "api", release, address, "10.20.2.0/28", "sg-tasks")
		made.Interface = "eni-" + id + "/" + where
		seen.Tasks, seen.Targets = append(seen.Tasks, made), append(seen.Targets, address)
		seen.Room[where]--
		here.Procs[id], here.Health[address], here.Lent[made.Interface] = Proc{Alive: true, Listening: true}, healthy, id
	}
}

func say(steps []Step) (words []string) {
	for _, s := range steps {
		words = append(words, strings.TrimSpace(strings.Join([]string{string(s.Verb), s.Thing, s.Detail}, " ")))
	}
	return words
}

const full = "unplaced api " + noAddress

const scaled, exited = " Scaling activity initiated by deployment", " Essential container in task exited"

// TestRules: each rule alone, given a stack at rest with one thing changed.
func TestRules(t *testing.T) {
	type rule = func(Seen, Local) []Step
	for _, c := range []struct {
		name string
		rule rule
		when func(*Seen, *Local)
		then []string
	}{
		{"database: made", databaseRule, func(_ *Seen, here *Local) { here.Database = nil }, []string{"start-database"}},
		{"database: no login yet", databaseRule, func(s *Seen, here *Local) { here.Database, s.Login = nil, nil }, nil},
		{"database: the login goes, it runs on", databaseRule, func(s *Seen, _ *Local) { s.Login = nil }, nil},
		{"database: not made yet", databaseRule, func(s *Seen, here *Local) {
			s.Database, here.Database, here.HadDatabase = nil, nil, false
		}, []string{"start-database"}},
		{"database: never made", databaseRule, func(s *Seen, here *Local) {
			s.Database, s.Login, here.HadDatabase = nil, nil, false
		}, []string{"stop-database"}},
		{"database: starts", databaseRule, func(_ *Seen, here *Local) { here.Database = &Proc{Alive: true} }, nil},
		{"database: stopped", databaseRule, func(s *Seen, _ *Local) { s.Database.Status = "stopped" }, []string{"stop-database"}},
		{"database: deleted", databaseRule, func(s *Seen, _ *Local) { s.Database = nil }, []string{"stop-database"}},
		{"database: ended by itself", databaseRule, func(_ *Seen, here *Local) { here.Database = &Proc{} }, []string{"start-database"}},
		{"database: ended by itself, then deleted", databaseRule, func(s *Seen, here *Local) { s.Database, here.Database = nil, &Proc{} }, []string{"stop-database"}},

		{"service: more", serviceRule, func(s *Seen, _ *Local) { s.Services[0].Desired = 4 }, []string{"run-task api subnet-a", "run-task api subnet-b"}},
		{"service: fewer", serviceRule, func(s *Seen, _ *Local) { s.Services[0].Desired = 1 }, []string{"stop-task t2" + scaled}},
		{"service: fewer, and one does not serve", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired = 1
			here.Health["10.20.2.4"] = "unhealthy"
		}, []string{"stop-task t1" + scaled}},
		{"service: none", serviceRule, func(s *Seen, _ *Local) { s.Services[0].Desired = 0 }, []string{"stop-task t1" + scaled, "stop-task t2" + scaled}},
		{"service: a new release runs beside the old", serviceRule, func(s *Seen, _ *Local) { s.Services[0].Release = "ecs-svc/2" },
			[]string{"run-task api subnet-a", "run-task api subnet-b"}},
		{"service: the new release does not serve yet", serviceRule, func(s *Seen, _ *Local) {
			s.Services[0].Release = "ecs-svc/2"
			s.Tasks = append(s.Tasks, task("t3", "api", "ecs-svc/2", "10.20.2.5", "10.20.2.0/28"), task("t4", "api", "ecs-svc/2", "10.20.2.6", "10.20.2.0/28"))
		}, nil},
		{"service: the new release serves", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Release = "ecs-svc/2"
			s.Tasks = append(s.Tasks, task("t3", "api", "ecs-svc/2", "10.20.2.5", "10.20.2.0/28"), task("t4", "api", "ecs-svc/2", "10.20.2.6", "10.20.2.0/28"))
			for _, x := range s.Tasks {
				here.Procs[x.ARN], here.Health[x.Address] = Proc{Alive: true, Listening: true}, healthy
			}
		}, []string{"stop-task t1" + scaled, "stop-task t2" + scaled}},
		{"service: its tasks keep failing", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired, here.Failing = 3, map[string]bool{"ecs-svc/1": true}
		}, nil},
		{"service: more than its subnets have addresses for", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired = 500
			crowd(s, here, "ecs-svc/1", 18)
		}, []string{"run-task api subnet-a", "run-task api subnet-b", full}},
		{"service: more than one subnet has addresses for", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired, s.Services[0].Subnets = 500, []string{"subnet-a"}
			crowd(s, here, "ecs-svc/1", 18)
		}, []string{"run-task api subnet-a", full}},
		{"service: no address left", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired = 500
			crowd(s, here, "ecs-svc/1", 20)
		}, []string{full}},
		{"service: no address left, which it said a moment ago", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired, here.Unplaced = 500, map[string]bool{"api": true}
			crowd(s, here, "ecs-svc/1", 20)
		}, nil},
		{"service: more than an account may run", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired, s.Services[0].Subnets = 500, []string{"subnet-p"}
			crowd(s, here, "ecs-svc/1", 20)
		}, []string{"run-task api subnet-p", "unplaced api " + noQuota}},
		{"service: no address left for a new release, and none to spare", serviceRule, func(s *Seen, here *Local) {
			s.Services[0].Desired, s.Services[0].Release = 22, "ecs-svc/2"
			crowd(s, here, "ecs-svc/1", 20)
		}, []string{full}},
		{"service: deleted", serviceRule, func(s *Seen, _ *Local) { s.Services = s.Services[:1] }, []string{"stop-task v1 The service was deleted"}},
		{"service: a task run by hand stays", serviceRule, func(s *Seen, _ *Local) { s.Tasks = append(s.Tasks, task("x", "", "", "10.20.2.7", "10.20.2.0/28")) }, nil},

		{"scale: a policy asks for more", trackRule, func(_ *Seen, here *Local) { here.Wanted = map[string]int{"api": 4} }, []string{"scale-service api 4"}},
		{"scale: of a service that is gone", trackRule, func(_ *Seen, here *Local) { here.Wanted = map[string]int{"old": 4} }, nil},

		{"proc: a task without a process", procRule, func(_ *Seen, here *Local) { delete(here.Procs, "t1") }, []string{"start-proc t1"}},
		{"proc: a process that ended", procRule, func(_ *Seen, here *Local) { here.Procs["t1"] = Proc{} }, []string{"stop-task t1" + exited, "stop-proc t1"}},
		{"proc: a task that was stopped", procRule, func(s *Seen, _ *Local) { s.Tasks = s.Tasks[1:] }, []string{"stop-proc t1"}},
		{"proc: a task that was stopped still answers", procRule, func(s *Seen, here *Local) {
			s.Tasks = s.Tasks[1:]
			here.Procs["t1"] = Proc{Alive: true, Listening: true, Draining: true}
		}, nil},
		{"proc: the box is stopped", procRule, func(s *Seen, _ *Local) { s.Hosts[0].State = "stopped" }, []string{"stop-proc i-box"}},
		{"proc: the box is started", procRule, func(_ *Seen, here *Local) { delete(here.Procs, "i-box") }, []string{"start-proc i-box"}},
		{"proc: the box's process died, its host did not", procRule, func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{} }, nil},
		{"proc: the box is terminated", procRule, func(s *Seen, _ *Local) { s.Hosts = nil }, []string{"stop-proc i-box"}},

		{"address: of a task that stopped", addressRule, func(s *Seen, _ *Local) { s.Tasks = s.Tasks[1:] }, []string{"free eni-t1"}},

		{"balancer: made", balancerRule, func(_ *Seen, here *Local) { here.Balancer = false }, []string{"start-balancer shop"}},
		{"balancer: deleted", balancerRule, func(s *Seen, _ *Local) { s.Balancer = nil }, []string{"stop-balancer shop"}},
		{"balancer: the box's is made", balancerRule, func(_ *Seen, here *Local) { here.BoxFront = false }, []string{"start-balancer box"}},
		{"balancer: the box's is deleted", balancerRule, func(s *Seen, _ *Local) { s.BoxBalancer = nil }, []string{"stop-balancer box"}},

		{"target: a task that listens", targetRule, func(s *Seen, _ *Local) { s.Targets = s.Targets[:1] }, []string{"register 10.20.2.20"}},
		{"target: a task that does not listen", targetRule, func(_ *Seen, here *Local) { here.Procs["t2"] = Proc{Alive: true} }, []string{"deregister 10.20.2.20"}},
		{"target: a task that was stopped", targetRule, func(s *Seen, _ *Local) { s.Tasks = s.Tasks[1:] }, []string{"deregister 10.20.2.4"}},
		{"target: no group", targetRule, func(s *Seen, _ *Local) { s.Balancer.TargetGroup, s.Targets = "", nil }, nil},

		{"monitor: made", monitorRule, func(_ *Seen, here *Local) { here.Monitors = false }, []string{"start-monitors"}},
		{"monitor: no webhook yet", monitorRule, func(s *Seen, here *Local) { s.Webhook, here.Monitors = nil, false }, nil},
		{"monitor: its host is stopped", monitorRule, func(s *Seen, _ *Local) { s.Hosts[1].State = "stopped" }, []string{"stop-monitors"}},

		{"endpoint: new", endpointRule, func(_ *Seen, here *Local) { delete(here.Written, endShop) }, []string{"write-end shop http://shop"}},
		{"endpoint: elsewhere", endpointRule, func(_ *Seen, here *Local) { here.Ends[endPrometheus] = "http://other" }, []string{"write-end prometheus http://other"}},
		{"endpoint: a page", endpointRule, func(_ *Seen, here *Local) { delete(here.Written, endGraphs) }, []string{"write-end graphs http://chat/graphs"}},
		{"endpoint: of a stack that goes", endpointRule, func(s *Seen, here *Local) { s.Hosts, s.Balancer, here.Written = nil, nil, nil }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			if steps := plan(seen, here); steps != nil {
				t.Fatalf("a stack at rest needs %q", say(steps))
			}
			c.when(&seen, &here)
			steps := c.rule(seen, here)
			if got := say(steps); !reflect.DeepEqual(got, c.then) {
				t.Errorf("steps %q, want %q", got, c.then)
			}
			seen, here = done(seen, here, steps)
			if again := c.rule(seen, here); again != nil {
				t.Errorf("done, it wants %q", say(again))
			}
		})
	}
}

// TestSettles: whatever changes, a few passes later there is nothing to do.
func TestSettles(t *testing.T) {
	for name, when := range map[string]func(*Seen, *Local){
		"from nothing": func(s *Seen, here *Local) {
			s.Tasks, s.Targets = nil, nil
			*here = Local{Procs: map[string]Proc{}, Health: map[string]string{}, Lent: map[string]string{}, Written: map[string]string{}, Ends: map[string]string{}}
		},
		"to nothing":    func(s *Seen, _ *Local) { *s = Seen{Round: "R1"} },
		"a new release": func(s *Seen, _ *Local) { s.Services[0].Release = "ecs-svc/2" },
		"all killed":    func(_ *Seen, here *Local) { here.Procs = map[string]Proc{"t1": {}, "t2": {}, "v1": {}} },
		"fewer":         func(s *Seen, _ *Local) { s.Services[0].Desired = 1 },
		"everything off": func(s *Seen, _ *Local) {
			s.Hosts[0].State, s.Hosts[1].State, s.Database.Status = "stopped", "stopped", "stopped"
		},
		"services no more": func(s *Seen, _ *Local) { s.Services = nil },
	} {
		t.Run(name, func(t *testing.T) {
			seen, here := stack()
			when(&seen, &here)
			var steps []Step
			for range 6 {
				steps = plan(seen, here)
				seen, here = done(seen, here, steps)
				if len(steps) == 0 {
					return
				}
			}
			t.Errorf("it still wants %q", say(steps))
		})
	}
}

// TestOneOwner: no verb but StopTask, which says why, comes from two rules.
func TestOneOwner(t *testing.T) {
	owner := map[Verb]int{}
	for _, when := range []func(*Seen, *Local){
		func(s *Seen, _ *Local) { *s = Seen{Groups: groups()} },
		func(_ *Seen, here *Local) { *here = Local{Ends: map[string]string{endShop: "x"}} },
		func(_ *Seen, here *Local) { here.Procs = map[string]Proc{"t1": {}} },
		func(s *Seen, _ *Local) { s.Services[0].Desired, s.Targets = 0, nil },
	} {
		seen, here := stack()
		when(&seen, &here)
		for i, rule := range rules {
			for _, s := range rule(seen, here) {
				if first, ok := owner[s.Verb]; ok && first != i && s.Verb != StopTask {
					t.Errorf("%s is a step of rules %d and %d", s.Verb, first, i)
				}
				owner[s.Verb] = i
			}
		}
	}
	if len(owner) < 13 {
		t.Errorf("only %d verbs were seen", len(owner))
	}
}

func TestMoving(t *testing.T) {
	for name, c := range map[string]struct {
		when func(*Seen, *Local)
		want bool
	}{
		"at rest":                 {func(*Seen, *Local) {}, false},
		"a process starts":        {func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{Alive: true} }, true},
		"a stopped task drains":   {func(_ *Seen, here *Local) { here.Procs["t0"] = Proc{Alive: true, Listening: true, Draining: true} }, true},
		"a target is not healthy": {func(_ *Seen, here *Local) { here.Health["10.20.2.4"] = "initial" }, true},
		"a task waits for an address": {func(s *Seen, _ *Local) {
			s.Services[0].Desired = 3
			s.Room["subnet-a"], s.Room["subnet-b"] = 0, 0
		}, false},
		"a task has an address to take": {func(s *Seen, _ *Local) { s.Services[0].Desired = 3 }, true},
		"an old release goes":           {func(s *Seen, _ *Local) { s.Tasks[0].Release = "ecs-svc/0" }, true},
		"the box's process is off":      {func(_ *Seen, here *Local) { here.Procs["i-box"] = Proc{} }, false},
	} {
		seen, here := stack()
		c.when(&seen, &here)
		if got := moving(seen, here); got != c.want {
			t.Errorf("%s: moving is %v", name, got)
		}
	}
}

// TestRelease: what is a new deployment on AWS has another name here.
func TestRelease(t *testing.T) {
	first := release("ecs-svc/123", "arn:api:1")
	if first != release("ecs-svc/123", "arn:api:1") {
		t.Error("the same deployment has two names")
	}
	if first == release("ecs-svc/124", "arn:api:1") {
		t.Error("a forced deployment changes nothing")
	}
	if first == release("ecs-svc/123", "arn:api:2") {
		t.Error("another task definition changes nothing")
	}
	if first == release("ecs-svc/123", "arn:api:1", "subnet-c") {
		t.Error("another subnet changes nothing")
	}
	if !strings.HasPrefix(first, "ecs-svc/") || len(first) != len("ecs-svc/")+19 {
		t.Errorf("%q does not look like ECS's", first)
	}
}
