package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Destroy removes a round's stack: what Terraform knows of by Terraform, and
// then whatever else of the round AWS still has. It needs no folder of an
// earlier run, and a stack of which nothing was made.
//
// What people put beside the stack can keep Terraform from removing it, and
// what they removed can keep it from looking at it. So the rest of the round is
// cleared away even after a destroy that failed, and then Terraform tries once
// more, without looking first.
func (r *Runner) Destroy(ctx context.Context, spec round.Spec, progress func(round.Progress)) (gone round.Destroyed, err error) {
	if err := r.check(spec); err != nil {
		return gone, err
	}
	h := r.dir.home(spec.Round)
	release, err := r.dir.lock(string(spec.Round))
	if err != nil {
		return gone, err
	}
	defer func() { err = and(err, release()) }()
	t := r.teller(spec, actDestroy, progress)
	began := r.cfg.Now()

	t.say("plan")
	first := r.remove(ctx, h, spec, t, true)
	if stops(ctx, first) {
		return round.Destroyed{Removed: t.count()}, and(first, h.tidy())
	}
	if first != nil {
		r.cfg.Log.WarnContext(ctx, "Terraform could not remove all; clearing the rest away and trying again", "round", spec.Round, "error", first)
	}
	t.say("what is left")
	gone, err = r.cfg.Cloud.Destroy(ctx, spec, func(p round.Progress) { t.say(p.Phase) })
	switch {
	case err != nil:
		err = errors.Join(first, err)
	case first != nil:
		err = r.remove(ctx, h, spec, t, false)
	}
	gone.Removed += t.count()
	if err != nil || gone.Left > 0 {
		return gone, and(err, h.tidy())
	}
	if t.count() > 0 && first == nil {
		r.learn(ctx, spec, actDestroy, began)
	}
	return gone, os.RemoveAll(string(h))
}

// stops reports whether an error ends a destroy: somebody wants that, or somebody
// else is at work on the state.
func stops(ctx context.Context, err error) bool {
	var locked *Locked
	return ctx.Err() != nil || errors.As(err, &locked)
}

// remove lets Terraform remove what it knows of. Where the state would be here
// and is not, nothing was made.
func (r *Runner) remove(ctx context.Context, h home, spec round.Spec, t *teller, refresh bool) error {
	if _, err := os.Stat(h.state()); r.cfg.Backend.local() && errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(h.rescued()); errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	if err := r.again(ctx, h, spec); err != nil {
		return err
	}
	s, err := r.open(ctx, h, spec.Round)
	if err != nil {
		return err
	}
	if err := s.bringRescued(ctx, h); err != nil {
		return err
	}
	t.again()
	return s.run(ctx, "destroy", t.hear, func(w io.Writer) error {
		return s.tf.DestroyJSON(ctx, w, tfexec.VarFile(s.vars), tfexec.Refresh(refresh))
	})
}

// again makes the round's folder fit for Terraform where nothing will be made:
// with what the last run was told, as far as that was here, and without the
// programs.
func (r *Runner) again(ctx context.Context, h home, spec round.Spec) error {
	last, _, err := readVariables(h)
	if err != nil {
		return err
	}
	made := r.unmade(spec.Round)
	made.BoxPublicKey = cmp.Or(last.BoxPublicKey, made.BoxPublicKey)
	made.DatabaseSecret = cmp.Or(last.DatabaseSecret, made.DatabaseSecret) // an older bot's run had none
	if err := h.dropPlan(); err != nil {
		return err
	}
	if err := r.variables(h, spec, made).write(h); err != nil {
		return err
	}
	return r.fill(ctx, h, spec, NoPrograms)
}

// Extend writes a round's later end on all that carries it, and keeps it for
// whoever applies the round's folder by hand. Provision takes it from its spec.
func (r *Runner) Extend(ctx context.Context, spec round.Spec) error {
	if err := r.check(spec); err != nil {
		return err
	}
	h := r.dir.home(spec.Round)
	last, there, err := readVariables(h)
	if err != nil {
		return err
	}
	if there {
		last.Expires = expires(spec)
		if err := last.write(h); err != nil {
			return fmt.Errorf("keep the later end of %s: %w", spec.Round, err)
		}
	}
	return r.cfg.Cloud.Extend(ctx, spec)
}

// Ends returns the end of a round that the last run on this machine wrote on the
// stack; zero: none did.
func (r *Runner) Ends(id round.ID) (time.Time, error) {
	last, there, err := readVariables(r.dir.home(id))
	if err != nil || !there {
		return time.Time{}, err
	}
	end, err := time.Parse(time.RFC3339, last.Expires)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the end of %s: %w", id, err)
	}
	return end, nil
}
