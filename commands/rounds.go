package commands

import (
	"context"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Rounds is what the commands ask of the engine. Every method may answer with
// a *round.Refusal; roles are checked there too. Prepare says what a round would
// need and cost, Preview what an injection would do; their tickets are what
// Provision, Inject and Decline are asked about. Prepare may take a minute, for it
// plans the stack, and Inject some seconds: it measures the steady state first.
type Rounds interface {
	Prepare(ctx context.Context, by round.Caller, player round.Person, stage string) (round.Prospect, error)
	Provision(ctx context.Context, by round.Caller, ticket string) (round.ID, error)
	Preview(ctx context.Context, by round.Caller, scenario, variant string, dry bool) (round.Offer, error) // an id, or Surprise; an empty variant is drawn
	Inject(ctx context.Context, by round.Caller, ticket string) (round.Injection, error)
	Decline(ctx context.Context, by round.Caller, ticket string) error
	Destroy(ctx context.Context, by round.Caller) (round.Closing, error)
	DestroyRound(ctx context.Context, by round.Caller, id round.ID, inside round.IncidentID) (round.ID, error)
	Status(ctx context.Context, by round.Caller) (round.Status, error)
	Acknowledge(ctx context.Context, by round.Caller) (round.IncidentID, error)
	Hint(ctx context.Context, by round.Caller) (round.IncidentID, round.Hint, error)
	Note(ctx context.Context, by round.Caller, text string) (round.IncidentID, error)
	Resolve(ctx context.Context, by round.Caller) (round.IncidentID, round.Claim, error)
	Abort(ctx context.Context, by round.Caller, reason string) (round.IncidentID, error)
	Scenarios(ctx context.Context, by round.Caller) ([]round.Scenario, error)
	Reveal(ctx context.Context, by round.Caller) (round.Access, error)        // once
	Extend(ctx context.Context, by round.Caller) (round.ID, time.Time, error) // the new end
	Reissue(ctx context.Context, by round.Caller) (round.ID, error)
}

// Surprise asks Preview to choose, and to tell nobody what it chose.
const Surprise = "surprise"
