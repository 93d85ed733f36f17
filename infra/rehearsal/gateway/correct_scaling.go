package gateway

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Scaling is one time that a scaling policy changed a service's desired count.
type Scaling struct {
	At      time.Time
	Desired int
}

// describeScalingActivities: AWS tells what a policy did and whether the
// service could follow; moto does not know the call.
func describeScalingActivities(_ context.Context, g *Gateway, r *request) (*response, error) {
	activities := []any{}
	resource := r.str("ResourceId")
	part := strings.Split(resource, "/")
	truth := g.what()
	if len(part) != 3 || part[0] != "service" || truth == nil {
		return answer(r, map[string]any{"ScalingActivities": activities}), nil
	}
	view, _ := truth.ServiceView(part[1], part[2])
	for i := len(view.Scalings) - 1; i >= 0; i-- { // the newest first
		s := view.Scalings[i]
		status, said := "Successful", "Change successfully fulfilled by ecs."
		if i == len(view.Scalings)-1 && view.Running < s.Desired {
			status, said = "InProgress", "Waiting for change to be fulfilled by ecs."
		}
		activities = append(activities, map[string]any{
			"ActivityId":       fmt.Sprintf("%08x-0000-4000-8000-%012x", i, s.At.UnixMilli()),
			"ServiceNamespace": "ecs", "ResourceId": resource, "ScalableDimension": "ecs:service:DesiredCount",
			"Description":   fmt.Sprintf("Setting desired count to %d.", s.Desired),
			"Cause":         fmt.Sprintf("monitor alarm TargetTracking-%s in state ALARM triggered policy %s-%s", resource, part[1], part[2]),
			"StartTime":     seconds(s.At),
			"StatusCode":    status,
			"StatusMessage": fmt.Sprintf("Successfully set desired count to %d. %s", s.Desired, said),
		})
	}
	return answer(r, map[string]any{"ScalingActivities": activities}), nil
}
