package gateway

import (
	"context"
	"regexp"
	"slices"
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
		if name := foreign(c); name != "" && r.caller.round() != "" {
			return nil, notAChoice(name)
		}
	}
	return nil, nil
}

func notAChoice(name string) error {
	return badRequest("ClientException", "In a rehearsal a task is a process of this machine, and %s is not a setting of the shop that a task may choose.", name)
}

// foreign is a variable of a player's container by which its process would leave its
// place: other roles, folders, paths and addresses, and what the loader and the
// runtime read. AWS takes any; there a task has a machine of its own.
func foreign(container any) string {
	for _, e := range append(slices.Clone(items(dig(container, "environment"))), items(dig(container, "secrets"))...) {
		switch name := text(dig(e, "name")); {
		case name == "SHOP_ROLE" && text(dig(e, "value")) == "serve":
		case slices.Contains(shopSettings, name), strings.HasPrefix(name, "SHOP_DATABASE_"), strings.HasPrefix(name, "SHOP_OPERATOR_"):
		default:
			return name
		}
	}
	return ""
}

// shopSettings are the shop's own. How long the payment provider takes is not:
// a shop that would not wait for it needs no more tasks in any rush.
var shopSettings = []string{"SHOP_LISTEN", "SHOP_RELEASE", "SHOP_INVENTORY_URL", "SHOP_SLOTS", "SHOP_QUEUE", "SHOP_SUGGESTIONS", "SHOP_CHECKOUT"}

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
