package round

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind says what happened. Kinds are persisted: never rename one. An intent
// ends in "requested" and stands before a dangerous act; its result follows.
type Kind string

// The kinds of events of a round.
const (
	ProvisionRequested  Kind = "provision.requested"  // ProvisionAsked
	ProvisionProgressed Kind = "provision.progressed" // Progress
	ProvisionFailed     Kind = "provision.failed"     // Failure
	ProvisionDone       Kind = "provision.done"       // Provisioned

	CredentialsRequested Kind = "credentials.requested" // CredentialsAsked
	CredentialsIssued    Kind = "credentials.issued"    // CredentialsGiven
	CredentialsRevealed  Kind = "credentials.revealed"  // CredentialsGiven
	CredentialsRevoked   Kind = "credentials.revoked"   // CredentialsGiven

	CredentialsExpired Kind = "credentials.expired" // CredentialsGiven: nobody looked at them in time

	LifetimeWarned   Kind = "lifetime.warned"   // Warning
	LifetimeExtended Kind = "lifetime.extended" // Extension: also the intent to write the new end on all that carries it
	LifetimeWritten  Kind = "lifetime.written"  // Extension: the result
	ActivitySeen     Kind = "activity.seen"     // Activity; at most once in some minutes

	DestroyRequested  Kind = "destroy.requested"  // DestroyAsked
	DestroyProgressed Kind = "destroy.progressed" // Progress
	DestroyFailed     Kind = "destroy.failed"     // Failure
	DestroyDone       Kind = "destroy.done"       // Destroyed

	CallObserved Kind = "call.observed" // Call; also inside an incident
)

// The kinds of events of an incident.
const (
	FaultRequested Kind = "fault.requested" // FaultAsked
	FaultInjected  Kind = "fault.injected"  // nothing
	OnsetObserved  Kind = "onset.observed"  // Onset

	AlertFired        Kind = "alert.fired"    // Alert; also outside an incident
	AlertResolved     Kind = "alert.resolved" // Alert; also outside an incident
	PageRepeated      Kind = "page.repeated"  // Repeat
	Acknowledged      Kind = "incident.acknowledged"
	HintTaken         Kind = "hint.taken"         // Hint
	NoteAdded         Kind = "note.added"         // Note
	ClaimMade         Kind = "claim.made"         // Claim
	RecoveryObserved  Kind = "recovery.observed"  // Recovery
	RecoveryLost      Kind = "recovery.lost"      // Recovery
	RollbackRequested Kind = "rollback.requested" // Ending
	RollbackFailed    Kind = "rollback.failed"    // Failure
	RollbackDone      Kind = "rollback.done"      // Ending
)

// Event is one line of the ledger. Sequence and time are given by whoever
// appends: Seq by the ledger, At by the engine's clock.
type Event struct {
	Seq      uint64          `json:"seq"`
	Round    ID              `json:"round"`
	Incident IncidentID      `json:"incident,omitempty"`
	At       time.Time       `json:"at"`
	Actor    Person          `json:"actor"`
	Kind     Kind            `json:"kind"`
	Data     json.RawMessage `json:"data,omitempty"`
}

// Into decodes the event's data.
func (e Event) Into(v any) error {
	if len(e.Data) == 0 {
		return fmt.Errorf("event %d (%s) has no data", e.Seq, e.Kind)
	}
	if err := json.Unmarshal(e.Data, v); err != nil {
		return fmt.Errorf("read event %d (%s): %w", e.Seq, e.Kind, err)
	}
	return nil
}

// ProvisionAsked opens a round.
type ProvisionAsked struct {
	Guild   string    `json:"guild"`
	Player  Person    `json:"player"`
	Stage   string    `json:"stage"`
	Expires time.Time `json:"expires"`
	Attempt int       `json:"attempt"` // 1 for the first; a retry repeats the event
	Cost    Cost      `json:"cost,omitzero"`
}

// Progress tells how far a long act is. Whoever acts says what it knows: a round
// of an older ledger has neither the time nor the cost.
type Progress struct {
	Phase   string    `json:"phase"` // what is being made or removed, in a word or two
	Done    int       `json:"done"`
	Total   int       `json:"total"`
	Until   time.Time `json:"until,omitzero"`    // when the act is expected to end; zero: not known
	PerHour float64   `json:"per_hour,omitzero"` // USD, of the whole stack as it is planned; zero: not known
}

// Failure tells that an act failed. Ref leads the operator to the log; nothing
// here is internal or secret.
type Failure struct {
	Attempt int       `json:"attempt"`
	Of      int       `json:"of,omitempty"` // tries there are at most; 0: no end, or not told
	Ref     string    `json:"ref"`
	Say     string    `json:"say"`               // a sentence for the admin
	RetryAt time.Time `json:"retry_at,omitzero"` // zero: no further try by itself
}

// Provisioned is the result of a provision.
type Provisioned struct {
	Outputs Outputs `json:"outputs"`
}

// CredentialsAsked is the intent to make a user: its name is enough to find and
// remove what a crash left behind.
type CredentialsAsked struct {
	Person Person `json:"person"`
	Role   Role   `json:"role"`
	User   string `json:"user"`
}

// CredentialsGiven names a user without any of its secrets.
type CredentialsGiven struct {
	Person  Person    `json:"person"`
	User    string    `json:"user"`
	Expires time.Time `json:"expires,omitzero"`
}

// Warning says how long the round has left.
type Warning struct {
	Left time.Duration `json:"left"`
	Why  string        `json:"why,omitempty"` // lifetime, which an empty one means too | idle
}

// Extension is a later end of the round.
type Extension struct {
	By      time.Duration `json:"by"`
	Expires time.Time     `json:"expires"`
}

// Activity says that a person used a command that leaves no other trace, so
// that a restart knows how long nobody did anything.
type Activity struct {
	Command string `json:"command"`
}

// Repeat is a page that is sent once more, because nobody acknowledged it.
type Repeat struct {
	N     int           `json:"n"`               // 1 for the first repeat
	After time.Duration `json:"after"`           // since the page
	Admin bool          `json:"admin,omitempty"` // it goes to the admin, who injected
}

// DestroyAsked is the intent to remove a round.
type DestroyAsked struct {
	Why     string `json:"why"`     // command | lifetime | idle
	Attempt int    `json:"attempt"` // 1 for the first; a retry repeats the event
}

// Destroyed is what a destroy found at its end, by its own count.
type Destroyed struct {
	Removed int      `json:"removed"`
	Left    int      `json:"left"`
	What    []string `json:"what,omitempty"` // kinds of things left, without account numbers
}

// What the trail tells of sessions, on the box or in the database, it tells as
// calls too: these are their services, and their actions.
const (
	Shell         = "ssh"
	Database      = "psql"
	SessionOpened = "SessionOpened"
	LineTyped     = "LineTyped" // With is the line, without what is secret in it
)

// Call is one AWS call of the exercise's people, as the audit trail tells it, or
// one step of a session.
type Call struct {
	EventID  string    `json:"event_id"` // the trail's own id: repeats are recognised by it
	At       time.Time `json:"at"`
	User     string    `json:"user"`    // empty in a session whose key or login is the round's
	Service  string    `json:"service"` // ec2, ecs, ...
	Action   string    `json:"action"`  // AuthorizeSecurityGroupIngress
	Target   string    `json:"target,omitempty"`
	With     string    `json:"with,omitempty"`  // what it asked for, in a few words: desired-count 4, force-new-deployment
	Made     string    `json:"made,omitempty"`  // what AWS called the thing that it made
	Error    string    `json:"error,omitempty"` // AWS's error code; empty: it succeeded
	ReadOnly bool      `json:"read_only"`
}

// Is reports whether it is such a call: ecs:UpdateService for any, or
// ecs:UpdateService(desired-count) for one that asks for that.
func (c Call) Is(form string) bool {
	name, word, _ := strings.Cut(strings.TrimSuffix(form, ")"), "(")
	return name == c.Service+":"+c.Action && strings.Contains(", "+c.With, ", "+word)
}

// InSession reports whether it is no AWS call but a step of a session.
func (c Call) InSession() bool { return c.Service == Shell || c.Service == Database }

// Mentions reports whether it is about the thing of that name.
func (c Call) Mentions(name string) bool {
	return name != "" && (c.Target == name || slices.Contains(strings.FieldsFunc(c.With, func(r rune) bool { return r == ' ' || r == ',' }), name))
}

// FaultAsked is the intent to inject. Receipt holds all that a rollback needs,
// and is written before anything is touched.
type FaultAsked struct {
	Scenario string          `json:"scenario"`
	Variant  string          `json:"variant,omitempty"`
	Title    string          `json:"title"`
	Briefing string          `json:"briefing,omitempty"` // what the page tells the player beside its alert
	Expected string          `json:"expected,omitempty"` // the hypothesis
	Fault    Fault           `json:"fault"`
	Receipt  json.RawMessage `json:"receipt"`
	Blast    string          `json:"blast"`
	Expect   []string        `json:"expect"`             // alerts; the first of any of them is the page
	Surprise bool            `json:"surprise,omitempty"` // not even the admin was told which
	Onset    time.Duration   `json:"onset"`
	Page     time.Duration   `json:"page"` // bound of the page after the injection
	Hold     time.Duration   `json:"hold"`
	Limit    time.Duration   `json:"limit"`
	Debrief  Debrief         `json:"debrief"`
}

// Onset is the first bad sample after the injection.
type Onset struct {
	Probe string    `json:"probe"`
	Say   string    `json:"say"`
	At    time.Time `json:"at"`
}

// Hint is one of the scenario's hints, as it was shown.
type Hint struct {
	N    int    `json:"n"`
	Of   int    `json:"of"`
	Text string `json:"text"`
}

// Note is a player's observation for the timeline.
type Note struct {
	Text string `json:"text"`
}

// Claim is a player's word that it is repaired, and what the probes said.
type Claim struct {
	Green bool   `json:"green"`
	Say   string `json:"say"`
}

// Recovery is the first good sample of a hold.
type Recovery struct {
	At time.Time `json:"at"`
}

// Outcome says how an incident ended.
type Outcome string

// The outcomes.
const (
	Resolved Outcome = "resolved"
	TimedOut Outcome = "timed_out"
	Aborted  Outcome = "aborted"
	Failed   Outcome = "failed"
)

// Ending is an incident's end: requested before the rollback, done after it.
type Ending struct {
	Outcome Outcome `json:"outcome"`
	Say     string  `json:"say,omitempty"` // why, for people
	Attempt int     `json:"attempt,omitempty"`
}
