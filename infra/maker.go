package infra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/round"
)

// MakerConfig is what a Maker needs beside AWS.
type MakerConfig struct {
	Pace  Pace
	Log   *slog.Logger
	Image string        // of the shop's container; its tag is the shop's release
	Wait  time.Duration // for the stack to answer once it is made; 0: Pace.Ready
	Boot  time.Duration // for the monitoring to answer once the shop does; 0: ten minutes
	Doors *Doors        // into the rounds' monitoring; nil: of its own
}

// Maker makes and removes stacks with the SDK's calls. It implements
// round.Stacks and remembers nothing between calls: what exists is asked of
// AWS each time.
type Maker struct {
	cfg     MakerConfig
	clients clients
	region  string
	near    bool // what it makes is on this machine
	web     *http.Client
}

var _ round.Stacks = (*Maker)(nil)

// NewMaker returns a Maker that works with the rights of cfg.
func NewMaker(cfg aws.Config, mc MakerConfig) (*Maker, error) {
	switch {
	case mc.Log == nil:
		return nil, errors.New("the maker needs a log")
	case ReleaseOf(mc.Image) == "":
		return nil, errors.New("the maker needs the shop's image, with a tag")
	case mc.Pace.Poll <= 0 || mc.Pace.Ready <= 0 || mc.Pace.Gone <= 0:
		return nil, errors.New("the maker needs a pace")
	case cfg.Region == "":
		return nil, errors.New("the maker needs a region")
	}
	if mc.Wait == 0 {
		mc.Wait = mc.Pace.Ready
	}
	if mc.Boot == 0 {
		mc.Boot = 10 * time.Minute
	}
	if mc.Doors == nil {
		mc.Doors = NewDoors(cfg)
	}
	return &Maker{cfg: mc, clients: newClients(cfg), region: cfg.Region, near: OnThisMachine(aws.ToString(cfg.BaseEndpoint)), web: &http.Client{Timeout: 3 * time.Second}}, nil
}

var _ round.Scout = (*Maker)(nil)

// Look says what this maker knows before it makes anything: that it keeps no
// state, and what a stack costs where that is nothing. It has no list of prices.
func (m *Maker) Look(context.Context, round.Spec, round.Person) (round.Preflight, error) {
	f := round.Preflight{Checks: []round.Check{{Name: "state", State: round.CheckOK, Says: "None is kept: what there is of a stack is asked of AWS each time."}}}
	if m.near {
		f.Cost = round.Cost{Known: true, Says: "It runs on this machine."}
	}
	return f, nil
}

// stack is the working set of one call: what the steps tell each other. Each
// field is written by one step, and read by steps that need that one.
type stack struct {
	clients
	names   Names
	spec    round.Spec
	cfg     MakerConfig
	web     *http.Client
	region  string
	account string
	near    bool // only addresses of this machine are waited for

	vpc            string            // network
	subnets        map[string]string // network: role -> id
	groups         map[string]string // groups: role -> id
	role           string            // role: ARN
	databaseSecret string            // secrets: ARN
	operatorSecret string            // secrets: ARN
	login          DatabaseSecret    // secrets: the shop's
	operator       DatabaseSecret    // secrets: RDS's master user
	databaseHost   string            // database
	targetGroup    string            // balancer: ARN
	boxTargetGroup string            // balancer: ARN
	balancerHost   string            // balancer
	inventoryHost  string            // balancer: of the box
	outputs        round.Outputs     // answers; Queue: audit
	queue          string            // audit: URL

	networks []string // while removing: every VPC of the round
}

func (m *Maker) stack(ctx context.Context, spec round.Spec) (*stack, error) {
	if spec.Round.Number() == 0 {
		return nil, fmt.Errorf("%q is not a round", spec.Round)
	}
	who, err := m.clients.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, fmt.Errorf("ask AWS who we are: %w", err)
	}
	return &stack{
		clients: m.clients,
		names:   NamesOf(spec.Round),
		spec:    spec,
		cfg:     m.cfg,
		web:     m.web,
		region:  m.region,
		account: aws.ToString(who.Account),
	}, nil
}

// Provision makes what is missing of the stack, and returns once the shop
// answers.
func (m *Maker) Provision(ctx context.Context, spec round.Spec, progress func(round.Progress)) (round.Outputs, error) {
	s, err := m.stack(ctx, spec)
	if err != nil {
		return round.Outputs{}, err
	}
	all := stepsOf(spec.Stage)
	total := 0
	for _, st := range all {
		total += st.parts
	}
	var mu sync.Mutex
	done := 0
	err = makeAll(ctx, s, all, func(st step) {
		mu.Lock()
		defer mu.Unlock()
		done += st.parts
		progress(round.Progress{Phase: st.name, Done: done, Total: total})
	})
	if err != nil {
		return round.Outputs{}, err
	}
	return s.outputs, nil
}

// Destroy removes everything of the round that AWS knows: by tag, by name and
// by network. It looks, removes and looks again until nothing is found or the
// pace's time is over. What is then left is an error as well as a number, and so
// is a service in which it could not look; the others are cleared all the same.
func (m *Maker) Destroy(ctx context.Context, spec round.Spec, progress func(round.Progress)) (round.Destroyed, error) {
	s, err := m.stack(ctx, spec)
	if err != nil {
		return round.Destroyed{}, err
	}
	return s.clear(ctx, stepsOf(spec.Stage), progress)
}

// clear is Destroy for some of the steps.
func (s *stack) clear(ctx context.Context, all []step, progress func(round.Progress)) (round.Destroyed, error) {
	var (
		mu      sync.Mutex
		seen    = map[string]bool{} // by kind and id
		dropped = map[string]bool{}
		reasons = map[string]error{} // why a thing could not be removed, by kind
	)
	drop := func(what, id string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			// Most often something still holds it; the next look decides.
			reasons[what] = err
			s.cfg.Log.Debug("could not remove yet", "round", s.names.Round, "what", what, "id", id, "error", err)
			return
		}
		dropped[what+" "+id] = true
		progress(round.Progress{Phase: what, Done: len(dropped), Total: len(seen)})
	}
	deadline := time.Now().Add(s.cfg.Pace.Gone)
	for pause := s.cfg.Pace.Poll; ; pause = min(2*pause, 10*time.Second) {
		found, blind := look(ctx, s, all)
		if found == nil || ctx.Err() != nil {
			return round.Destroyed{}, errors.Join(ctx.Err(), blind)
		}
		first := len(seen) == 0
		for what, ids := range found {
			for _, id := range ids {
				seen[what+" "+id] = true
			}
		}
		left := found.count()
		gone := round.Destroyed{Removed: len(seen) - left, Left: left, What: found.say()}
		switch {
		case left == 0:
			return gone, blind
		case first:
		case time.Now().After(deadline):
			return gone, errors.Join(leftError(s.cfg.Pace.Gone, found, reasons), blind)
		default: // AWS needs a moment
			if err := sleep(ctx, pause); err != nil {
				return gone, err
			}
		}
		if err := dropAll(ctx, s, all, found, drop); err != nil {
			return gone, err
		}
	}
}

// leftError says what is left, and for each kind why.
func leftError(after time.Duration, found survey, reasons map[string]error) error {
	why := []error{fmt.Errorf("remove the stack: left after %s: %s", after, strings.Join(found.say(), ", "))}
	for what := range found {
		if err := reasons[what]; err != nil && len(found[what]) > 0 {
			why = append(why, fmt.Errorf("remove %s: %w", what, err))
		}
	}
	return errors.Join(why...)
}

// until asks again and again until ok, at the stack's pace and within d.
func (s *stack) until(ctx context.Context, d time.Duration, what string, ok func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, fmt.Errorf("waited %s for %s", d, what))
	defer cancel()
	for {
		yes, err := ok(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if yes {
			return nil
		}
		if err := sleep(ctx, s.cfg.Pace.Poll); err != nil {
			return context.Cause(ctx)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
