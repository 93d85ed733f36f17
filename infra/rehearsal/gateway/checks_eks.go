package gateway

import (
	"context"
)

var eksSubjects = map[string]subjects{
	"CreateCluster":          named("cluster/", "name"),
	"DescribeCluster":        named("cluster/", "name"),
	"DeleteCluster":          named("cluster/", "name"),
	"UpdateClusterConfig":    named("cluster/", "name"),
	"CreateNodegroup":        named("cluster/", "name"),
	"ListNodegroups":         named("cluster/", "name"),
	"DescribeNodegroup":      nodegroup,
	"DeleteNodegroup":        nodegroup,
	"UpdateNodegroupConfig":  nodegroup,
	"UpdateNodegroupVersion": nodegroup,
	"TagResource":            exactly("resourceArn"),
	"UntagResource":          exactly("resourceArn"),
	"ListTagsForResource":    exactly("resourceArn"),
}

func nodegroup(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("eks", "nodegroup/"+r.str("name")+"/"+r.str("nodegroupName")+"/*")}, nil
}
