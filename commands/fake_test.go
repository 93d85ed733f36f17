package commands

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// fakeRounds answers every call with the same error, or with one good answer
// of its kind, and remembers what was asked.
type fakeRounds struct {
	err       error
	panics    bool
	asked     string
	args      []string
	status    round.Status
	prospect  round.Prospect
	offer     round.Offer
	inject    round.Injection
	closing   round.Closing
	claim     round.Claim
	access    round.Access
	scenarios []round.Scenario
}

func (f *fakeRounds) ask(ctx context.Context, name string, args ...string) error {
	f.asked, f.args = name, slices.DeleteFunc(args, func(s string) bool { return s == "" })
	if f.panics {
		panic("the ledger is on fire at 10.0.0.7")
	}
	return f.err
}

func (f *fakeRounds) Prepare(ctx context.Context, _ round.Caller, p round.Person, stage string) (round.Prospect, error) {
	return f.prospect, f.ask(ctx, "prepare", p.ID, stage)
}

func (f *fakeRounds) Provision(ctx context.Context, _ round.Caller, ticket string) (round.ID, error) {
	return "R7", f.ask(ctx, "provision", ticket)
}

func (f *fakeRounds) DestroyRound(ctx context.Context, _ round.Caller, id round.ID, in round.IncidentID) (round.ID, error) {
	return id, f.ask(ctx, "destroy", string(id), string(in))
}

func (f *fakeRounds) Preview(ctx context.Context, _ round.Caller, s, variant string, dry bool) (round.Offer, error) {
	o, how := f.offer, ""
	if dry {
		o.Ticket, how = "", "dry"
	}
	return o, f.ask(ctx, "preview", s, variant, how)
}

func (f *fakeRounds) Inject(ctx context.Context, _ round.Caller, ticket string) (round.Injection, error) {
	return f.inject, f.ask(ctx, "inject", ticket)
}

func (f *fakeRounds) Decline(ctx context.Context, _ round.Caller, ticket string) error {
	return f.ask(ctx, "decline", ticket)
}

func (f *fakeRounds) Destroy(ctx context.Context, _ round.Caller) (round.Closing, error) {
	c := f.closing
	c.Round = "R7"
	return c, f.ask(ctx, "destroy")
}

func (f *fakeRounds) Status(ctx context.Context, _ round.Caller) (round.Status, error) {
	return f.status, f.ask(ctx, "status")
}

func (f *fakeRounds) Acknowledge(ctx context.Context, _ round.Caller) (round.IncidentID, error) {
	return "INC-3", f.ask(ctx, "ack")
}

func (f *fakeRounds) Hint(ctx context.Context, _ round.Caller) (round.IncidentID, round.Hint, error) {
	return "INC-3", round.Hint{N: 1, Of: 3, Text: "what does an order wait for?"}, f.ask(ctx, "hint")
}

func (f *fakeRounds) Note(ctx context.Context, _ round.Caller, text string) (round.IncidentID, error) {
	return "INC-3", f.ask(ctx, "note", text)
}

func (f *fakeRounds) Resolve(ctx context.Context, _ round.Caller) (round.IncidentID, round.Claim, error) {
	return "INC-3", f.claim, f.ask(ctx, "resolve")
}

func (f *fakeRounds) Abort(ctx context.Context, _ round.Caller, why string) (round.IncidentID, error) {
	return "INC-3", f.ask(ctx, "abort", why)
}

func (f *fakeRounds) Scenarios(ctx context.Context, _ round.Caller) ([]round.Scenario, error) {
	return f.scenarios, f.ask(ctx, "scenarios")
}

func (f *fakeRounds) Reveal(ctx context.Context, _ round.Caller) (round.Access, error) {
	return f.access, f.ask(ctx, "reveal")
}

func (f *fakeRounds) Reissue(ctx context.Context, _ round.Caller) (round.ID, error) {
	return "R7", f.ask(ctx, "reissue")
}

var (
	gamemaster = round.Caller{Person: round.Person{ID: "1", Name: "gamemaster"}, Guild: "g", Roles: []round.Role{round.Admin}}
	ana        = round.Caller{Person: round.Person{ID: "2", Name: "ana"}, Guild: "g", Roles: []round.Role{round.Player}}
	bystander  = round.Caller{Person: round.Person{ID: "3", Name: "viewer"}, Guild: "g", Roles: []round.Role{round.Viewer}}

	errBroken = errors.New("append to /var/lib/bot/ledger.db: no space on 10.0.0.7")
	now       = time.Date(2026, 11, 23, 16, 41, 0, 0, time.UTC)
)

func testRouter(t *testing.T, f *fakeRounds) (*Router, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	r, err := NewRouter(Config{Rounds: f, Log: slog.New(slog.NewTextHandler(log, nil)), Roles: map[round.Role]string{round.Admin: "<@&77>"}})
	if err != nil {
		t.Fatal(err)
	}
	return r, log
}

func (f *fakeRounds) Extend(ctx context.Context, _ round.Caller) (round.ID, time.Time, error) {
	return "R7", time.Time{}, f.ask(ctx, "extend")
}
