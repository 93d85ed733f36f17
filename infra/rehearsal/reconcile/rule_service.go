package reconcile

import (
	"maps"
	"slices"
)

// taskQuota is how many tasks run at a time: an account's Fargate quota, which
// begins at 6 vCPU on AWS. Each task is a process here.
const taskQuota = 24

// serviceRule: a service has as many running tasks of its present release as it
// desires, and loses those of an older release once the new ones serve. Each
// new task goes into that subnet of the service that has the most addresses
// left. Where tasks are too many, those that do not serve go first. Where no
// address is left for a new task, the service says so, and old ones make room,
// as many as the desired count can spare: ECS keeps a minimum of 100 percent
// that serve.
func serviceRule(seen Seen, here Local) (steps []Step) {
	room, quota := maps.Clone(seen.Room), taskQuota-len(seen.Tasks)
	for _, s := range seen.Services {
		var idle, serving, old, oldServing []Task
		for _, t := range seen.Tasks {
			switch {
			case t.Service != s.Name:
			case t.Release != s.Release && serves(s, t, here):
				oldServing = append(oldServing, t)
			case t.Release != s.Release:
				old = append(old, t)
			case serves(s, t, here):
				serving = append(serving, t)
			default:
				idle = append(idle, t)
			}
		}
		fresh, spare := slices.Concat(serving, idle), len(serving)+len(oldServing)-s.Desired
		old = slices.Concat(old, oldServing)
		missing := s.Desired - len(fresh)
		for ; missing > 0 && quota > 0 && !here.Failing[s.Release]; missing-- {
			where := roomiest(s.Subnets, room)
			if where == "" {
				break
			}
			room[where]--
			quota--
			steps = append(steps, Step{RunTask, s.Name, where})
		}
		unplaced := missing > 0 && !here.Failing[s.Release]
		if unplaced && !here.Unplaced[s.Name] {
			steps = append(steps, Step{Verb: Unplaced, Thing: s.Name, Detail: why(quota)})
		}
		over := fresh[min(len(fresh), s.Desired):]
		switch {
		case len(serving) >= s.Desired:
			over = slices.Concat(over, old)
		case unplaced:
			idleOld := len(old) - len(oldServing)
			over = slices.Concat(over, old[:min(missing, idleOld+min(max(spare, 0), len(oldServing)))])
		}
		for _, t := range over {
			steps = append(steps, Step{Verb: StopTask, Thing: t.ARN, Detail: "Scaling activity initiated by deployment"})
		}
	}
	for _, t := range seen.Tasks {
		if t.Service != "" && !slices.ContainsFunc(seen.Services, func(s Service) bool { return s.Name == t.Service }) {
			steps = append(steps, Step{Verb: StopTask, Thing: t.ARN, Detail: "The service was deleted"})
		}
	}
	return steps
}

// Why a task could not be placed.
const (
	noAddress = "InsufficientFreeAddressesInSubnet"
	noQuota   = "You\u2019ve reached the limit on the number of vCPUs you can run concurrently"
)

func why(quota int) string {
	if quota > 0 {
		return noAddress
	}
	return noQuota
}

// roomiest gives the subnet with the most free addresses; empty: all are full.
func roomiest(subnets []string, room map[string]int) (best string) {
	for _, id := range subnets {
		if room[id] > 0 && (best == "" || room[id] > room[best]) {
			best = id
		}
	}
	return best
}

// placeable reports whether a task that a service lacks could be placed now.
func placeable(seen Seen, s Service) bool {
	return len(seen.Tasks) < taskQuota && roomiest(s.Subnets, seen.Room) != ""
}
