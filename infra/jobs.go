package infra

import (
	"context"
)

// Job is work of a stack that no service keeps running: a task definition that
// somebody runs once, when it is time for it.
type Job struct {
	Name    string   // also of its container and of its login to the database
	Group   string   // role of its security group
	Subnets []string // roles
}

// Jobs returns the one-off work of a stack. Nobody runs it when a stack is made.
func Jobs() []Job {
	var all []Job
	for _, j := range readLayout().Jobs {
		all = append(all, Job(j))
	}
	return all
}

// OneOff says where a one-off task of a job stands in the network, or one of a
// service's definition that is run beside the service.
func OneOff(name string) (Job, bool) {
	for _, j := range Jobs() {
		if j.Name == name {
			return j, true
		}
	}
	for _, s := range Services() {
		if s.Name == name {
			return Job{Name: s.Name, Group: s.Group, Subnets: s.Subnets}, true
		}
	}
	return Job{}, false
}

// makeJobs registers the definitions of the jobs.
func makeJobs(ctx context.Context, s *stack) error {
	return each(ctx, Jobs(), func(ctx context.Context, j Job) error {
		_, err := makeTaskDefinition(ctx, s, j.Name, j.Group)
		return err
	})
}
