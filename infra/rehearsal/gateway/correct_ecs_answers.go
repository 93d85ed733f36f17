package gateway

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// describeTasks: AWS reports a task that it does not know as MISSING; moto
// says nothing, and takes a part of an id for the whole.
func describeTasks(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		g.mendTasks(body)
		found := map[string]bool{}
		for _, t := range items(body["tasks"]) {
			found[last(text(dig(t, "taskArn")), "/")] = true
		}
		failures := items(body["failures"])
		for _, name := range r.list("tasks") {
			if !found[last(name, "/")] {
				arn := name
				if !strings.HasPrefix(name, "arn:") {
					arn = r.arn("ecs", "task/"+last(clusterARN(r, r.str("cluster")), "/")+"/"+name)
				}
				failures = append(failures, map[string]any{"arn": arn, "reason": "MISSING"})
			}
		}
		if failures == nil {
			failures = []any{}
		}
		body["failures"] = failures
		return nil
	})
}

// mendedTasks is for the calls that only answer with tasks.
func mendedTasks(_ context.Context, g *Gateway, _ *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		g.mendTasks(body)
		return nil
	})
}

// mendTasks: a container's cpu and memory are texts on AWS, numbers in moto
// (on which the Go SDK fails), and its state there is its task's: it has no
// exit code while it runs, and its process's own afterwards. A task that has
// stopped says why in a code too, and each says when it was made, began and
// stopped, of which moto knows nothing.
func (g *Gateway) mendTasks(body map[string]any) {
	for _, t := range append(items(body["tasks"]), items(body["task"])...) {
		state := text(dig(t, "lastStatus"))
		for _, c := range items(dig(t, "containers")) {
			container, ok := c.(map[string]any)
			if !ok {
				continue
			}
			for _, name := range []string{"cpu", "memory", "memoryReservation"} {
				if n, ok := container[name].(json.Number); ok {
					container[name] = n.String()
				}
			}
			container["lastStatus"] = state
			delete(container, "exitCode")
			if truth := g.what(); state == "STOPPED" && truth != nil {
				if code, ended := truth.ExitCode(text(dig(t, "taskArn"))); ended {
					container["exitCode"] = code
				}
			}
		}
		m, ok := t.(map[string]any)
		if !ok {
			continue
		}
		g.timeTask(m, state)
		if state == "STOPPED" {
			m["stopCode"] = stopCode(text(dig(t, "stoppedReason")), text(dig(t, "group")))
		}
	}
}

// timeTask writes when a task was made, began and stopped. It was made when the
// gateway heard of it first, or when its process began, if that is earlier.
func (g *Gateway) timeTask(task map[string]any, state string) {
	arn := text(task["taskArn"])
	first, _ := g.heard.LoadOrStore(arn, g.cfg.Now())
	made := first.(time.Time)
	var started, stopped time.Time
	if truth, ok := g.what().(TaskTruth); ok {
		started, stopped = truth.TaskTimes(arn)
	}
	if !started.IsZero() {
		if started.Before(made) {
			made = started
		}
		task["startedAt"] = seconds(started)
	}
	task["createdAt"] = seconds(made)
	if state == "STOPPED" && !stopped.IsZero() {
		task["stoppedAt"] = seconds(stopped)
	}
}

// stopCode is ECS's word for a reason to stop.
func stopCode(reason, group string) string {
	switch {
	case strings.HasPrefix(reason, "Essential container"):
		return "EssentialContainerExited"
	case strings.HasPrefix(reason, "CannotPullContainerError"):
		return "TaskFailedToStart"
	case strings.HasPrefix(group, "service:") && strings.HasPrefix(reason, "Scaling activity"):
		return "ServiceSchedulerInitiated"
	}
	return "UserInitiated"
}
