package infra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/bot/round"
)

// scoutTime bounds all that a Scout asks: an admin waits for the answer, and what
// does not come is said to be unknown.
const scoutTime = 10 * time.Second

// ScoutConfig is what a Scout needs beside AWS.
type ScoutConfig struct {
	Log      *slog.Logger
	Accounts []string // in which a stack may be made; none: any, with a warning

	MonitoringType string // of the monitoring's host; empty: a large one
	Bastion        bool   // whether there is a host for SSH
}

// Scout looks at the AWS account before a stack is made in it: whose it is, what
// the bot may do there and how much its quotas leave. It implements round.Scout,
// makes nothing, and asks some twenty things at once.
type Scout struct {
	cfg     ScoutConfig
	region  string
	clients clients
	quotas  *servicequotas.Client
}

var _ round.Scout = (*Scout)(nil)

// NewScout returns a Scout that asks with the rights of cfg.
func NewScout(cfg aws.Config, sc ScoutConfig) (*Scout, error) {
	if sc.Log == nil || cfg.Region == "" {
		return nil, errors.New("a scout needs a log and a region")
	}
	cfg = cfg.Copy()
	cfg.Retryer = func() aws.Retryer { return retry.NewStandard(onlyThrottled(3)) }
	return &Scout{cfg: sc, region: cfg.Region, clients: newClients(cfg), quotas: servicequotas.NewFromConfig(cfg)}, nil
}

// Look asks AWS.
func (s *Scout) Look(ctx context.Context, spec round.Spec, _ round.Person) (round.Preflight, error) {
	ctx, cancel := context.WithTimeout(ctx, scoutTime)
	defer cancel()
	who, err := s.clients.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "AWS does not say who the bot is", "error", err)
		return round.Preflight{Checks: []round.Check{{Name: "account", State: round.CheckFails,
			Says: "AWS does not say whose it is, because it does not know the bot's keys or cannot be reached. Give the bot an instance role, a profile or keys that work."}}}, nil
	}
	account, arn := aws.ToString(who.Account), aws.ToString(who.Arn)
	checks := make([]round.Check, 4)
	checks[0] = s.account(account)
	var asking sync.WaitGroup
	asking.Go(func() { checks[1] = s.zones(ctx) })
	asking.Go(func() { checks[2] = s.rights(ctx, spec, account, arn) })
	asking.Go(func() { checks[3] = s.room(ctx, s.quotasOf(spec.Stage)) })
	asking.Wait()
	return round.Preflight{Checks: checks}, nil
}

// account holds the account to the list of those that are allowed.
func (s *Scout) account(id string) round.Check {
	c := round.Check{Name: "account", State: round.CheckOK, Says: fmt.Sprintf("%s is one of those that are allowed.", id)}
	switch {
	case len(s.cfg.Accounts) == 0:
		c.State, c.Says = round.CheckWarns, fmt.Sprintf("It would be made in %s. No list says which are allowed: `aws.accounts` in the bot's configuration.", id)
	case !slices.Contains(s.cfg.Accounts, id):
		c.State, c.Says = round.CheckFails, fmt.Sprintf("%s is not one of those that are allowed. Give the bot another account's keys, or add this one to `aws.accounts`.", id)
	}
	return c
}

// zones looks whether the region has the zones that the stack stands in.
func (s *Scout) zones(ctx context.Context) round.Check {
	c := round.Check{Name: "region"}
	out, err := s.clients.ec2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{})
	if err != nil {
		return s.unknown(ctx, c, fmt.Sprintf("Whether %s can be used is not known", s.region), err)
	}
	var lacks, has []string
	for _, sub := range Subnets() {
		name := s.region + sub.Zone
		if slices.Contains(has, sub.Zone) || slices.Contains(lacks, sub.Zone) {
			continue
		}
		there := false
		for _, z := range out.AvailabilityZones {
			there = there || aws.ToString(z.ZoneName) == name && z.State == "available"
		}
		if there {
			has = append(has, sub.Zone)
		} else {
			lacks = append(lacks, sub.Zone)
		}
	}
	if len(lacks) > 0 {
		c.State, c.Says = round.CheckFails, fmt.Sprintf("%s has no zone %s, in which parts of the stack stand. Choose another one: `aws.region`.", s.region, strings.Join(lacks, " and "))
		return c
	}
	c.State, c.Says = round.CheckOK, fmt.Sprintf("%s, in the zones %s.", s.region, strings.Join(has, " and "))
	return c
}

// unknown is a check that AWS did not answer. The error itself is the operator's.
func (s *Scout) unknown(ctx context.Context, c round.Check, what string, err error) round.Check {
	s.cfg.Log.WarnContext(ctx, "a check has no answer", "check", c.Name, "error", err)
	why := "AWS did not answer"
	switch {
	case refusedByAWS(err):
		why = "the bot may not ask; `infra/iam/bot*.json` are the rights that it needs"
	case ctx.Err() != nil:
		why = "AWS did not answer in time"
	}
	c.State, c.Says = round.CheckWarns, what+": "+why+"."
	return c
}

// refusedByAWS reports whether AWS says that the caller may not ask this, which
// services spell in several ways.
func refusedByAWS(err error) bool {
	return hasCode(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException", "AuthorizationError")
}

// OnThisMachine reports whether an endpoint of AWS is on this machine: what is
// made there costs nobody anything, and reaches what only this machine does.
func OnThisMachine(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && loopback(u.Hostname())
}
