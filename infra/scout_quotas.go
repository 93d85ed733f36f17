package infra

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/chaotic-good/scenarios/bot/round"
)

// quota is one limit of the account that a stack comes up against.
type quota struct {
	name, service, code string
	needs               float64
	used                func(context.Context, clients) (float64, error) // nil: AWS does not say how much of it is in use
}

// What a stack takes of quotas that are counted in virtual CPUs.
const (
	taskCPU = 0.25 // of a task, as in tasks/*.json
	hostCPU = 2    // of a t3 or t3a, micro to large: the box, the monitoring's host, the bastion, a node
	wideCPU = 4    // of an xlarge one, which the monitoring's host can be
)

// quotasOf are those that a new account is short of first.
func (s *Scout) quotasOf(stage string) []quota {
	l := readLayout()
	tasks, cpus := float64(l.Scaling.AtMost), 2.0*hostCPU
	if stage == StageEKS {
		tasks, cpus = 0, cpus+NodesAtMost*hostCPU
	}
	if s.cfg.Bastion {
		cpus += hostCPU
	}
	if strings.HasSuffix(s.cfg.MonitoringType, ".xlarge") {
		cpus += wideCPU - hostCPU
	}
	for _, svc := range l.Services {
		if svc.Guest {
			tasks += float64(svc.Desired)
		}
	}
	tasks += float64(len(l.Jobs))
	return []quota{
		{"VPCs", "vpc", "L-F678F1CE", 1, countVPCs},
		{"elastic addresses", "ec2", "L-0263D0A3", 1, countAddresses},
		{"databases", "rds", "L-7B6409FD", 1, countDatabases},
		{"virtual CPUs of instances", "ec2", "L-1216C47A", cpus, countCPUs},
		{"virtual CPUs of Fargate", "fargate", "L-3032A538", taskCPU * tasks, nil},
	}
}

// room looks whether the quotas leave what the stage needs.
func (s *Scout) room(ctx context.Context, all []quota) round.Check {
	c := round.Check{Name: "quotas"}
	says := make([]string, len(all)) // of each that is short or has room
	state := make([]error, len(all))
	var asking sync.WaitGroup
	for i, q := range all {
		asking.Go(func() { says[i], state[i] = s.left(ctx, q) })
	}
	asking.Wait()
	var short, room, dark []string
	var failed error
	for i, q := range all {
		switch {
		case state[i] == errShort:
			short = append(short, says[i])
		case state[i] != nil:
			dark, failed = append(dark, q.name), state[i]
		default:
			room = append(room, says[i])
		}
	}
	switch {
	case len(short) > 0:
		c.State, c.Says = round.CheckFails, fmt.Sprintf("There is no room for this stage: %s. Remove what nobody uses, or ask AWS for more (Service Quotas).", strings.Join(short, "; "))
	case len(dark) > 0:
		return s.unknown(ctx, c, "Whether there is room for "+strings.Join(dark, ", ")+" is not known", failed)
	default:
		c.State, c.Says = round.CheckOK, "There is room: "+strings.Join(room, "; ")+"."
	}
	return c
}

// errShort says that a quota does not leave enough.
var errShort = errors.New("the quota is used up")

// left says what a quota leaves.
func (s *Scout) left(ctx context.Context, q quota) (says string, err error) {
	limit, err := s.limit(ctx, q)
	if err != nil {
		return "", fmt.Errorf("ask for the quota of %s: %w", q.name, err)
	}
	used := 0.0
	says = fmt.Sprintf("%s %s of %s, not counting what runs already", q.name, plain(q.needs), plain(limit))
	if q.used != nil {
		if used, err = q.used(ctx, s.clients); err != nil {
			return "", fmt.Errorf("count %s: %w", q.name, err)
		}
		says = fmt.Sprintf("%s %s, with %s of %s in use", q.name, plain(q.needs), plain(used), plain(limit))
	}
	if used+q.needs > limit {
		return says, errShort
	}
	return says, nil
}

// limit is what the account may have: AWS's default, where it has no value of its
// own.
func (s *Scout) limit(ctx context.Context, q quota) (float64, error) {
	var have *types.ServiceQuota
	own, err := s.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &q.service, QuotaCode: &q.code})
	switch {
	case err == nil:
		have = own.Quota
	case hasCode(err, "NoSuchResourceException"):
		usual, err := s.quotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &q.service, QuotaCode: &q.code})
		if err != nil {
			return 0, err
		}
		have = usual.Quota
	default:
		return 0, err
	}
	if have == nil || have.Value == nil {
		return 0, errors.New("no value came")
	}
	return *have.Value, nil
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func countVPCs(ctx context.Context, c clients) (n float64, err error) {
	pages := ec2.NewDescribeVpcsPaginator(c.ec2, &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += float64(len(out.Vpcs))
	}
	return n, nil
}

func countAddresses(ctx context.Context, c clients) (float64, error) {
	out, err := c.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return 0, err
	}
	return float64(len(out.Addresses)), nil
}

func countDatabases(ctx context.Context, c clients) (n float64, err error) {
	pages := rds.NewDescribeDBInstancesPaginator(c.rds, &rds.DescribeDBInstancesInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		n += float64(len(out.DBInstances))
	}
	return n, nil
}

// countCPUs counts those of all instances that run. Some, such as spot ones, do
// not count for AWS: here they do, to be on the safe side.
func countCPUs(ctx context.Context, c clients) (n float64, err error) {
	pages := ec2.NewDescribeInstancesPaginator(c.ec2, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{{
		Name: aws.String("instance-state-name"), Values: []string{"pending", "running"},
	}}})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		for _, r := range out.Reservations {
			for _, i := range r.Instances {
				if o := i.CpuOptions; o != nil {
					n += float64(aws.ToInt32(o.CoreCount) * aws.ToInt32(o.ThreadsPerCore))
				}
			}
		}
	}
	return n, nil
}
