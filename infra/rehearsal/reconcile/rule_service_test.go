package reconcile

import (
	"strings"
	"testing"
)

// TestRoom: a service never has more tasks than addresses, and a new release
// takes the place of the old one all the same, unless none can be spared.
func TestRoom(t *testing.T) {
	for _, c := range []struct {
		name             string
		desired, were    int
		fresh, unsound   bool // a new release; the old one does not serve
		newOnes, oldOnes int
	}{
		{"five hundred", 500, 2, false, false, 0, 22},
		{"a new release, half the addresses taken", 12, 12, true, false, 12, 0},
		{"a new release, few desired of many", 2, 22, true, false, 2, 0},
		{"a new release, all addresses taken", 22, 22, true, false, 0, 22},
		{"a new release, all taken by what does not serve", 22, 22, true, true, 22, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, here := stack()
			crowd(&seen, &here, "ecs-svc/1", c.were-2)
			seen.Services[0].Desired = c.desired
			if c.fresh {
				seen.Services[0].Release = "ecs-svc/2"
			}
			if c.unsound {
				clear(here.Health)
			}
			for range 12 {
				steps := plan(seen, here)
				if seen, here = done(seen, here, steps); len(steps) == 0 {
					break
				}
				if n := len(seen.Tasks); n > 2*11+1 { // a /28 has 11 addresses; with the visitors' task
					t.Fatalf("there are %d tasks", n)
				}
			}
			have := map[string]int{}
			for _, task := range seen.Tasks {
				have[task.Release]++
			}
			if steps := plan(seen, here); steps != nil || have["ecs-svc/2"] != c.newOnes || have["ecs-svc/1"] != c.oldOnes {
				t.Errorf("the tasks are %v, and it still wants %q", have, say(steps))
			}
		})
	}
}

// TestSpread: a new task goes where most addresses are left, so that a full
// subnet holds up nobody while another has room.
func TestSpread(t *testing.T) {
	seen, here := stack()
	seen.Services[0].Desired = 6
	seen.Room["subnet-a"], seen.Room["subnet-b"] = 1, 3
	var where []string
	for _, s := range serviceRule(seen, here) {
		where = append(where, s.Detail)
	}
	if got := strings.Join(where, " "); got != "subnet-b subnet-b subnet-a subnet-b" {
		t.Errorf("the tasks go to %s", got)
	}
	if seen.Room["subnet-b"] != 3 {
		t.Error("the rule changed what was seen")
	}
}
