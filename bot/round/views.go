package round

import "time"

// Offer is what an injection would do, for the admin who asked. Of a surprise it
// says nothing but the round.
type Offer struct {
	Ticket     string // by which the admin says yes or no; empty: it was only a dry run
	Round      ID
	Title      string
	Variant    string // empty also where there is only one
	Does       string // what breaks
	Hypothesis string
	Targets    []string // what would be touched
	Blast      string
	Expect     []string // the alerts, any of which is the page
	Surprise   bool
	Limit      time.Duration // of the incident
	Page       time.Duration // within which the page comes, at most
	Expires    time.Time
}

// Prospect is what a provision would make, for the admin who asked.
type Prospect struct {
	Ticket   string // by which the admin says yes or no; empty: a check fails
	Round    ID
	Player   Person
	Stage    string
	Lifetime time.Duration
	Preflight
	Expires time.Time // of the ticket
}

// Closing is what came of a wish to end a round. One with an incident waits for
// the admin's word; without one the end has begun.
type Closing struct {
	Round    ID
	Incident IncidentID
	Open     time.Duration // since when the incident is open
}

// Injection is what the admin is told of an injection. Title and Variant are
// empty when it is to be a surprise.
type Injection struct {
	Round    ID
	Incident IncidentID
	Title    string
	Variant  string // empty also where there is only one
	Surprise bool
	Limit    time.Duration // of the incident
	Page     time.Duration // within which the page comes, at most
}

// Status is a round at a glance, for the one who asks.
type Status struct {
	Open     bool
	Round    ID
	Phase    Phase
	Player   Person
	Stage    string
	Expires  time.Time
	Outputs  Outputs
	Incident *IncidentStatus
	Readings []Reading // the steady state, when the round is ready
	Progress *Progress // while a stack is made or removed
	Failure  *Failure  // the latest, while the round is stuck
	Cost     Cost
	Spent    float64 // USD, since the round was opened; of a Cost that is known
}

// IncidentStatus is the open incident at a glance.
type IncidentStatus struct {
	ID           IncidentID
	Phase        Phase
	Since        time.Time
	Acknowledged bool
	Alerts       []Alert // those that fire
	Hints        int     // taken so far
	Limit        time.Duration
	Title        string        // only for an admin who was told it
	Held         time.Duration // for how long every sample has been good; 0: the last was not
	Hold         time.Duration // for how long they have to be, told once they are
}
