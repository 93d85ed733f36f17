package infra

import "time"

// Pace is every duration and rate of a stack that differs between AWS and a
// rehearsal. Configuration chooses one; no code asks which it was. How long a
// page takes is decided by the monitoring's profile, not here.
type Pace struct {
	PoolSize       int           // connections that one task keeps to the database
	PoolLifetime   time.Duration // age at which a pooled connection is replaced
	ConnectTimeout time.Duration // of a new connection to the database
	VisitorsRate   int           // arrivals per second
	Suggestions    int           // candidates that a search weighs; rehearsal fits it to its machine
	ReportParallel int           // connections on which the job nightly-figures works
	ReportPause    time.Duration // between two days' figures; rehearsal fits it to its machine

	Poll  time.Duration // how often to look while waiting for AWS
	Ready time.Duration // how long a provision waits for the stack to answer
	Gone  time.Duration // how long a destroy waits for things to disappear
}

// ReportParallel is so many that, beside the shop's own connections, few are
// left: more tasks of the shop get no larger share of the database.
const ReportParallel = 151

// AWSPace is the pace of a stack on AWS, where a security group leaves open
// connections alone: the pool's lifetime bounds how long a cut stays hidden.
func AWSPace() Pace {
	p := readLayout().Pace
	return Pace{
		PoolSize: p.PoolSize, PoolLifetime: time.Duration(p.PoolLifetime), ConnectTimeout: time.Duration(p.ConnectTimeout),
		VisitorsRate: p.VisitorsRate, Suggestions: p.Suggestions, ReportParallel: p.ReportParallel, ReportPause: time.Duration(p.ReportPause),
		Poll: 5 * time.Second, Ready: 20 * time.Minute, Gone: 20 * time.Minute,
	}
}

// RehearsalPace is the same story ten times faster.
func RehearsalPace() Pace {
	return Pace{
		PoolSize: 2, PoolLifetime: 2 * time.Second, ConnectTimeout: time.Second,
		VisitorsRate: 30, Suggestions: 12000, ReportParallel: ReportParallel, ReportPause: 340 * time.Millisecond,
		Poll: 50 * time.Millisecond, Ready: 30 * time.Second, Gone: 20 * time.Second,
	}
}

// Onset is the longest time from a cut between the shop and its database to
// the first request that fails.
func (p Pace) Onset() time.Duration { return p.PoolLifetime + p.ConnectTimeout }
