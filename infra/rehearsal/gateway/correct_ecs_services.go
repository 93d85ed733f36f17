package gateway

import (
	"context"
	"time"
)

// updateService: AWS stores the revision's ARN, whatever way it was named, and
// refuses one that was deregistered. moto stores the text.
func updateService(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, g.mendService(ctx, r)
}

// createService does as updateService does.
func createService(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, g.mendService(ctx, r)
}

func (g *Gateway) mendService(ctx context.Context, r *request) error {
	if err := g.defaultGroup(ctx, r); err != nil {
		return err
	}
	if err := g.resolveRevision(ctx, r); err != nil {
		return err
	}
	return r.setJSON(r.params)
}

func (g *Gateway) resolveRevision(ctx context.Context, r *request) error {
	name := r.str("taskDefinition")
	if name == "" {
		return nil
	}
	d, err := g.moto.taskDefinition(ctx, name)
	switch {
	case err != nil:
		return nil // moto says that there is none
	case d.Status == "INACTIVE":
		return badRequest("ClientException", "TaskDefinition is inactive")
	}
	r.params["taskDefinition"] = d.ARN
	return nil
}

// updatedService shows the truth in the answer to the update too.
func updatedService(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		g.overlay(body["service"])
		return nil
	})
}

// describeServices: counts, deployments and events are those of the tasks that
// really run; moto makes the numbers up and never changes a deployment.
func describeServices(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		for _, s := range items(body["services"]) {
			g.overlay(s)
		}
		return nil
	})
}

// overlay writes what is known of a service over moto's view of it.
func (g *Gateway) overlay(service any) {
	s, ok := service.(map[string]any)
	truth := g.what()
	if !ok || truth == nil {
		return
	}
	view, ok := truth.ServiceView(last(text(s["clusterArn"]), "/"), text(s["serviceName"]))
	if !ok {
		return
	}
	s["runningCount"], s["pendingCount"] = view.Running, view.Pending
	deployments, events := []any{}, []any{}
	for _, d := range view.Deployments {
		deployments = append(deployments, deploymentOf(d, s))
	}
	for _, e := range view.Events {
		events = append(events, map[string]any{"id": e.ID, "createdAt": seconds(e.At), "message": e.Message})
	}
	s["deployments"], s["events"] = deployments, events
}

func deploymentOf(d Deployment, service map[string]any) map[string]any {
	out := map[string]any{
		"id": d.ID, "status": d.Status, "taskDefinition": d.TaskDefinition,
		"desiredCount": d.Desired, "pendingCount": d.Pending, "runningCount": d.Running, "failedTasks": d.Failed,
		"createdAt": seconds(d.CreatedAt), "updatedAt": seconds(d.UpdatedAt),
		"rolloutState": d.Rollout, "rolloutStateReason": d.RolloutReason, "launchType": "FARGATE",
	}
	if launch := text(service["launchType"]); launch != "" {
		out["launchType"] = launch
	}
	if net, ok := service["networkConfiguration"]; ok {
		out["networkConfiguration"] = net
	}
	if d.RolloutReason == "" {
		out["rolloutStateReason"] = "ECS deployment " + d.ID + " " + rolloutWords[d.Rollout]
	}
	return out
}

var rolloutWords = map[string]string{
	"IN_PROGRESS": "in progress.", "COMPLETED": "completed.", "FAILED": "failed.",
}

// seconds is how the JSON protocol writes a time.
func seconds(t time.Time) float64 {
	return float64(t.UnixMilli()) / 1000
}
