// Package runner makes and removes a round's stack on AWS with Terraform.
//
// It knows Terraform: where its binary, its states and its locks are, what its
// stream of events says, and how it is stopped. It does not know what the stack
// consists of (infra/terraform does), which plans are allowed, what they cost,
// or how an image is built: its Config brings that.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// Config is everything that a Runner needs from outside. Only what says so is
// optional.
type Config struct {
	Log     *slog.Logger
	Now     func() time.Time
	Dir     string   // of the states, of Terraform itself and of what it keeps; nobody else writes there
	Environ []string // of this process; Terraform sees the few settings in it that are for it

	Region   string
	Endpoint string // of every service of AWS; empty: AWS itself
	Backend  Backend
	Stack    Stack
	Cloud    Cloud
	Pages    fs.FS // of the shop

	Unpack   func(dir string) (root string, err error) // infra.Unpack
	Programs func(ctx context.Context, dir string) error
	Gate     func(ctx context.Context, plan *tfjson.Plan) ([]Finding, error)
	Cost     func(plan *tfjson.Plan) (round.Cost, error)

	// Image pushes the shop's image of the release into the repository of that
	// name, which exists. An image that is there already is no error.
	Image func(ctx context.Context, repository, release string) error

	LetGo    time.Duration // how long an interrupted Terraform may take to end; 0: ten minutes
	LookTime time.Duration // how long a look may take; 0: a minute and a half
	Web      *http.Client  // to HCP Terraform; nil: one with a timeout
}

// Stack is what the rounds' stacks have in common: Terraform's inputs. Zero
// values leave Terraform's defaults.
type Stack struct {
	Release        string // of the shop
	Access         []string
	PlayerEmail    string
	AdminEmail     string
	Budget         int // USD
	MonitoringType string
	Bastion        bool
}

// Cloud is what is done beside Terraform by calls to AWS. *infra.Maker does it.
type Cloud interface {
	Prepare(ctx context.Context, spec round.Spec) (infra.Prepared, error)
	Complete(ctx context.Context, spec round.Spec, database, operatorSecret string) error
	Await(ctx context.Context, spec round.Spec, said round.Outputs, say func(what string)) (round.Outputs, error)
	Extend(ctx context.Context, spec round.Spec) error
	Destroy(ctx context.Context, spec round.Spec, progress func(round.Progress)) (round.Destroyed, error)
}

var _ Cloud = (*infra.Maker)(nil)

// Finding is one rule that a plan breaks.
type Finding struct {
	Rule     string // its id
	Says     string // its sentence
	Resource string // Terraform's address
}

// Runner makes and removes stacks. It implements round.Stacks. What it knows
// between calls is in its folder and in the backend.
type Runner struct {
	cfg   Config
	dir   folder
	times *times
	tool  *tool
}

var _ round.Stacks = (*Runner)(nil)

// New returns a Runner. It removes what a look left that died with its bot, and
// touches nothing else yet.
func New(cfg Config) (*Runner, error) {
	switch {
	case cfg.Log == nil || cfg.Now == nil || cfg.Dir == "" || cfg.Cloud == nil || cfg.Pages == nil:
		return nil, errors.New("the runner needs a log, a clock, a folder, AWS and the shop's pages")
	case cfg.Unpack == nil || cfg.Programs == nil || cfg.Gate == nil || cfg.Cost == nil || cfg.Image == nil:
		return nil, errors.New("the runner needs a configuration, programs, a gate, a cost and an image")
	case cfg.Region == "" || cfg.Stack.Release == "":
		return nil, errors.New("the runner needs a region and the shop's release")
	}
	if err := cfg.Backend.Check(); err != nil {
		return nil, fmt.Errorf("the state's backend: %w", err)
	}
	if cfg.LetGo == 0 {
		cfg.LetGo = 10 * time.Minute
	}
	if cfg.LookTime == 0 {
		cfg.LookTime = lookTime
	}
	if cfg.Web == nil {
		cfg.Web = &http.Client{Timeout: 10 * time.Second}
	}
	dir, err := folderAt(cfg.Dir)
	if err != nil {
		return nil, err
	}
	if err := dir.forgetLook(); err != nil {
		cfg.Log.Warn("what an earlier look left is still there", "error", err)
	}
	env := environment(cfg.Environ, cfg.Region, cfg.Endpoint, dir.plugins())
	return &Runner{cfg: cfg, dir: dir, times: &times{path: dir.times()}, tool: &tool{dir: dir, env: env, log: cfg.Log}}, nil
}

// check refuses what no stack of Terraform's can be.
func (r *Runner) check(spec round.Spec) error {
	switch {
	case spec.Round.Number() == 0:
		return fmt.Errorf("%q is not a round", spec.Round)
	case spec.Stage != infra.StageClassic:
		return round.Refuse("stage", "A stack on AWS has the stage %s; %s is for rehearsals so far.", infra.StageClassic, spec.Stage)
	}
	return nil
}
