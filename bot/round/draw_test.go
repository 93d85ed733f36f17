package round_test

import (
	"encoding/json"
	"time"

	"pgregory.net/rapid"

	"github.com/chaotic-good/scenarios/bot/round"
)

var (
	roundIDs    = []round.ID{"R1", "R2"}
	incidentIDs = []round.IncidentID{"", "INC-1", "INC-2", "INC-3", "INC-4"}
	people      = []round.Person{{ID: "bot", Name: "the bot"}, {ID: "1", Name: "gamemaster"}, {ID: "2", Name: "ana"}}
	users       = []string{"r1-player-ana", "r1-player-bo"}
)

// kinds is every kind of event, by hand: one that is new belongs here, into the
// model and into drawData. rapid prefers what stands first.
var kinds = []round.Kind{
	round.AlertFired, round.FaultInjected, round.PageRepeated, round.Acknowledged, round.HintTaken, round.OnsetObserved,
	round.RecoveryObserved, round.RecoveryLost, round.ClaimMade, round.NoteAdded, round.CallObserved, round.AlertResolved,
	round.LifetimeExtended, round.LifetimeWritten, round.LifetimeWarned, round.CredentialsRequested, round.CredentialsIssued, round.CredentialsRevealed,
	round.FaultRequested, round.RollbackFailed, round.ProvisionDone, round.RollbackRequested, round.RollbackDone,
	round.CredentialsRevoked, round.CredentialsExpired, round.ActivitySeen,
	round.ProvisionRequested, round.ProvisionProgressed, round.ProvisionFailed,
	round.DestroyProgressed, round.DestroyFailed, round.DestroyDone, round.DestroyRequested,
}

// unknown are kinds that this bot does not know, or that only look known.
var unknown = []round.Kind{"", "coffee.made", "Provision.requested", "provision.requested "}

// damaged is, for the kinds whose data the state is made of, data that goes
// wrong behind a beginning that can be read.
var damaged = map[round.Kind]json.RawMessage{
	round.ProvisionRequested:   json.RawMessage(`{"guild":"x","stage":"x","attempt":"two"}`),
	round.ProvisionProgressed:  json.RawMessage(`{"phase":"x","done":"two"}`),
	round.ProvisionFailed:      json.RawMessage(`{"ref":"x","attempt":"two"}`),
	round.ProvisionDone:        json.RawMessage(`{"outputs":{"shop":"x","queue":2}}`),
	round.CredentialsRequested: json.RawMessage(`{"user":"r1-player-ana","role":2}`),
	round.CredentialsIssued:    json.RawMessage(`{"user":"r1-player-ana","expires":2}`),
	round.CredentialsRevealed:  json.RawMessage(`{"user":"r1-player-ana","expires":2}`),
	round.CredentialsRevoked:   json.RawMessage(`{"user":"r1-player-ana","expires":2}`),
	round.CredentialsExpired:   json.RawMessage(`{"user":"r1-player-ana","expires":2}`),
	round.LifetimeWarned:       json.RawMessage(`{"left":7,"why":2}`),
	round.LifetimeExtended:     json.RawMessage(`{"by":7,"expires":2}`),
	round.LifetimeWritten:      json.RawMessage(`{"by":7,"expires":2}`),
	round.DestroyRequested:     json.RawMessage(`{"why":"x","attempt":"two"}`),
	round.DestroyProgressed:    json.RawMessage(`{"phase":"x","done":"two"}`),
	round.DestroyFailed:        json.RawMessage(`{"ref":"x","attempt":"two"}`),
	round.DestroyDone:          json.RawMessage(`{"removed":7,"left":"two"}`),
	round.CallObserved:         json.RawMessage(`{"event_id":"x","read_only":2}`),
	round.AlertFired:           json.RawMessage(`{"fingerprint":"a","firing":2}`),
	round.AlertResolved:        json.RawMessage(`{"fingerprint":"a","firing":2}`),
	round.FaultRequested:       json.RawMessage(`{"scenario":"x","limit":"two"}`),
	round.OnsetObserved:        json.RawMessage(`{"probe":"x","at":2}`),
	round.PageRepeated:         json.RawMessage(`{"n":7,"after":"two"}`),
	round.RecoveryObserved:     json.RawMessage(`{"at":2}`),
	round.RollbackRequested:    json.RawMessage(`{"outcome":"x","say":"x","attempt":"two"}`),
	round.RollbackDone:         json.RawMessage(`{"outcome":"x","say":"x","attempt":"two"}`),
}

// drawCost draws what a stack costs, which need not be known.
func drawCost(t *rapid.T) round.Cost {
	perHour := rapid.SampledFrom([]float64{0, 0.25, 0.5}).Draw(t, "per hour")
	return round.Cost{Known: perHour > 0, PerHour: perHour}
}

// drawData draws what an event of the kind may carry; nil: nothing. ends are
// those of the rounds.
func drawData(t *rapid.T, kind round.Kind, now time.Time, ends ...time.Time) any {
	n := func(most int) int { return rapid.IntRange(1, most).Draw(t, "n") }
	later := func() time.Time { return now.Add(time.Duration(n(300)) * time.Minute) }
	who := func() round.Person { return rapid.SampledFrom(people).Draw(t, "who") }
	user := func() string { return rapid.SampledFrom(users).Draw(t, "user") }
	switch kind {
	case round.ProvisionRequested:
		return round.ProvisionAsked{Guild: "g", Player: who(), Stage: "classic", Expires: later(), Attempt: n(3), Cost: drawCost(t)}
	case round.ProvisionProgressed, round.DestroyProgressed:
		return round.Progress{Phase: "network", Done: n(9), Total: 9, PerHour: drawCost(t).PerHour}
	case round.ProvisionFailed, round.DestroyFailed, round.RollbackFailed:
		return round.Failure{Attempt: n(4), Ref: "12345678", Say: "It failed.", RetryAt: later()}
	case round.ProvisionDone:
		return round.Provisioned{Outputs: round.Outputs{Shop: rapid.SampledFrom([]string{"", "http://shop"}).Draw(t, "shop")}}
	case round.CredentialsRequested:
		return round.CredentialsAsked{Person: who(), Role: round.Player, User: user()}
	case round.CredentialsIssued, round.CredentialsRevealed, round.CredentialsRevoked, round.CredentialsExpired:
		return round.CredentialsGiven{Person: who(), User: user(), Expires: rapid.SampledFrom([]time.Time{{}, later()}).Draw(t, "expires")}
	case round.LifetimeWarned:
		return round.Warning{Left: time.Duration(n(30)) * time.Minute, Why: rapid.SampledFrom([]string{"", "idle"}).Draw(t, "why")}
	case round.LifetimeExtended:
		return round.Extension{By: time.Hour, Expires: later()}
	case round.LifetimeWritten:
		return round.Extension{Expires: rapid.SampledFrom(append(ends, later())).Draw(t, "end")}
	case round.ActivitySeen:
		return round.Activity{Command: "/status"}
	case round.DestroyRequested:
		return round.DestroyAsked{Why: rapid.SampledFrom([]string{"command", "lifetime", "idle"}).Draw(t, "why"), Attempt: n(3)}
	case round.DestroyDone:
		return round.Destroyed{Removed: n(40), Left: n(2) - 1}
	case round.CallObserved:
		return round.Call{EventID: rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "call"), User: user()}
	case round.AlertFired, round.AlertResolved:
		return round.Alert{
			Fingerprint: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "fingerprint"), Firing: kind == round.AlertFired,
			Name:     rapid.SampledFrom([]string{"ShopErrorRatioHigh", "ShopLatencyHigh"}).Draw(t, "alert"),
			StartsAt: now.Add(time.Duration(rapid.IntRange(-120, 90).Draw(t, "starts")) * time.Minute),
		}
	case round.FaultRequested:
		return round.FaultAsked{Scenario: rapid.SampledFrom([]string{"security-group", "disk-full"}).Draw(t, "scenario"), Expect: []string{"ShopErrorRatioHigh"}}
	case round.OnsetObserved:
		return round.Onset{Probe: "orders", At: now}
	case round.PageRepeated:
		return round.Repeat{N: n(3)}
	case round.HintTaken:
		return round.Hint{N: n(3), Of: 3}
	case round.NoteAdded:
		return round.Note{Text: "it is slow"}
	case round.ClaimMade:
		return round.Claim{Green: n(2) == 1}
	case round.RecoveryObserved, round.RecoveryLost:
		return round.Recovery{At: now}
	case round.RollbackRequested, round.RollbackDone:
		return round.Ending{
			Outcome: rapid.SampledFrom([]round.Outcome{round.Resolved, round.TimedOut, round.Aborted, round.Failed}).Draw(t, "outcome"),
			Say:     rapid.SampledFrom([]string{"", "It is over."}).Draw(t, "say"), Attempt: n(4) - 1,
		}
	}
	return nil
}
