package gateway

import (
	"context"
	"strings"
)

// listTasks: AWS lists the tasks of the service that is asked for, and only
// running ones unless others are asked for. moto lists the whole cluster's,
// stopped ones too.
func listTasks(ctx context.Context, g *Gateway, r *request) (*response, error) {
	params := r.params
	if r.str("desiredStatus") == "" {
		params["desiredStatus"] = "RUNNING"
	}
	service := last(r.str("serviceName"), "/")
	if service == "" {
		return nil, r.setJSON(params)
	}
	cluster := clusterARN(r, r.str("cluster"))
	if err := g.requireService(ctx, cluster, service); err != nil {
		return nil, err
	}
	in := map[string]any{"cluster": cluster, "desiredStatus": params["desiredStatus"]}
	for _, name := range []string{"family", "startedBy", "launchType"} {
		if v, ok := params[name]; ok {
			in[name] = v
		}
	}
	names, err := g.moto.listTasks(ctx, in)
	if err != nil {
		return nil, err
	}
	tasks, err := g.moto.tasks(ctx, cluster, names)
	if err != nil {
		return nil, err
	}
	mine := []string{}
	for _, t := range tasks {
		if t.Group == "service:"+service {
			mine = append(mine, t.ARN)
		}
	}
	return answer(r, map[string]any{"taskArns": mine}), nil
}

// listTasks asks page after page.
func (u *upstream) listTasks(ctx context.Context, in map[string]any) ([]string, error) {
	var names []string
	for {
		var page struct {
			TaskARNs  []string `json:"taskArns"`
			NextToken string   `json:"nextToken"`
		}
		if err := u.json(ctx, "ecs", "ListTasks", in, &page); err != nil {
			return nil, err
		}
		names = append(names, page.TaskARNs...)
		if page.NextToken == "" {
			return names, nil
		}
		in["nextToken"] = page.NextToken
	}
}

func (g *Gateway) requireService(ctx context.Context, cluster, service string) error {
	var got struct {
		Services []struct{ ServiceName string }
	}
	in := map[string]any{"cluster": cluster, "services": []string{service}}
	if err := g.moto.json(ctx, "ecs", "DescribeServices", in, &got); err != nil {
		return err
	}
	if len(got.Services) == 0 {
		return badRequest("ServiceNotFoundException", "Service not found.")
	}
	return nil
}

// stopTask: AWS says that there is no such task; moto crashes.
func stopTask(ctx context.Context, g *Gateway, r *request) (*response, error) {
	cluster, name := clusterARN(r, r.str("cluster")), r.str("task")
	tasks, err := g.moto.tasks(ctx, cluster, []string{name})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if last(t.ARN, "/") == last(name, "/") && strings.Contains(t.ARN, "/"+last(cluster, "/")+"/") {
			return nil, nil
		}
	}
	return nil, badRequest("InvalidParameterException", "The referenced task was not found.")
}

// runTask: moto has no container instances, so a task without a launch type
// crashes it. The stack is Fargate, which is what the caller means. A revision
// that was deregistered does not run on AWS.
func runTask(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if err := r.ownGroup(); err != nil {
		return nil, err
	}
	for _, c := range items(dig(r.params, "overrides", "containerOverrides")) {
		if name := foreign(c); name != "" && r.caller.round() != "" {
			return nil, notAChoice(name)
		}
	}
	d, err := g.moto.taskDefinition(ctx, r.str("taskDefinition"))
	if err != nil {
		return nil, nil // moto says what is wrong with it
	}
	if d.Status == "INACTIVE" {
		return nil, badRequest("InvalidParameterException", "TaskDefinition is inactive")
	}
	if r.str("launchType") == "" {
		delete(r.params, "capacityProviderStrategy")
		r.params["launchType"] = "FARGATE"
	}
	if err := g.defaultGroup(ctx, r); err != nil {
		return nil, err
	}
	return g.placeTasks(ctx, r)
}
