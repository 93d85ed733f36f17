package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// makePlan plans into the round's plan file and reads it. The file holds values
// in clear text, sensitive ones too; whoever began the run drops it.
func (s *session) makePlan(ctx context.Context, how ...tfexec.PlanOption) (*tfjson.Plan, error) {
	how = append(how, tfexec.VarFile(s.vars), tfexec.Out(s.plan))
	err := s.run(ctx, "plan", ignore, func(w io.Writer) error {
		_, err := s.tf.PlanJSON(ctx, w, how...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(s.plan, 0o600); err != nil {
		return nil, fmt.Errorf("hide the plan: %w", err)
	}
	var plan *tfjson.Plan
	err = s.run(ctx, "show", ignore, func(io.Writer) (err error) {
		plan, err = s.tf.ShowPlanFile(ctx, s.plan)
		return err
	})
	return plan, err
}

// dropPlan removes the plan file.
func (h home) dropPlan() error {
	if err := os.Remove(h.plan()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the plan, which holds secrets: %w", err)
	}
	return nil
}

// judge refuses a plan that breaks a rule. All findings are in the log; the
// refusal tells the first of them and how many there are.
func (r *Runner) judge(ctx context.Context, id round.ID, plan *tfjson.Plan) error {
	findings, err := r.findings(ctx, id, plan)
	if err != nil || len(findings) == 0 {
		return err
	}
	first, more := findings[0], ""
	if n := len(findings) - 1; n > 0 {
		more = fmt.Sprintf(" %d more findings are in the bot's log.", n)
	}
	return round.Refuse(first.Rule, "The plan of %s breaks the rule `%s`: %s (`%s`). Nothing was changed.%s",
		id, first.Rule, strings.TrimSuffix(first.Says, "."), first.Resource, more)
}

func (r *Runner) findings(ctx context.Context, id round.ID, plan *tfjson.Plan) ([]Finding, error) {
	findings, err := r.cfg.Gate(ctx, plan)
	if err != nil {
		return nil, fmt.Errorf("check the plan of %s: %w", id, err)
	}
	for _, f := range findings {
		r.cfg.Log.WarnContext(ctx, "the plan breaks a rule", "round", id, "rule", f.Rule, "says", f.Says, "resource", f.Resource)
	}
	return findings, nil
}

// price is what the planned stack costs. That it is not known is no reason to
// make none: the gate knows the ceiling.
func (r *Runner) price(ctx context.Context, id round.ID, plan *tfjson.Plan) round.Cost {
	cost, err := r.cfg.Cost(plan)
	if err != nil {
		r.cfg.Log.WarnContext(ctx, "the plan's cost is not known", "round", id, "error", err)
		return round.Cost{Says: "The list of prices lacks something that the stack has."}
	}
	return cost
}

// fresh reports whether the plan makes a whole stack: only then does the time
// that it takes say anything about the next.
func fresh(plan *tfjson.Plan) bool {
	return before(plan) == 0
}

// before is how many things of the stack were there.
func before(plan *tfjson.Plan) int {
	if plan.PriorState == nil || plan.PriorState.Values == nil {
		return 0
	}
	return len(managed(plan.PriorState.Values.RootModule))
}

func managed(m *tfjson.StateModule) (all []*tfjson.StateResource) {
	if m == nil {
		return nil
	}
	for _, r := range m.Resources {
		if r.Mode == tfjson.ManagedResourceMode {
			all = append(all, r)
		}
	}
	for _, child := range m.ChildModules {
		all = append(all, managed(child)...)
	}
	return all
}

// repositoryComes reports whether the plan makes the image's repository; else it
// is there.
func repositoryComes(plan *tfjson.Plan) bool {
	for _, c := range plan.ResourceChanges {
		if c.Type == repositoryType && c.Change != nil && (c.Change.Actions.Create() || c.Change.Actions.Replace()) {
			return true
		}
	}
	return false
}

// outputs is what the bot takes of what Terraform says of a made stack.
type outputs struct {
	round.Outputs
	database       string
	operatorSecret string // where a secret is
}

func (s *session) outputs(ctx context.Context) (outputs, error) {
	var said map[string]tfexec.OutputMeta
	err := s.run(ctx, "output", ignore, func(io.Writer) (err error) {
		said, err = s.tf.Output(ctx)
		return err
	})
	if err != nil {
		return outputs{}, err
	}
	var o outputs
	for name, to := range map[string]*string{
		"region": &o.Region, "shop": &o.Shop, "prometheus": &o.Prometheus, "alertmanager": &o.Alertmanager,
		"graphs": &o.Graphs, "logs": &o.Logs, "runbooks": &o.Runbooks,
		"queue": &o.Queue, "database": &o.database, "operator_secret": &o.operatorSecret,
	} {
		if err := read(said[name].Value, to); err != nil {
			return outputs{}, fmt.Errorf("the stack of %s does not say its %s", s.round, name)
		}
	}
	return o, nil
}

// repository is the name of the round's repository for the shop's image.
func repository(id round.ID) string { return infra.NamesOf(id).Repository }
