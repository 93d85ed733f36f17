package rehearsal

import (
	"context"

	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

func scalingLists(c *scaling.Client) []list {
	return []list{
		{"scalable target", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeScalableTargets(ctx, &scaling.DescribeScalableTargetsInput{ServiceNamespace: types.ServiceNamespaceEcs})
			if err != nil {
				return nil, err
			}
			return ids(o.ScalableTargets, nil, func(x types.ScalableTarget) *string { return x.ResourceId })
		}},
		{"scaling policy", func(ctx context.Context) ([]string, error) {
			o, err := c.DescribeScalingPolicies(ctx, &scaling.DescribeScalingPoliciesInput{ServiceNamespace: types.ServiceNamespaceEcs})
			if err != nil {
				return nil, err
			}
			return ids(o.ScalingPolicies, nil, func(x types.ScalingPolicy) *string { return x.PolicyName })
		}},
	}
}
