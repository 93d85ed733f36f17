package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
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
	elb     *elb.Client
	rds     *rds.Client
	secrets *secretsmanager.Client
	ssm     *ssm.Client
}

func newClients(cfg, gate aws.Config) clients {
	return clients{
		tasks: ecs.NewFromConfig(gate),
		ec2:   ec2.NewFromConfig(cfg), ecs: ecs.NewFromConfig(cfg), elb: elb.NewFromConfig(cfg), rds: rds.NewFromConfig(cfg),
		secrets: secretsmanager.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg),
	}
}

// rounds lists the rounds whose network exists.
func (c clients) rounds(ctx context.Context) ([]round.ID, error) {
	out, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:" + infra.TagProject), Values: []string{infra.Project}},
	}})
	if err != nil {
		return nil, fmt.Errorf("describe networks: %w", err)
	}
	var ids []round.ID
	for _, v := range out.Vpcs {
		for _, t := range v.Tags {
			if aws.ToString(t.Key) == infra.TagRound {
				ids = append(ids, round.ID(aws.ToString(t.Value)))
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// observe reads everything of one round. What does not exist is simply absent.
func (c clients) observe(ctx context.Context, n infra.Names) (Seen, error) {
	seen := Seen{Round: n.Round, Groups: map[string]Group{}, Written: map[string]bool{}}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4) // moto gets no faster with more
	for _, part := range []func(context.Context, infra.Names, *Seen) error{
		c.seeGroups, c.seeHosts, c.seeDatabase, c.seeServices, c.seeTasks, c.seeBalancer, c.seeSecrets, c.seeWritten,
	} {
		g.Go(func() error { return part(ctx, n, &seen) })
	}
	return seen, g.Wait()
}

func ofRound(n infra.Names) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(n.Round)}}}
}

func (c clients) seeHosts(ctx context.Context, n infra.Names, seen *Seen) error {
	out, err := c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: ofRound(n)})
	if err != nil {
		return fmt.Errorf("describe instances: %w", err)
	}
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
			if h.State != "terminated" {
				seen.Hosts = append(seen.Hosts, h)
			}
		}
	}
	return nil
}

func (c clients) seeDatabase(ctx context.Context, n infra.Names, seen *Seen) error {
	out, err := c.rds.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &n.Database})
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe the database: %w", err)
	}
	for _, d := range out.DBInstances {
		if d.Endpoint == nil {
			continue
		}
		db := &Database{
			ID: aws.ToString(d.DBInstanceIdentifier), Status: aws.ToString(d.DBInstanceStatus),
			Host: aws.ToString(d.Endpoint.Address), Port: aws.ToInt32(d.Endpoint.Port),
		}
		for _, g := range d.VpcSecurityGroups {
			db.Groups = append(db.Groups, aws.ToString(g.VpcSecurityGroupId))
		}
		seen.Database = db
	}
	return nil
}

func (c clients) seeBalancer(ctx context.Context, n infra.Names, seen *Seen) error {
	out, err := c.elb.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{n.Balancer}})
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("describe the balancer: %w", err)
	}
	if len(out.LoadBalancers) == 0 {
		return nil
	}
	lb := out.LoadBalancers[0]
	b := &Balancer{ARN: aws.ToString(lb.LoadBalancerArn), Host: aws.ToString(lb.DNSName), Groups: lb.SecurityGroups}
	groups, err := c.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{n.TargetGroup}})
	if err != nil && !gone(err) {
		return fmt.Errorf("describe the target group: %w", err)
	}
	if err == nil && len(groups.TargetGroups) > 0 {
		b.TargetGroup = aws.ToString(groups.TargetGroups[0].TargetGroupArn)
		health, err := c.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &b.TargetGroup})
		if err != nil && !gone(err) {
			return fmt.Errorf("describe the targets: %w", err)
		}
		if err == nil {
			for _, t := range health.TargetHealthDescriptions {
				seen.Targets = append(seen.Targets, aws.ToString(t.Target.Id))
			}
		}
	}
	seen.Balancer = b
	return nil
}

func (c clients) seeSecrets(ctx context.Context, n infra.Names, seen *Seen) error {
	var login infra.DatabaseSecret
	found, err := c.secret(ctx, n.DatabaseSecret, &login)
	if err != nil {
		return err
	}
	if found {
		seen.Login = &login
	}
	var hook infra.WebhookSecret
	if found, err = c.secret(ctx, n.WebhookSecret, &hook); err != nil {
		return err
	}
	if found {
		seen.Webhook = &hook
	}
	return nil
}

func (c clients) secret(ctx context.Context, id string, into any) (found bool, err error) {
	out, err := c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &id})
	if gone(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read a secret: %w", err)
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), into); err != nil {
		return false, errors.New("read a secret: it is not the JSON that it should be")
	}
	return true, nil
}

func (c clients) seeWritten(ctx context.Context, n infra.Names, seen *Seen) error {
	pages := ssm.NewGetParametersByPathPaginator(c.ssm, &ssm.GetParametersByPathInput{Path: &n.Parameters, Recursive: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("read the parameters: %w", err)
		}
		for _, p := range page.Parameters {
			name := aws.ToString(p.Name)
			seen.Written[name[strings.LastIndex(name, "/")+1:]] = true
		}
	}
	return nil
}

// gone reports whether AWS said that what was asked for does not exist.
func gone(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := api.ErrorCode()
	return strings.Contains(code, "NotFound") || code == "DBInstanceNotFoundFault" || code == "ClusterNotFoundException" ||
		code == "InvalidRequestException" // a secret that is being deleted
}
