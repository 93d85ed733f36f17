package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
)

// gated puts the gateway before moto, whose tasks the SDK cannot read.
func (n *network) gated() *gateway.Gateway {
	n.Helper()
	up, err := url.Parse(*n.cfg.BaseEndpoint)
	if err != nil {
		n.Fatal(err)
	}
	g, err := gateway.New(gateway.Config{Upstream: up, Account: "123456789012", Region: n.cfg.Region, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		n.Fatal(err)
	}
	g.Trust(gateway.Key{ID: "AKIAROOTROOTROOTROOT", Secret: "root", ARN: "arn:aws:iam::123456789012:root"})
	server := httptest.NewServer(g)
	n.Cleanup(func() {
		server.Close()
		_ = g.Close(context.WithoutCancel(n.Context()))
	})
	n.cfg.BaseEndpoint = &server.URL
	n.cfg.Credentials = credentials.NewStaticCredentialsProvider("AKIAROOTROOTROOTROOT", "root", "")
	return g
}

// definition registers a revision of a family of R1, with the tag of a round.
func (n *network) definition(family, container, id string) {
	n.Helper()
	_, err := ecs.NewFromConfig(n.cfg).RegisterTaskDefinition(n.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: &family, RequiresCompatibilities: []ecstypes.Compatibility{ecstypes.CompatibilityFargate}, NetworkMode: ecstypes.NetworkModeAwsvpc,
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: &container, Image: aws.String("shop"), Memory: aws.Int32(128)}},
		Tags:                 []ecstypes.Tag{{Key: aws.String(infra.TagRound), Value: &id}, {Key: aws.String(infra.TagRole), Value: aws.String(infra.RoleTasks)}},
	})
	if err != nil {
		n.Fatal(err)
	}
}

func newCluster(t *testing.T) (n *network, api *ecs.Client, cluster string) {
	t.Helper()
	n = newNetwork(t)
	n.gated()
	api, cluster = ecs.NewFromConfig(n.cfg), infra.NamesOf("R1").Cluster
	if _, err := api.CreateCluster(n.Context(), &ecs.CreateClusterInput{ClusterName: &cluster}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.api.ModifyVpcAttribute(n.Context(), &ec2.ModifyVpcAttributeInput{VpcId: &n.vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}}); err != nil {
		t.Fatal(err)
	}
	for role, cidr := range map[string]string{infra.SubnetTasksA: "10.0.1.0/24", infra.SubnetTasksB: "10.0.2.0/24", infra.SubnetPublicA: "10.0.3.0/24"} {
		_, err := n.api.CreateSubnet(n.Context(), &ec2.CreateSubnetInput{VpcId: &n.vpc, CidrBlock: &cidr,
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSubnet, Tags: []types.Tag{
				{Key: aws.String(infra.TagRound), Value: aws.String("R1")}, {Key: aws.String(infra.TagRole), Value: &role},
			}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	n.group(infra.NamesOf("R1").Group(infra.RoleVisitors), infra.RoleVisitors)
	return n, api, cluster
}

func TestTaskRun(t *testing.T) {
	n, api, cluster := newCluster(t)
	ctx, target, f := t.Context(), round.Target{Round: "R1"}, NewFaults(n.cfg)
	running := func() []ecstypes.Task {
		t.Helper()
		out, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster})
		if err != nil || len(out.TaskArns) == 0 {
			return nil
		}
		tasks, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: out.TaskArns, Include: []ecstypes.TaskField{ecstypes.TaskFieldTags}})
		if err != nil {
			t.Fatal(err)
		}
		return tasks.Tasks
	}
	for _, tt := range []struct {
		name, task, subnets, group string
		params                     map[string]string
		count                      int
	}{
		{"a job", infra.JobFigures, "10.0.1.0/24 10.0.2.0/24", infra.RoleTasks, nil, 1},
		{"visitors beside the service's", infra.ServiceVisitors, "10.0.3.0/24", infra.RoleVisitors,
			map[string]string{"count": "2", "env.SHOP_VISITORS_RATE": "35", "env.SHOP_VISITORS_ROUTES": "order"}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			family := infra.NamesOf("R1").Family(tt.task)
			n.definition(family, tt.task, "R1")
			// A task of the service's own is not what the plan looks for.
			_, err := api.RunTask(ctx, &ecs.RunTaskInput{Cluster: &cluster, TaskDefinition: &family, Group: aws.String("service:" + tt.task), StartedBy: aws.String("ecs-svc/1"),
				NetworkConfiguration: &ecstypes.NetworkConfiguration{AwsvpcConfiguration: &ecstypes.AwsVpcConfiguration{Subnets: n.subnets("10.0.3.0/24"), SecurityGroups: []string{n.from}}}})
			if err != nil {
				t.Fatal(err)
			}
			before := len(running())
			fault := round.Fault{Kind: "task-run", Params: map[string]string{"task": tt.task}}
			for k, v := range tt.params {
				fault.Params[k] = v
			}
			plan, err := f.Plan(ctx, target, fault)
			if err != nil {
				t.Fatal(err)
			}
			if len(running()) != before {
				t.Error("the plan ran a task")
			}
			var receipt taskReceipt
			if err := json.Unmarshal(plan.Receipt, &receipt); err != nil || len(receipt.Mark) > 36 {
				t.Fatalf("the receipt %s: %v", plan.Receipt, err)
			}
			for range 2 {
				if err := f.Inject(ctx, target, fault, plan.Receipt); err != nil {
					t.Fatal(err)
				}
			}
			if got := len(running()) - before; got != tt.count {
				t.Fatalf("%d tasks run, want %d", got, tt.count)
			}
			for _, task := range running() {
				if aws.ToString(task.StartedBy) == receipt.Mark {
					n.checkOneOff(task, tt.params, n.subnets(strings.Fields(tt.subnets)...))
				}
			}
			if receipt.Group == "" || len(receipt.Subnets) != len(strings.Fields(tt.subnets)) {
				t.Errorf("the receipt is %+v", receipt)
			}
			if _, err := f.Plan(ctx, target, fault); !refused(err, "already-runs") {
				t.Errorf("a second plan says %v", err)
			}
			for range 2 {
				if err := f.Rollback(ctx, target, fault, plan.Receipt); err != nil {
					t.Fatal(err)
				}
			}
			if got := len(running()); got != before {
				t.Errorf("%d tasks run after the rollback, want %d", got, before)
			}
		})
	}
	t.Run("another round's definition", func(t *testing.T) {
		n.definition(infra.NamesOf("R1").Family(infra.JobMailer), infra.JobMailer, "R2")
		_, err := f.Plan(ctx, target, round.Fault{Kind: "task-run", Params: map[string]string{"task": infra.JobMailer}})
		if err == nil || !strings.Contains(err.Error(), "tag of R1") {
			t.Errorf("the plan says %v", err)
		}
	})
	for name, params := range map[string]map[string]string{
		"no such job":       {"task": "nothing"},
		"a count of none":   {"task": infra.JobFigures, "count": "0"},
		"another parameter": {"task": infra.JobFigures, "rate": "1"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.Plan(ctx, target, round.Fault{Kind: "task-run", Params: params}); err == nil {
				t.Error("the plan says nothing")
			}
		})
	}
}

func refused(err error, rule string) bool {
	var r *round.Refusal
	return errors.As(err, &r) && r.Rule == rule
}

// subnets gives the ids of the subnets with these ranges.
func (n *network) subnets(ranges ...string) (ids []string) {
	n.Helper()
	out, err := n.api.DescribeSubnets(n.Context(), &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: aws.String("cidr-block"), Values: ranges}, {Name: aws.String("vpc-id"), Values: []string{n.vpc}}}})
	if err != nil {
		n.Fatal(err)
	}
	for _, s := range out.Subnets {
		ids = append(ids, aws.ToString(s.SubnetId))
	}
	return ids
}

// checkOneOff looks at a task that the fault has run.
func (n *network) checkOneOff(task ecstypes.Task, params map[string]string, subnets []string) {
	n.Helper()
	tags := map[string]string{}
	for _, t := range task.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if tags[infra.TagRound] != "R1" || tags[infra.TagRole] == "" {
		n.Errorf("the task's tags are %v", tags)
	}
	env := map[string]string{}
	for _, c := range task.Overrides.ContainerOverrides {
		for _, e := range c.Environment {
			env["env."+aws.ToString(e.Name)] = aws.ToString(e.Value)
		}
	}
	for k, v := range params {
		if k != "count" && env[k] != v {
			n.Errorf("%s is %q, want %q", k, env[k], v)
		}
	}
	for _, d := range task.Attachments[0].Details {
		if aws.ToString(d.Name) == "subnetId" && !slices.Contains(subnets, aws.ToString(d.Value)) {
			n.Errorf("it stands in %s, want one of %q", aws.ToString(d.Value), subnets)
		}
	}
}
