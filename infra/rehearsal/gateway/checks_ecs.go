package gateway

import "context"

var ecsSubjects = map[string]subjects{
	"CreateCluster":          named("cluster/", "clusterName"),
	"DeleteCluster":          ecsClusters,
	"UpdateCluster":          ecsClusters,
	"DescribeClusters":       ecsClusters,
	"CreateService":          ecsServices("serviceName"),
	"UpdateService":          ecsServices("service"),
	"DeleteService":          ecsServices("service"),
	"DescribeServices":       ecsServices("services"),
	"StopTask":               ecsTasks("task"),
	"DescribeTasks":          ecsTasks("tasks"),
	"ExecuteCommand":         all(ecsTasks("task"), ecsClusters),
	"RunTask":                ecsTaskDefinition,
	"StartTask":              ecsTaskDefinition,
	"RegisterTaskDefinition": ecsFamily,
	"TagResource":            exactly("resourceArn"),
	"UntagResource":          exactly("resourceArn"),
	"ListTagsForResource":    exactly("resourceArn"),
}

// moto goes by the last part of a name, whatever stands before it, so that is
// what is judged: an ARN of one cluster must not open the door to another.

func clusterARN(r *request, name string) string {
	if name == "" {
		name = "default"
	}
	return r.arn("ecs", "cluster/"+last(name, "/"))
}

func ecsClusters(_ context.Context, _ *upstream, r *request) ([]string, error) {
	var out []string
	for _, name := range append(r.list("cluster"), r.list("clusters")...) {
		out = append(out, clusterARN(r, name))
	}
	return out, nil
}

// below is services or tasks of the call's cluster.
func below(kind, param string) subjects {
	return func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		var out []string
		cluster := last(clusterARN(r, r.str("cluster")), "/")
		for _, name := range r.list(param) {
			out = append(out, r.arn("ecs", kind+"/"+cluster+"/"+last(name, "/")))
		}
		return out, nil
	}
}

func ecsServices(param string) subjects { return below("service", param) }

func ecsTasks(param string) subjects { return below("task", param) }

// ecsTaskDefinition is the revision that would run.
func ecsTaskDefinition(ctx context.Context, u *upstream, r *request) ([]string, error) {
	name := r.str("taskDefinition")
	d, err := u.taskDefinition(ctx, name)
	if err != nil {
		// There is none, which the call itself will say to those who may run it.
		return []string{r.arn("ecs", "task-definition/"+last(name, "/"))}, nil
	}
	return []string{d.ARN}, nil
}

func ecsFamily(_ context.Context, _ *upstream, r *request) ([]string, error) {
	return []string{r.arn("ecs", "task-definition/"+r.str("family")+":*")}, nil
}
