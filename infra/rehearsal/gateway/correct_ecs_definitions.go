package gateway

import (
	"context"
	"regexp"
	"strings"
)

// ecsName is what ECS takes for a family or a container.
var ecsName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// registerTaskDefinition: AWS refuses names of other characters; moto takes a
// path, and a process is named after its container.
func registerTaskDefinition(_ context.Context, _ *Gateway, r *request) (*response, error) {
	if !ecsName.MatchString(r.str("family")) {
		return nil, badRequest("ClientException", "Family contains invalid characters.")
	}
	for _, c := range items(r.params["containerDefinitions"]) {
		if !ecsName.MatchString(text(dig(c, "name"))) {
			return nil, badRequest("ClientException", "Container.name contains invalid characters.")
		}
	}
	return nil, nil
}

// ownGroup: the groups and the starters of services are ECS's own to give. A
// task that could claim them would count as one of the service's.
func (r *request) ownGroup() error {
	if r.caller.trusted {
		return nil
	}
	if strings.HasPrefix(r.str("group"), "service:") || strings.HasPrefix(r.str("startedBy"), "ecs-svc/") {
		return badRequest("InvalidParameterException", "The namespaces of services are reserved.")
	}
	return nil
}
