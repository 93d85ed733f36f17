package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Provision makes the stack of a round, or what is missing of it, and returns
// once the shop and the monitoring answer. A plan that the gate does not let pass is refused
// before Terraform changed anything.
func (r *Runner) Provision(ctx context.Context, spec round.Spec, progress func(round.Progress)) (_ round.Outputs, err error) {
	if err := r.check(spec); err != nil {
		return round.Outputs{}, err
	}
	h := r.dir.home(spec.Round)
	release, err := r.dir.lock(string(spec.Round))
	if err != nil {
		return round.Outputs{}, err
	}
	defer func() { err = and(err, h.tidy(), release()) }()
	t := r.teller(spec, actProvision, progress)
	began := r.cfg.Now()

	t.say("secrets")
	prepared, err := r.cfg.Cloud.Prepare(ctx, spec)
	if err != nil {
		return round.Outputs{}, err
	}
	t.say("plan")
	if err := r.variables(h, spec, prepared).write(h); err != nil {
		return round.Outputs{}, err
	}
	if err := r.fill(ctx, h, spec, r.cfg.Programs); err != nil {
		return round.Outputs{}, err
	}
	s, err := r.open(ctx, h, spec.Round)
	if err != nil {
		return round.Outputs{}, err
	}
	if err := s.bringRescued(ctx, h); err != nil {
		return round.Outputs{}, err
	}
	plan, err := s.makePlan(ctx)
	if err != nil {
		return round.Outputs{}, err
	}
	if err := r.judge(ctx, spec.Round, plan); err != nil {
		return round.Outputs{}, err
	}
	t.cost(r.price(ctx, spec.Round, plan).PerHour)
	if err := r.apply(ctx, s, plan, t); err != nil {
		return round.Outputs{}, err
	}
	out, err := r.finish(ctx, s, spec, t)
	if err == nil && fresh(plan) {
		r.learn(ctx, spec, actProvision, began)
	}
	return out, err
}

// apply applies the plan, and pushes the image meanwhile.
func (r *Runner) apply(ctx context.Context, s *session, plan *tfjson.Plan, t *teller) error {
	act, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	image := &pusher{stop: stop, push: func(ctx context.Context) error {
		return r.cfg.Image(ctx, repository(s.round), r.cfg.Stack.Release)
	}}
	if !repositoryComes(plan) {
		image.start(act)
	}
	t.say("stack")
	heard := func(e event) {
		image.hear(act, e)
		t.hear(e)
	}
	err := s.run(act, "apply", heard, func(w io.Writer) error {
		return s.tf.ApplyJSON(act, w, tfexec.DirOrPlan(s.plan))
	})
	if err != nil {
		stop(err) // nobody needs the image
	}
	if failed := image.wait(); err == nil {
		err = failed
	}
	return err
}

// finish does what comes after Terraform.
func (r *Runner) finish(ctx context.Context, s *session, spec round.Spec, t *teller) (round.Outputs, error) {
	t.say("logins")
	out, err := s.outputs(ctx)
	if err != nil {
		return round.Outputs{}, err
	}
	if err := r.cfg.Cloud.Complete(ctx, spec, out.database, out.operatorSecret); err != nil {
		return round.Outputs{}, err
	}
	return r.cfg.Cloud.Await(ctx, spec, out.Outputs, t.say)
}

func (r *Runner) teller(spec round.Spec, act string, progress func(round.Progress)) *teller {
	return &teller{tell: progress, now: r.cfg.Now, until: r.cfg.Now().Add(r.times.expect(spec.Stage, act)).UTC()}
}

// learn keeps how long an act took. That it cannot is no reason to fail.
func (r *Runner) learn(ctx context.Context, spec round.Spec, act string, began time.Time) {
	if err := r.times.learn(spec.Stage, act, r.cfg.Now().Sub(began)); err != nil {
		r.cfg.Log.WarnContext(ctx, "a duration was not kept", "round", spec.Round, "error", err)
	}
}

// bringRescued brings to the backend what Terraform could not bring there when
// it last ended: without it, what was made then would be in no state.
func (s *session) bringRescued(ctx context.Context, h home) error {
	if _, err := os.Stat(h.rescued()); err != nil {
		return nil
	}
	err := s.run(ctx, "state push", ignore, func(io.Writer) error { return s.tf.StatePush(ctx, h.rescued()) })
	if err != nil {
		return fmt.Errorf("a state that was not saved lies in %s: %w", h.rescued(), err)
	}
	return os.Remove(h.rescued())
}

// tidy leaves no plan, and a state that nobody else may read.
func (h home) tidy() error {
	wrong := []error{h.dropPlan()}
	for _, path := range []string{h.state(), h.state() + ".backup", h.rescued()} {
		if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}

// and adds what went wrong at the end, if anything did.
func and(err error, last ...error) error {
	if more := errors.Join(last...); more != nil {
		return errors.Join(err, more)
	}
	return err
}

// read takes a text out of JSON.
func read(text json.RawMessage, to *string) error {
	if err := json.Unmarshal(text, to); err != nil {
		return err
	}
	if *to == "" {
		return errors.New("it is empty")
	}
	return nil
}
