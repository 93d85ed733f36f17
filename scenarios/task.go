package scenarios

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// taskReceipt says what is run. Mark is the tasks' startedBy: what carries it is
// ours, and nothing else is.
type taskReceipt struct {
	Mark       string            `json:"mark"`
	Definition string            `json:"definition"` // ARN of the revision
	Container  string            `json:"container"`
	Count      int               `json:"count"`
	Env        map[string]string `json:"env,omitempty"` // beside the definition's, or instead of it
	Subnets    []string          `json:"subnets"`
	Group      string            `json:"group"`
	Tags       map[string]string `json:"tags"`
}

// planTask finds where one-off tasks of params["task"] would run. That none runs
// already is a part of it: a second one might change nothing.
func planTask(ctx context.Context, cfg aws.Config, t round.Target, params map[string]string) (round.Plan, error) {
	receipt, err := taskParams(params)
	if err != nil {
		return round.Plan{}, err
	}
	job, ok := infra.OneOff(params["task"])
	if !ok {
		return round.Plan{}, fmt.Errorf("run a task: %q is neither a job nor a service of a stack", params["task"])
	}
	receipt.Container = job.Name
	api, names := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round)
	if receipt.Definition, receipt.Tags, err = leashedDefinition(ctx, api, t.Round, names.Family(job.Name)); err != nil {
		return round.Plan{}, err
	}
	runs, err := oneOffs(ctx, api, names.Cluster, names.Family(job.Name))
	if err != nil {
		return round.Plan{}, err
	}
	if len(runs) > 0 {
		return round.Plan{}, round.Refuse("already-runs", "A one-off task of %s already runs in %s. Stop it first.", job.Name, t.Round)
	}
	network := ec2.NewFromConfig(cfg)
	if receipt.Group, err = groupOf(ctx, network, t.Round, job.Group); err != nil {
		return round.Plan{}, err
	}
	if receipt.Subnets, err = subnetsOf(ctx, network, t.Round, job.Subnets); err != nil {
		return round.Plan{}, err
	}
	raw, err := json.Marshal(receipt)
	if err != nil {
		return round.Plan{}, fmt.Errorf("write the receipt: %w", err)
	}
	tasks := "1 one-off task"
	if receipt.Count > 1 {
		tasks = strconv.Itoa(receipt.Count) + " one-off tasks"
	}
	return round.Plan{Receipt: raw, Blast: fmt.Sprintf("%s of %s started in %s, beside its services; nothing that exists is changed.", tasks, job.Name, t.Round),
		Targets: []string{path.Base(receipt.Definition)}}, nil
}

// taskParams reads how many tasks, with which environment.
func taskParams(params map[string]string) (r taskReceipt, err error) {
	r = taskReceipt{Mark: "run-" + strings.ToLower(rand.Text()), Count: 1, Env: map[string]string{}}
	for name, value := range params {
		variable, isEnv := strings.CutPrefix(name, "env.")
		switch {
		case name == "task":
		case name == "count":
			if r.Count, err = strconv.Atoi(value); err != nil || r.Count < 1 || r.Count > 10 { // as many as one call starts
				return r, fmt.Errorf("run a task: count %q is not a number from 1 to 10", value)
			}
		case isEnv && variable != "":
			r.Env[variable] = value
		default:
			return r, fmt.Errorf("run a task: there is no parameter %q", name)
		}
	}
	return r, nil
}

// leashedDefinition finds the newest revision of a family, or the revision of
// that ARN, and its tags. The tag of the round is the leash.
func leashedDefinition(ctx context.Context, api *ecs.Client, id round.ID, name string) (arn string, tags map[string]string, err error) {
	out, err := api.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
		TaskDefinition: &name, Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	if err != nil {
		return "", nil, fmt.Errorf("look at the task definition %s: %w", name, err)
	}
	tags = map[string]string{}
	for _, t := range out.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if tags[infra.TagRound] != string(id) {
		return "", nil, fmt.Errorf("run a task of %s: it does not carry the tag of %s", name, id)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), tags, nil
}

// oneOffs lists the running tasks of a family that no service keeps.
func oneOffs(ctx context.Context, api *ecs.Client, cluster, family string) (arns []string, err error) {
	listed, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, Family: &family, DesiredStatus: types.DesiredStatusRunning})
	if err != nil {
		return nil, fmt.Errorf("list the tasks of %s: %w", family, err)
	}
	if len(listed.TaskArns) == 0 {
		return nil, nil
	}
	out, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: &cluster, Tasks: listed.TaskArns})
	if err != nil {
		return nil, fmt.Errorf("describe the tasks of %s: %w", family, err)
	}
	for _, t := range out.Tasks {
		if !strings.HasPrefix(aws.ToString(t.Group), "service:") {
			arns = append(arns, aws.ToString(t.TaskArn))
		}
	}
	return arns, nil
}

// subnetsOf finds the round's subnets with these roles.
func subnetsOf(ctx context.Context, api *ec2.Client, id round.ID, roles []string) (ids []string, err error) {
	out, err := api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:" + infra.TagRound), Values: []string{string(id)}},
		{Name: aws.String("tag:" + infra.TagRole), Values: roles},
	}})
	if err != nil {
		return nil, fmt.Errorf("find the subnets %q of %s: %w", roles, id, err)
	}
	for _, s := range out.Subnets {
		ids = append(ids, aws.ToString(s.SubnetId))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("find the subnets %q of %s: there is none", roles, id)
	}
	slices.Sort(ids)
	return ids, nil
}

// runTasks starts what does not run yet. The client token makes AWS start one
// batch once, however often it hears of it.
func runTasks(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readTask(raw)
	if err != nil {
		return err
	}
	api, cluster := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round).Cluster
	if _, _, err := leashedDefinition(ctx, api, t.Round, receipt.Definition); err != nil {
		return err
	}
	have, err := marked(ctx, api, cluster, receipt.Mark)
	if err != nil || len(have) >= receipt.Count {
		return err
	}
	out, err := api.RunTask(ctx, receipt.input(cluster, len(have)))
	if err != nil {
		return fmt.Errorf("run %s: %w", receipt.Container, err)
	}
	var failed []error
	for _, f := range out.Failures {
		failed = append(failed, fmt.Errorf("run %s: %s %s", receipt.Container, aws.ToString(f.Reason), aws.ToString(f.Detail)))
	}
	return errors.Join(failed...)
}

// input is the call that starts the tasks of a receipt of which have run already.
func (r taskReceipt) input(cluster string, have int) *ecs.RunTaskInput {
	var tags []types.Tag
	for _, k := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, types.Tag{Key: aws.String(k), Value: aws.String(r.Tags[k])})
	}
	in := &ecs.RunTaskInput{
		Cluster: &cluster, TaskDefinition: &r.Definition, Count: aws.Int32(int32(r.Count - have)), LaunchType: types.LaunchTypeFargate,
		StartedBy: &r.Mark, ClientToken: aws.String(r.Mark + "-" + strconv.Itoa(have)), Tags: tags,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: r.Subnets, SecurityGroups: []string{r.Group}, AssignPublicIp: types.AssignPublicIpEnabled,
		}},
	}
	if len(r.Env) == 0 {
		return in
	}
	over := types.ContainerOverride{Name: &r.Container}
	for _, k := range slices.Sorted(maps.Keys(r.Env)) {
		over.Environment = append(over.Environment, types.KeyValuePair{Name: aws.String(k), Value: aws.String(r.Env[k])})
	}
	in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{over}}
	return in
}

// stopTasks stops what carries the mark, and nothing else of the family.
func stopTasks(ctx context.Context, cfg aws.Config, t round.Target, raw json.RawMessage) error {
	receipt, err := readTask(raw)
	if err != nil {
		return err
	}
	api, cluster := ecs.NewFromConfig(cfg), infra.NamesOf(t.Round).Cluster
	have, err := marked(ctx, api, cluster, receipt.Mark)
	if coded(err, "ClusterNotFoundException") {
		return nil
	}
	if err != nil {
		return err
	}
	for _, arn := range have {
		_, err := api.StopTask(ctx, &ecs.StopTaskInput{Cluster: &cluster, Task: &arn, Reason: aws.String("The run is over.")})
		if err != nil && !coded(err, "InvalidParameterException") { // which here says that there is none any more
			return fmt.Errorf("stop %s: %w", receipt.Container, err)
		}
	}
	return nil
}

// marked lists the running tasks that carry the mark. AWS takes no other filter
// beside this one.
func marked(ctx context.Context, api *ecs.Client, cluster, mark string) ([]string, error) {
	out, err := api.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &cluster, StartedBy: &mark})
	if err != nil {
		return nil, fmt.Errorf("list the tasks that %s started: %w", mark, err)
	}
	return out.TaskArns, nil
}

func readTask(raw json.RawMessage) (r taskReceipt, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("read the receipt: %w", err)
	}
	if r.Mark == "" || r.Definition == "" {
		return r, errors.New("read the receipt: it names no task")
	}
	return r, nil
}
