package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

var _ round.Scout = (*Runner)(nil)

const (
	lookTime    = 90 * time.Second // bounds a look: an admin waits for the answer
	lookLetGo   = 5 * time.Second  // what is interrupted in a look holds nothing
	shownBreaks = 4                // findings that an admin reads; the log has all
	checkTool   = "terraform"
	checkState  = "state"
	checkPlan   = "plan"
	checkPolicy = "policy"
	seeLog      = " The bot's log says why."
)

// Look plans the stack of a round that is not there yet, and tells whether
// Terraform can be had, whether the state's backend answers, which rules the plan
// breaks and what it costs. Nothing is made: the plan takes no lock, has a key
// that nobody holds in place of the box's and a secret that is not there in place
// of the shop's, and lives in a folder of its own that
// is gone afterwards. Terraform and its provider may be fetched for it, as they
// would be for the round.
func (r *Runner) Look(ctx context.Context, spec round.Spec, _ round.Person) (found round.Preflight, err error) {
	if err := r.check(spec); err != nil {
		return round.Preflight{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.cfg.LookTime, fmt.Errorf("a look takes at most %s", r.cfg.LookTime))
	defer cancel()
	release, err := r.dir.await(ctx, "look")
	if err != nil {
		return round.Preflight{}, err
	}
	h := r.dir.look()
	defer func() { err = errors.Join(err, os.RemoveAll(string(h)), release()) }()
	l := &look{r: r, spec: spec, h: h}
	l.all(ctx)
	return l.Preflight, nil
}

// look is one look.
type look struct {
	round.Preflight
	r    *Runner
	spec round.Spec
	h    home
}

func (l *look) say(name string, state round.CheckState, format string, args ...any) {
	l.Checks = append(l.Checks, round.Check{Name: name, State: state, Says: fmt.Sprintf(format, args...)})
}

// failed tells of a step that did not succeed, and why that may be. The error
// itself is the operator's.
func (l *look) failed(ctx context.Context, name string, err error, format string, args ...any) {
	l.r.cfg.Log.WarnContext(ctx, "a look before a round failed", "round", l.spec.Round, "check", name, "error", err)
	if ctx.Err() != nil {
		l.say(name, round.CheckWarns, "Terraform did not get so far in %s. The first time it has to fetch its provider: look again.", l.r.cfg.LookTime)
		return
	}
	l.say(name, round.CheckFails, format+seeLog, args...)
}

// all does one step after another, until one fails.
func (l *look) all(ctx context.Context) {
	r, h := l.r, l.h
	err := errors.Join(os.RemoveAll(string(h)), r.variables(h, l.spec, r.unmade(l.spec.Round)).write(h))
	if err == nil {
		err = r.fill(ctx, h, l.spec, NoPrograms)
	}
	if err != nil {
		l.failed(ctx, checkTool, err, "What Terraform reads cannot be written below the bot's `state` folder.")
		return
	}
	s, err := r.begin(ctx, h, l.spec.Round, lookLetGo)
	if err != nil {
		l.failed(ctx, checkTool, err, "No Terraform %s is on PATH, and none could be fetched. Install it by hand.", needed)
		return
	}
	if err := r.init(ctx, s, tfexec.Backend(false)); err != nil {
		l.failed(ctx, checkTool, err, "Terraform is there, but could not fetch its provider for AWS.")
		return
	}
	l.say(checkTool, round.CheckOK, "It is there, with its provider for AWS.")
	if !l.state(ctx, s) {
		return
	}
	plan, err := s.makePlan(ctx, tfexec.Lock(false), tfexec.Refresh(false))
	if err != nil {
		l.failed(ctx, checkPlan, err, "Terraform could not plan the stack.")
		return
	}
	l.plan(ctx, plan)
}

// state asks the backend, and reports whether there is one to go on with.
func (l *look) state(ctx context.Context, s *session) bool {
	if l.r.cfg.Backend.Kind == BackendCloud {
		// An init would make the round's workspace there. The plan does without.
		l.Checks = append(l.Checks, l.r.organization(ctx))
		if err := (Backend{}).write(l.h, infra.NamesOf(l.spec.Round), l.h.state()); err != nil {
			l.failed(ctx, checkState, err, "What Terraform reads cannot be written.")
			return false
		}
	}
	if err := l.r.init(ctx, s); err != nil {
		l.failed(ctx, checkState, err, "%s cannot be used.", l.r.cfg.Backend.where())
		return false
	}
	switch b := l.r.cfg.Backend; {
	case b.local():
		l.say(checkState, round.CheckOK, "It will be in the bot's own folder: back that up.")
	case b.Kind == BackendS3:
		l.say(checkState, round.CheckOK, "%s answers.", b.where())
	}
	return true
}

// plan tells of what Terraform would do.
func (l *look) plan(ctx context.Context, plan *tfjson.Plan) {
	if n := before(plan); n > 0 {
		l.say(checkState, round.CheckWarns, "There is a state of %s already, with %d things: of another bot, or of somebody without Discord. It would become this round.", l.spec.Round, n)
	}
	l.Cost = l.r.price(ctx, l.spec.Round, plan)
	findings, err := l.r.findings(ctx, l.spec.Round, plan)
	if err != nil {
		l.failed(ctx, checkPolicy, err, "The plan could not be held to the policy.")
		return
	}
	for i, f := range findings {
		if i == shownBreaks {
			l.say(checkPolicy, round.CheckFails, "%d more findings are in the bot's log.", len(findings)-i)
			break
		}
		l.say(checkPolicy, round.CheckFails, "The plan breaks the rule `%s`: %s (`%s`).", f.Rule, strings.TrimSuffix(f.Says, "."), f.Resource)
	}
	if len(findings) == 0 {
		l.say(checkPlan, round.CheckOK, "%d things would be made, and no rule is broken.", changes(plan))
	}
}

// changes is how many things a plan makes or changes.
func changes(plan *tfjson.Plan) (n int) {
	for _, c := range plan.ResourceChanges {
		if c.Change != nil && !c.Change.Actions.NoOp() && !c.Change.Actions.Read() {
			n++
		}
	}
	return n
}
