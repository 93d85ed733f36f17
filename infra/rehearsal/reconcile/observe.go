package reconcile

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// clients talk to moto itself, but for tasks: what moto says of those is not of
// the form that the SDK reads, and the gateway mends it.
type clients struct {
	tasks   *ecs.Client
	ec2     *ec2.Client
	ecs     *ecs.Client
	eks     *eks.Client
	elb     *elb.Client
	rds     *rds.Client
	scaling *scaling.Client
	secrets *secretsmanager.Client
	ssm     *ssm.Client
}

// newClients gives clients that count their calls and try nothing twice: the
// next pass does.
func newClients(cfg, gate aws.Config, calls *atomic.Int64) clients {
	for _, c := range []*aws.Config{&cfg, &gate} {
		c.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
		c.HTTPClient = counter{awshttp.NewBuildableClient().WithTimeout(callTime), calls}
	}
	return clients{
		tasks: ecs.NewFromConfig(gate),
		ec2:   ec2.NewFromConfig(cfg), ecs: ecs.NewFromConfig(cfg), eks: eks.NewFromConfig(cfg), elb: elb.NewFromConfig(cfg), rds: rds.NewFromConfig(cfg),
		scaling: scaling.NewFromConfig(cfg),
		secrets: secretsmanager.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg),
	}
}

// counter counts calls: they are what a pass costs the others.
type counter struct {
	aws.HTTPClient
	calls *atomic.Int64
}

func (c counter) Do(req *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return c.HTTPClient.Do(req)
}

// networks lists the rounds whose network exists, with the networks' ids.
func (c clients) networks(ctx context.Context) (map[round.ID][]string, error) {
	out, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:" + infra.TagProject), Values: []string{infra.Project}},
	}})
	if err != nil {
		return nil, fmt.Errorf("describe networks: %w", err)
	}
	found := map[round.ID][]string{}
	for _, v := range out.Vpcs {
		for _, t := range v.Tags {
			if aws.ToString(t.Key) == infra.TagRound {
				id := round.ID(aws.ToString(t.Value))
				found[id] = append(found[id], aws.ToString(v.VpcId))
			}
		}
	}
	return found, nil
}

// known is what was learnt of a round and cannot change while it exists.
type known struct {
	tasks       map[string]Task // by ARN: what runs is what was asked to run
	definitions map[string]container
	groups      map[string]string // target groups: name -> ARN
	vcpus       map[string]int    // by instance type
	keys        map[string]string // key pairs: name -> public key
}

func newKnown() *known {
	return &known{tasks: map[string]Task{}, definitions: map[string]container{}, groups: map[string]string{}, vcpus: map[string]int{}, keys: map[string]string{}}
}

// look is one reading of a round.
type look struct {
	clients
	names    infra.Names
	networks []string
	known    *known
}

// parts is how each part of a stack is read, and from which service. Each sets
// fields of its own.
func (l look) parts() []struct {
	from string
	see  func(context.Context, *Seen) error
} {
	return []struct {
		from string
		see  func(context.Context, *Seen) error
	}{
		{fromEC2, l.seeGroups}, {fromEC2, l.seeHosts}, {fromAddresses, l.seeRoom}, {fromScaling, l.seeScaling}, {fromRDS, l.seeDatabase}, {fromECS, l.seeServices}, {fromECS, l.seeTasks}, {fromEKS, l.seeNodes},
		{fromELB, l.seeBalancers}, {fromSecrets, l.seeSecrets},
	}
}

// observe reads what there is news about; the rest is as it was. What does not
// exist is simply absent.
func (l look) observe(ctx context.Context, before Seen, about map[string]bool) (Seen, error) {
	seen := before
	seen.Round = l.names.Round
	g, ctx := errgroup.WithContext(ctx)
	if about[fromEC2] || about[fromECS] { // a task takes an address, too
		about = maps.Clone(about)
		about[fromAddresses] = true
	}
	g.SetLimit(4) // moto gets no faster with more
	for _, part := range l.parts() {
		if about[part.from] {
			g.Go(func() error { return part.see(ctx, &seen) })
		}
	}
	return seen, g.Wait()
}

func (l look) ofRound() []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(l.names.Round)}}}
}

func (l look) seeHosts(ctx context.Context, seen *Seen) error {
	out, err := l.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: l.ofRound()})
	if err != nil {
		return fmt.Errorf("describe instances: %w", err)
	}
	seen.Hosts = nil
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			h := Host{ID: aws.ToString(i.InstanceId), State: string(i.State.Name), Address: aws.ToString(i.PrivateIpAddress)}
			for _, t := range i.Tags {
				if aws.ToString(t.Key) == infra.TagRole {
					h.Role = aws.ToString(t.Value)
				}
			}
			for _, g := range i.SecurityGroups {
				h.Groups = append(h.Groups, aws.ToString(g.GroupId))
			}
			if h.State == "terminated" {
				continue
			}
			if h.Role == roleBox {
				if h.Keys, err = l.publicKey(ctx, aws.ToString(i.KeyName)); err != nil {
					return err
				}
			}
			seen.Hosts = append(seen.Hosts, h)
		}
	}
	return l.seeVolumes(ctx, seen)
}

func (l look) seeDatabase(ctx context.Context, seen *Seen) error {
	out, err := l.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &l.names.Database})
	if gone(err) {
		seen.Database = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe the database: %w", err)
	}
	seen.Database = nil
	for _, d := range out.DBInstances {
		if d.Endpoint == nil {
			continue
		}
		db := &Database{
			ID: aws.ToString(d.DBInstanceIdentifier), Status: aws.ToString(d.DBInstanceStatus),
			Host: aws.ToString(d.Endpoint.Address), Port: aws.ToInt32(d.Endpoint.Port),
			Class: aws.ToString(d.DBInstanceClass),
		}
		if db.Settings, err = l.settings(ctx, d.DBParameterGroups); err != nil {
			return err
		}
		for _, g := range d.VpcSecurityGroups {
			db.Groups = append(db.Groups, aws.ToString(g.VpcSecurityGroupId))
		}
		seen.Database = db
	}
	return nil
}

// settings reads what was set in a database's parameter groups.
func (l look) settings(ctx context.Context, groups []rdstypes.DBParameterGroupStatus) (map[string]string, error) {
	set := map[string]string{}
	for _, g := range groups {
		out, err := l.rds.DescribeDBParameters(ctx, &rds.DescribeDBParametersInput{DBParameterGroupName: g.DBParameterGroupName})
		if gone(err) {
			continue // one of RDS's own, in which nobody can set anything
		}
		if err != nil {
			return nil, fmt.Errorf("describe the database's parameters: %w", err)
		}
		for _, p := range out.Parameters {
			set[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
		}
	}
	return set, nil
}

// gone reports whether AWS said that what was asked for does not exist.
func gone(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return strings.Contains(code, "NotFound") || code == "InvalidRequestException" // a secret that is being deleted
}
