package gateway

import (
	"context"
)

var eksSubjects = map[string]subjects{
	// CreateCluster is about no resource that a policy could name.
	"DescribeCluster":        named("cluster/", "name"),
	"DeleteCluster":          named("cluster/", "name"),
	"UpdateClusterConfig":    named("cluster/", "name"),
	"CreateNodegroup":        named("cluster/", "name"),
	"ListNodegroups":         named("cluster/", "name"),
	"DescribeNodegroup":      ofNodegroup,
	"DeleteNodegroup":        ofNodegroup,
	"UpdateNodegroupConfig":  ofNodegroup,
	"UpdateNodegroupVersion": ofNodegroup,
	"DescribeUpdate":         ofUpdate,
	"ListUpdates":            ofUpdate,
	"TagResource":            exactly("resourceArn"),
	"UntagResource":          exactly("resourceArn"),
	"ListTagsForResource":    exactly("resourceArn"),
}

func ofNodegroup(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("eks", "nodegroup/"+r.str("name")+"/"+r.str("nodegroupName")+"/*")}, nil
}

// ofUpdate: an update is its cluster's, or its node group's where one is named.
func ofUpdate(_ context.Context, _ *upstream, r *request) ([]string, error) {
	cluster := r.str("name")
	if group := r.url.Query().Get("nodegroupName"); group != "" {
		return []string{r.arn("eks", "nodegroup/"+cluster+"/"+group+"/*")}, nil
	}
	return []string{r.arn("eks", "cluster/"+cluster)}, nil
}
