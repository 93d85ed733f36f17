package gateway

import (
	"context"
	"errors"
	"net/url"
	"strings"
)

// kubernetesVersion is what a cluster gets that names none: on AWS the newest
// there is, in moto one that AWS has long given up.
const kubernetesVersion = "1.34"

func createCluster(_ context.Context, _ *Gateway, r *request) (*response, error) {
	if r.params["version"] == nil {
		r.params["version"] = kubernetesVersion
	}
	return nil, r.setJSON(r.params)
}

// createNodegroup: AWS checks sizes, types and subnets, and has other defaults
// than moto. A group without nodes of its type would never carry anything.
func createNodegroup(ctx context.Context, g *Gateway, r *request) (*response, error) {
	version, err := g.clusterVersion(ctx, r.str("name"))
	if err != nil {
		return nil, err
	}
	given := r.params
	if given["scalingConfig"] == nil {
		given["scalingConfig"] = map[string]any{}
	}
	sizes, ok := given["scalingConfig"].(map[string]any)
	if !ok {
		return nil, badRequest("InvalidParameterException", "scalingConfig is not an object.")
	}
	if err := checkScaling(r, 1, 2, 2); err != nil {
		return nil, err
	}
	types := r.list("instanceTypes")
	if len(types) == 0 {
		types = []string{"t3.medium"}
	}
	if err := g.requireTypes(ctx, types); err != nil {
		return nil, err
	}
	if err := g.requireSubnets(ctx, r); err != nil {
		return nil, err
	}
	for name, size := range map[string]any{"minSize": 1, "maxSize": 2, "desiredSize": 2} {
		if sizes[name] == nil {
			sizes[name] = size
		}
	}
	given["instanceTypes"] = types
	for name, value := range map[string]any{"version": version, "releaseVersion": version + ".1-20261101", "diskSize": 20, "amiType": "AL2023_x86_64_STANDARD", "capacityType": "ON_DEMAND"} {
		if given[name] == nil {
			given[name] = value
		}
	}
	return nil, r.setJSON(given)
}

// requireTypes: AWS names the types that it does not know.
func (g *Gateway) requireTypes(ctx context.Context, types []string) error {
	form := url.Values{}
	setFilter(form, 1, "instance-type", anys(types))
	var got struct {
		Types []string `xml:"instanceTypeSet>item>instanceType"`
	}
	if err := g.moto.query(ctx, "ec2", "DescribeInstanceTypes", form, &got); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, t := range got.Types {
		known[t] = true
	}
	var strange []string
	for _, t := range types {
		if !known[t] {
			strange = append(strange, t)
		}
	}
	if len(strange) > 0 {
		return badRequest("InvalidParameterException", "The following supplied instance types do not exist: [%s]", strings.Join(strange, ", "))
	}
	return nil
}

// requireSubnets: they are some of the cluster's network.
func (g *Gateway) requireSubnets(ctx context.Context, r *request) error {
	ids := r.list("subnets")
	if len(ids) == 0 {
		return badRequest("InvalidParameterException", "The subnets must not be empty.")
	}
	form := url.Values{}
	setFilter(form, 1, "subnet-id", anys(ids))
	var got struct {
		List []struct {
			ID string `xml:"subnetId"`
		} `xml:"subnetSet>item"`
	}
	var said *apiError
	if err := g.moto.query(ctx, "ec2", "DescribeSubnets", form, &got); err != nil && !errors.As(err, &said) {
		return err
	}
	if said != nil || len(got.List) != len(ids) {
		return badRequest("InvalidParameterException", "Subnets are not tagged with the required tag or do not exist: %s", strings.Join(ids, ", "))
	}
	return nil
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// createdNodegroup: its nodes come later.
func createdNodegroup(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.nodes.made(groupKey(r.str("name"), r.str("nodegroupName")), true)
	return edit(resp, func(body map[string]any) error {
		if group, ok := body["nodegroup"].(map[string]any); ok {
			g.trueNodegroup(r.str("name"), group)
			group["status"] = "CREATING"
		}
		return nil
	})
}

// deletedNodegroup shows the group as AWS does while its nodes go. Here they go
// at once, and so does the group.
func deletedNodegroup(_ context.Context, g *Gateway, r *request, resp *response) (*response, error) {
	g.nodes.made(groupKey(r.str("name"), r.str("nodegroupName")), false)
	return edit(resp, func(body map[string]any) error {
		if group, ok := body["nodegroup"].(map[string]any); ok {
			g.trueNodegroup(r.str("name"), group)
			group["status"] = "DELETING"
		}
		return nil
	})
}

// tagEKS keeps the tags of node groups, which moto cannot change.
func tagEKS(ctx context.Context, g *Gateway, r *request) (*response, error) {
	arn := r.str("resourceArn")
	have, ok, err := g.nodegroupByARN(ctx, arn)
	if !ok || err != nil {
		return nil, err
	}
	switch r.action {
	case "ListTagsForResource":
		g.nodes.over(arn, have.Tags)
		return restAnswer(map[string]any{"tags": have.Tags}), nil
	case "UntagResource":
		g.nodes.tag(arn, nil, r.url.Query()["tagKeys"])
	default:
		tags, _ := r.requestTags()
		g.nodes.tag(arn, tags, nil)
	}
	return restAnswer(map[string]any{}), nil
}

// nodegroupByARN finds what nodegroup/CLUSTER/NAME/ID names; false: it names
// something else.
func (g *Gateway) nodegroupByARN(ctx context.Context, arn string) (nodegroup, bool, error) {
	_, name, ok := strings.Cut(arn, ":nodegroup/")
	if !ok {
		return nodegroup{}, false, nil
	}
	parts := strings.Split(name, "/")
	if len(parts) != 3 {
		return nodegroup{}, true, badRequest("BadRequestException", "Invalid ARN: %s", arn)
	}
	have, err := g.moto.nodegroup(ctx, parts[0], parts[1])
	if err == nil && have.ARN != arn {
		err = badRequest("NotFoundException", "Resource was not found")
	}
	if have.Tags == nil {
		have.Tags = map[string]any{}
	}
	return have, true, err
}
