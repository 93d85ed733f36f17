package round

import (
	"context"
	"encoding/json"
	"time"
)

// Ledger keeps events. Append returns after they are on disk, with their
// sequence numbers; all of one call are kept or none. Replay gives every event
// from sequence from on, in order.
type Ledger interface {
	Append(ctx context.Context, events ...Event) ([]Event, error)
	Replay(ctx context.Context, from uint64, each func(Event) error) error
}

// Stacks makes and removes the running copy of the app. All of it is idempotent:
// it is called again after a crash. Extend writes the round's end anew on all
// that carries it, the users included: whoever sweeps takes it by that for
// forgotten. Progress may be called from any
// goroutine until the call returns. Cancelling ctx stops an act soon, and the
// stack is then whatever it has become; Destroy removes that too.
type Stacks interface {
	Provision(ctx context.Context, spec Spec, progress func(Progress)) (Outputs, error)
	Destroy(ctx context.Context, spec Spec, progress func(Progress)) (Destroyed, error)
	Extend(ctx context.Context, spec Spec) error
}

// Scout looks, before a stack is made, at what that would need. It touches
// nothing, and is bounded in time. What it cannot ask is a check that warns, and
// never a pass in silence. A refusal is a check that fails.
type Scout interface {
	Look(ctx context.Context, spec Spec, player Person) (Preflight, error)
}

// Spec says what stack to make.
type Spec struct {
	Round   ID
	Stage   string
	Expires time.Time
	Webhook Webhook
}

// Webhook is where the stack's Alertmanager reports, and with which token.
type Webhook struct {
	URL   string
	Token Secret
}

// Outputs is what the bot needs to know of a stack. Nothing here is secret.
type Outputs struct {
	Region       string `json:"region"`
	Shop         string `json:"shop"` // URL of the balancer
	Prometheus   string `json:"prometheus"`
	Alertmanager string `json:"alertmanager"`
	Queue        string `json:"queue"` // of the audit trail
	Graphs       string `json:"graphs"`
	Logs         string `json:"logs"`
	Runbooks     string `json:"runbooks"` // URL of the list; an alert's is below
}

// Target is the stack that a fault or a probe is for.
type Target struct {
	Round   ID
	Outputs Outputs
}

// Identities makes and removes the exercise's users. Issue makes the user anew
// when it exists; Revoke of a user that is gone is no error. Both are bounded.
type Identities interface {
	Issue(ctx context.Context, ask CredentialsAsked, target Target, expires time.Time) (Access, error)
	Revoke(ctx context.Context, user string) error
	UserName(id ID, role Role, p Person) string
}

// Access is what one person gets, once.
type Access struct {
	Round           ID
	Person          Person
	User            string
	AccessKeyID     Secret
	SecretAccessKey Secret
	Region          string
	Endpoint        string // empty on AWS itself
	Shop            string
	Graphs          string
	Logs            string
	Runbooks        string
	Login           Login // of the three pages before
	Expires         time.Time
}

// Pages are what people look at beside the chat: graphs, logs and runbooks. Login
// gives the login that a round's pages ask for, or an empty one where they ask for
// none; that it cannot be read is an error. It is bounded.
type Pages interface {
	Login(ctx context.Context, id ID) (Login, error)
}

// Login is what lets a person into a stack's pages.
type Login struct {
	User        string
	Password    Secret
	Fingerprint string // SHA-256 of the certificate that the pages show, as browsers write it; no secret
}

// Faults applies and undoes breaks. Plan reads and touches nothing; the receipt
// that it gives is all that Inject and Rollback need, now or after a restart.
// Injecting twice or rolling back twice is a no-op. Rollback removes only what
// Inject added, and is a no-op where the player's fix already did it.
type Faults interface {
	Plan(ctx context.Context, t Target, f Fault) (Plan, error)
	Inject(ctx context.Context, t Target, f Fault, receipt json.RawMessage) error
	Rollback(ctx context.Context, t Target, f Fault, receipt json.RawMessage) error
}

// Plan is what a fault would do.
type Plan struct {
	Receipt json.RawMessage
	Blast   string   // a plain sentence: the blast radius
	Targets []string // what it would touch, as AWS names it, for the admin alone
}

// Prober measures the steady state. It answers for every probe that it was
// given; what it cannot measure is Unknown.
type Prober interface {
	Probe(ctx context.Context, t Target, probes []Probe) []Reading
}

// Trail follows the people's AWS calls and sessions until ctx ends. sink returns after the
// call is on disk; only then is it taken off the queue.
type Trail interface {
	Follow(ctx context.Context, t Target, sink func(context.Context, Call) error) error
}

// Catalogue is the scenarios that this bot has.
type Catalogue interface {
	All() []Scenario
	Get(id string) (Scenario, bool)
}
