package scenarios

import (
	"context"
	"encoding/json"
	"fmt"

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
	"ingress-revoke": {plan: planIngress, inject: revokeIngress, rollback: restoreIngress},
	"instance-panic": {plan: planPanic, inject: panicInstance, rollback: bootAgain},
	"instance-stop":  {plan: planStop, inject: stopInstance, rollback: startAgain},
}

// Faults applies the table to a stack. It implements round.Faults.
type Faults struct{ aws aws.Config }

// NewFaults returns the faults, acting with the bot's own AWS credentials.
func NewFaults(cfg aws.Config) *Faults { return &Faults{cfg} }

// Plan implements round.Faults.
func (f *Faults) Plan(ctx context.Context, t round.Target, fault round.Fault) (round.Plan, error) {
	k, err := kindOf(fault)
	if err != nil {
		return round.Plan{}, err
	}
	return k.plan(ctx, f.aws, t, fault.Params)
}

// Inject implements round.Faults.
func (f *Faults) Inject(ctx context.Context, t round.Target, fault round.Fault, receipt json.RawMessage) error {
	k, err := kindOf(fault)
	if err != nil {
		return err
	}
	return k.inject(ctx, f.aws, t, receipt)
}

// Rollback implements round.Faults.
func (f *Faults) Rollback(ctx context.Context, t round.Target, fault round.Fault, receipt json.RawMessage) error {
	k, err := kindOf(fault)
	if err != nil {
		return err
	}
	return k.rollback(ctx, f.aws, t, receipt)
}

func kindOf(f round.Fault) (kind, error) {
	k, ok := kinds[f.Kind]
	if !ok {
		return kind{}, fmt.Errorf("fault kind %q is not in the table", f.Kind)
	}
	return k, nil
}
