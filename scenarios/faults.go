package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/chaotic-good/scenarios/bot/round"
)

// kind is one way to break a stack. plan reads and touches nothing; inject and
// rollback may be called again and then change nothing.
type kind struct {
	plan     func(context.Context, aws.Config, round.Target, map[string]string) (round.Plan, error)
	inject   func(context.Context, aws.Config, round.Target, json.RawMessage) error
	rollback func(context.Context, aws.Config, round.Target, json.RawMessage) error
}

// kinds is the fault table.
var kinds = map[string]kind{
	"box-setting":    {plan: planCommand, inject: changeSetting, rollback: settingBack},
	"deploy":         {plan: planDeploy, inject: deploy, rollback: undeploy},
	"ingress-revoke": {plan: planIngress, inject: revokeIngress, rollback: restoreIngress},
	"instance-panic": {plan: planPanic, inject: panicInstance, rollback: bootAgain},
	"instance-stop":  {plan: planStop, inject: stopInstance, rollback: startAgain},
	"interface-leak": {plan: planLeak, inject: leak, rollback: unleak},
	"task-run":       {plan: planTask, inject: runTasks, rollback: stopTasks},
}

// Faults applies the table to a stack. It implements round.Faults.
type Faults struct {
	aws   aws.Config
	kinds map[string]kind
}

// NewFaults returns the faults, acting with the bot's own AWS credentials.
func NewFaults(cfg aws.Config) *Faults { return &Faults{cfg, kinds} }

// Plan implements round.Faults. A fault of several parts has one receipt with
// those of all.
func (f *Faults) Plan(ctx context.Context, t round.Target, fault round.Fault) (round.Plan, error) {
	parts, err := partsOf(f.kinds, fault)
	if err != nil {
		return round.Plan{}, err
	}
	var plans []round.Plan
	for _, p := range parts {
		for _, name := range p.built {
			if err := asBuilt[name](ctx, f.aws, t.Round); err != nil {
				return round.Plan{}, err
			}
		}
		plan, err := p.kind.plan(ctx, f.aws, t, p.params)
		if err != nil {
			return round.Plan{}, err
		}
		plans = append(plans, plan)
	}
	return joinPlans(plans)
}

// Inject implements round.Faults.
func (f *Faults) Inject(ctx context.Context, t round.Target, fault round.Fault, receipt json.RawMessage) error {
	parts, receipts, err := open(f.kinds, fault, receipt)
	if err != nil {
		return err
	}
	for i, p := range parts {
		if err := p.kind.inject(ctx, f.aws, t, receipts[i]); err != nil {
			return err
		}
	}
	return nil
}

// Rollback implements round.Faults. It undoes the last part first, and goes on
// when one fails: what can be undone is.
func (f *Faults) Rollback(ctx context.Context, t round.Target, fault round.Fault, receipt json.RawMessage) error {
	parts, receipts, err := open(f.kinds, fault, receipt)
	if err != nil {
		return err
	}
	var failed []error
	for i, p := range slices.Backward(parts) {
		failed = append(failed, p.kind.rollback(ctx, f.aws, t, receipts[i]))
	}
	return errors.Join(failed...)
}
