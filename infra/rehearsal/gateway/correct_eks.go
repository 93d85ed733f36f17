package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// NodeTruth is what the local nodes really do. Who implements Truth may
// implement it too.
type NodeTruth interface {
	// NodesReady counts a node group's nodes that may carry pods. False means
	// that nothing is known of this group yet.
	NodesReady(cluster, group string) (int, bool)
}

// nodegroup is the part of a node group that is asked of moto.
type nodegroup struct {
	ARN     string `json:"nodegroupArn"`
	Scaling struct {
		Min     int `json:"minSize"`
		Max     int `json:"maxSize"`
		Desired int `json:"desiredSize"`
	} `json:"scalingConfig"`
	Tags map[string]any `json:"tags"`
}

// nodegroup asks moto. Of a cluster or a group that is not there it returns
// AWS's error.
func (u *upstream) nodegroup(ctx context.Context, cluster, group string) (nodegroup, error) {
	var got struct{ Nodegroup nodegroup }
	err := u.rest(ctx, "eks", "/clusters/"+url.PathEscape(cluster)+"/node-groups/"+url.PathEscape(group), &got)
	return got.Nodegroup, err
}

// rest asks one of the REST-JSON services for something.
func (u *upstream) rest(ctx context.Context, service, path string, out any) error {
	body, err := u.ask(ctx, service, http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return fmt.Errorf("%s %s: %w", service, path, err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("read %s %s: %w", service, path, err)
	}
	return nil
}

// restAnswer is a REST-JSON service's answer with status 200.
func restAnswer(body any) *response {
	b := jsonBody(body)
	return &response{status: http.StatusOK, body: b, header: http.Header{
		"Content-Type": {"application/json"}, "Content-Length": {strconv.Itoa(len(b))},
	}}
}

func inUse(format string, args ...any) *apiError {
	return &apiError{http.StatusConflict, "ResourceInUseException", fmt.Sprintf(format, args...)}
}

// requireCluster: AWS says that there is no such cluster; moto crashes in some calls.
func requireCluster(ctx context.Context, g *Gateway, r *request) error {
	_, err := g.clusterVersion(ctx, r.str("name"))
	return err
}

func (g *Gateway) clusterVersion(ctx context.Context, name string) (string, error) {
	var got struct{ Cluster struct{ Version string } }
	err := g.moto.rest(ctx, "eks", "/clusters/"+url.PathEscape(name), &got)
	return got.Cluster.Version, err
}

func listNodegroups(ctx context.Context, g *Gateway, r *request) (*response, error) {
	return nil, requireCluster(ctx, g, r)
}

// updateNodegroupConfig: AWS holds the sizes against each other and takes one
// update at a time; moto takes everything.
func updateNodegroupConfig(ctx context.Context, g *Gateway, r *request) (*response, error) {
	have, err := g.moto.nodegroup(ctx, r.str("name"), r.str("nodegroupName"))
	if err != nil {
		return nil, err
	}
	key := groupKey(r.str("name"), r.str("nodegroupName"))
	if g.nodes.updating(key, g.cfg.Now()) || g.creating(r.str("name"), r.str("nodegroupName"), have.Scaling.Desired) {
		return nil, inUse("Nodegroup cannot be updated as it is currently not in Active State")
	}
	return nil, checkScaling(r, have.Scaling.Min, have.Scaling.Max, have.Scaling.Desired)
}

// checkScaling holds the sizes that a call gives, and those that stay, against
// each other.
func checkScaling(r *request, least, most, desired int) error {
	for name, size := range map[string]*int{"minSize": &least, "maxSize": &most, "desiredSize": &desired} {
		if v := r.str("scalingConfig", name); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return badRequest("InvalidParameterException", "%s must be a whole number, and at least 0.", name)
			}
			*size = n
		}
	}
	switch {
	case most < 1:
		return badRequest("InvalidParameterException", "maxSize must be at least 1.")
	case least > most:
		return badRequest("InvalidParameterException", "Minimum capacity %d can't be greater than maximum capacity %d", least, most)
	case least > desired:
		return badRequest("InvalidParameterException", "Minimum capacity %d can't be greater than desired size %d", least, desired)
	case desired > most:
		return badRequest("InvalidParameterException", "desired capacity %d can't be greater than max size %d", desired, most)
	}
	return nil
}

// updatedNodegroup: the update is under way when the call returns.
func updatedNodegroup(_ context.Context, g *Gateway, r *request, _ *response) (*response, error) {
	u := nodeUpdate{id: uuid(), at: g.cfg.Now(), params: []any{}}
	for _, size := range []string{"minSize", "maxSize", "desiredSize"} {
		if v := r.str("scalingConfig", size); v != "" {
			u.params = append(u.params, map[string]any{"type": strings.ToUpper(size[:1]) + size[1:], "value": v})
		}
	}
	g.nodes.add(groupKey(r.str("name"), r.str("nodegroupName")), u)
	return restAnswer(map[string]any{"update": u.body(g.cfg.Now())}), nil
}

// describeUpdate and listUpdates: moto has neither.
func describeUpdate(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if err := requireCluster(ctx, g, r); err != nil {
		return nil, err
	}
	for _, u := range g.nodes.of(groupKey(r.str("name"), r.url.Query().Get("nodegroupName"))) {
		if u.id == r.str("updateId") {
			return restAnswer(map[string]any{"update": u.body(g.cfg.Now())}), nil
		}
	}
	return nil, &apiError{http.StatusNotFound, "ResourceNotFoundException", "No update found for ID: " + r.str("updateId")}
}

func listUpdates(ctx context.Context, g *Gateway, r *request) (*response, error) {
	if err := requireCluster(ctx, g, r); err != nil {
		return nil, err
	}
	ids := []string{}
	for _, u := range g.nodes.of(groupKey(r.str("name"), r.url.Query().Get("nodegroupName"))) {
		ids = append(ids, u.id)
	}
	return restAnswer(map[string]any{"updateIds": ids}), nil
}

// describeNodegroup: a group is CREATING until its first nodes are ready, and
// UPDATING during an update. moto shows the password of a remote access that
// nobody asked for, and its disk as a text.
func describeNodegroup(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	return edit(resp, func(body map[string]any) error {
		group, ok := body["nodegroup"].(map[string]any)
		if !ok {
			return nil
		}
		g.trueNodegroup(r.str("name"), group)
		return nil
	})
}

func (g *Gateway) trueNodegroup(cluster string, group map[string]any) {
	name := text(group["nodegroupName"])
	desired, _ := strconv.Atoi(text(dig(group, "scalingConfig", "desiredSize")))
	switch {
	case g.creating(cluster, name, desired):
		group["status"] = "CREATING"
	case g.nodes.updating(groupKey(cluster, name), g.cfg.Now()):
		group["status"] = "UPDATING"
	}
	if key := text(dig(group, "remoteAccess", "ec2SshKey")); key == "eksKeypair" { // moto's own word
		delete(group, "remoteAccess")
		if resources, ok := group["resources"].(map[string]any); ok {
			delete(resources, "remoteAccessSecurityGroup")
		}
	}
	tags, ok := group["tags"].(map[string]any)
	if !ok {
		tags = map[string]any{}
	}
	g.nodes.over(text(group["nodegroupArn"]), tags)
	group["tags"] = tags
}

// creating reports whether a new group still waits for its first nodes.
func (g *Gateway) creating(cluster, group string, desired int) bool {
	key := groupKey(cluster, group)
	if !g.nodes.isMaking(key) {
		return false
	}
	if truth, ok := g.what().(NodeTruth); ok {
		if ready, known := truth.NodesReady(cluster, group); !known || ready < desired {
			return true
		}
	}
	g.nodes.made(key, false)
	return false
}
