package gateway

import "time"

// Truth is what the local processes really do. The reconciler implements it;
// its answers must come from memory, for each costs the caller its time.
type Truth interface {
	// ServiceView is what an ECS service's tasks do. cluster and service are
	// names, not ARNs. False means that nothing is known of this service.
	ServiceView(cluster, service string) (View, bool)
	// TargetHealth is the health of a target group's registered targets. A nil
	// map means that nothing is known of this group: moto's answer stands.
	TargetHealth(targetGroupARN string) map[Target]Health
	// ExitCode is how the process of a task ended. False means that it runs, or
	// that nothing is known of it.
	ExitCode(taskARN string) (int, bool)
	// Database is the server behind an RDS instance. False means that none runs.
	Database(id string) (DatabaseView, bool)
}

// TaskTruth is when a task's process began and ended. Who implements Truth may
// implement it too.
type TaskTruth interface {
	// TaskTimes gives zero times for what has not happened, or is not known.
	TaskTimes(taskARN string) (started, stopped time.Time)
}

// DatabaseView is what a database's process is at the moment.
type DatabaseView struct {
	Class   string // that it has the CPUs of
	Reboots int    // of the instance, that it has made
}

// View is the part of an ECS service that moto cannot know.
type View struct {
	Running, Pending int
	Deployments      []Deployment // the primary one first
	Events           []Event      // newest first
	Scalings         []Scaling    // oldest first
}

// Deployment is one release of a service on its way in or out.
type Deployment struct {
	ID                   string // "ecs-svc/1234567890123456789"
	Status               string // PRIMARY, ACTIVE or INACTIVE
	TaskDefinition       string // ARN
	Rollout              string // IN_PROGRESS, COMPLETED or FAILED
	RolloutReason        string
	Desired, Pending     int
	Running, Failed      int
	CreatedAt, UpdatedAt time.Time
}

// Event is one line of a service's history.
type Event struct {
	ID      string
	At      time.Time
	Message string // "(service api) has reached a steady state."
}

// Target is one address behind a load balancer.
type Target struct {
	ID   string // an address, or an instance's id
	Port int    // 0 stands for the target group's own port
}

// Health is what the load balancer's checks say of a target.
type Health struct {
	State       string // initial, healthy, unhealthy, unused, draining
	Reason      string // "Target.Timeout"; empty when healthy
	Description string
}

// what returns the truth, or nil before it was set.
func (g *Gateway) what() Truth {
	if t := g.truth.Load(); t != nil {
		return *t
	}
	return nil
}
