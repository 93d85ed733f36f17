package rehearsal

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// nodeLists are Kubernetes clusters and what stands in them. moto has no
// instances for nodes.
func nodeLists(c *eks.Client) []list {
	clusters := func(ctx context.Context) ([]string, error) {
		o, err := c.ListClusters(ctx, &eks.ListClustersInput{})
		if err != nil {
			return nil, err
		}
		return o.Clusters, nil
	}
	return []list{
		{"Kubernetes cluster", clusters},
		{"node group", func(ctx context.Context) (out []string, err error) {
			names, err := clusters(ctx)
			if err != nil {
				return nil, err
			}
			for _, name := range names {
				o, err := c.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: &name})
				if err != nil {
					return nil, err
				}
				for _, group := range o.Nodegroups {
					out = append(out, name+"/"+group)
				}
			}
			return out, nil
		}},
	}
}
