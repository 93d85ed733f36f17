package infra

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// endpointsStep is what holds on to the network from within: its ways to AWS's
// services, and the record of its traffic.
func endpointsStep() step {
	return step{
		name:  "endpoints",
		needs: []string{"network", "security groups", "logs"},
		kinds: []kind{
			{"network endpoints", findEndpoints, func(ctx context.Context, s *stack, id string) error {
				out, err := s.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}})
				if err != nil {
					return err
				}
				return firstOfThem(out.Unsuccessful)
			}},
			{"flow logs", findFlowLogs, func(ctx context.Context, s *stack, id string) error {
				out, err := s.ec2.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{id}})
				if err != nil {
					return err
				}
				return firstOfThem(out.Unsuccessful)
			}},
		},
	}
}

// firstOfThem is the error of a call that may fail for some things and succeed.
func firstOfThem(failed []types.UnsuccessfulItem) error {
	for _, f := range failed {
		if f.Error != nil {
			return &smithy.GenericAPIError{Code: aws.ToString(f.Error.Code), Message: aws.ToString(f.Error.Message)}
		}
	}
	return nil
}

func findEndpoints(ctx context.Context, s *stack) ([]string, error) {
	return tagOrNetwork("vpc-id", func(ctx context.Context, s *stack, by []types.Filter) (ids []string, err error) {
		pages := ec2.NewDescribeVpcEndpointsPaginator(s.ec2, &ec2.DescribeVpcEndpointsInput{Filters: by})
		for pages.HasMorePages() {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, e := range out.VpcEndpoints {
				if !strings.EqualFold(string(e.State), "deleted") { // shown for a while
					ids = append(ids, aws.ToString(e.VpcEndpointId))
				}
			}
		}
		return ids, nil
	})(ctx, s)
}

// findFlowLogs leaves out those without the round's tags: whoever guards an
// account often records every network of it. They hold no network, and the bot
// may not delete them.
func findFlowLogs(ctx context.Context, s *stack) (ids []string, err error) {
	pages := ec2.NewDescribeFlowLogsPaginator(s.ec2, &ec2.DescribeFlowLogsInput{Filter: s.mine()})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, l := range out.FlowLogs {
			ids = append(ids, aws.ToString(l.FlowLogId))
		}
	}
	return ids, nil
}

// findAddresses finds the addresses that are paid for by the hour, used or not.
func findAddresses(ctx context.Context, s *stack) (ids []string, err error) {
	out, err := s.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{Filters: s.mine()})
	if err != nil {
		return nil, err
	}
	for _, a := range out.Addresses {
		ids = append(ids, aws.ToString(a.AllocationId))
	}
	return ids, nil
}

// dropAddress first takes it off what has it.
func dropAddress(ctx context.Context, s *stack, id string) error {
	out, err := s.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{id}})
	if err != nil {
		return err
	}
	for _, a := range out.Addresses {
		if aws.ToString(a.AssociationId) == "" {
			continue
		}
		_, err := s.ec2.DisassociateAddress(ctx, &ec2.DisassociateAddressInput{AssociationId: a.AssociationId})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err = s.ec2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &id})
	return err
}
