package gateway

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// instance is what the gateway wants to know of an EC2 instance.
type instance struct {
	ID    string `xml:"instanceId"`
	State string `xml:"instanceState>name"`
	IP    string `xml:"privateIpAddress"`
	Name  string `xml:"privateDnsName"`
	Type  string `xml:"instanceType"`

	Launched time.Time `xml:"launchTime"`
}

// instances asks EC2, with filters as EC2 writes them.
func (u *upstream) instances(ctx context.Context, form url.Values) ([]instance, error) {
	var got struct {
		List []instance `xml:"reservationSet>item>instancesSet>item"`
	}
	err := u.query(ctx, "ec2", "DescribeInstances", form, &got)
	return got.List, err
}

// states is the state of each of the instances that exist.
func (u *upstream) states(ctx context.Context, ids []string) (map[string]string, error) {
	form := url.Values{}
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = id
	}
	setFilter(form, 1, "instance-id", values)
	list, err := u.instances(ctx, form)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, i := range list {
		out[i.ID] = i.State
	}
	return out, nil
}

func setFilter(form url.Values, n int, name string, values []any) {
	prefix := "Filter." + strconv.Itoa(n) + "."
	form.Set(prefix+"Name", name)
	for i, v := range values {
		form.Set(prefix+"Value."+strconv.Itoa(i+1), text(v))
	}
}

// taskDefinition is one revision of a family.
type taskDefinition struct {
	ARN    string `json:"taskDefinitionArn"`
	Status string `json:"status"`

	Role      string `json:"taskRoleArn"`
	Execution string `json:"executionRoleArn"`
}

// taskDefinition finds a revision by ARN, family:revision, or family.
func (u *upstream) taskDefinition(ctx context.Context, name string) (taskDefinition, error) {
	var got struct{ TaskDefinition taskDefinition }
	err := u.json(ctx, "ecs", "DescribeTaskDefinition", map[string]string{"taskDefinition": name}, &got)
	return got.TaskDefinition, err
}

// task is what the gateway wants to know of an ECS task.
type task struct {
	ARN         string `json:"taskArn"`
	Group       string `json:"group"`
	Desired     string `json:"desiredStatus"`
	Attachments []struct {
		Details []struct{ Name, Value string }
	} `json:"attachments"`
}

// nic is the task's network interface.
func (t task) nic() string {
	for _, a := range t.Attachments {
		for _, d := range a.Details {
			if d.Name == "networkInterfaceId" {
				return d.Value
			}
		}
	}
	return ""
}

// tasks describes tasks of a cluster, a hundred at a time as ECS allows.
func (u *upstream) tasks(ctx context.Context, cluster string, names []string) ([]task, error) {
	var out []task
	for len(names) > 0 {
		n := min(len(names), 100)
		var got struct{ Tasks []task }
		in := map[string]any{"cluster": cluster, "tasks": names[:n]}
		if err := u.json(ctx, "ecs", "DescribeTasks", in, &got); err != nil {
			return nil, err
		}
		out = append(out, got.Tasks...)
		names = names[n:]
	}
	return out, nil
}
