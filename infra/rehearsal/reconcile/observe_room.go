package reconcile

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fromAddresses is news of whatever takes or gives back an address.
const fromAddresses = "addresses"

// seeRoom reads how many addresses the subnets of the round's networks have
// left, a player's subnets included.
func (l look) seeRoom(ctx context.Context, seen *Seen) error {
	if len(l.networks) == 0 {
		seen.Room = nil
		return nil
	}
	out, err := l.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: l.networks}},
	})
	if err != nil {
		return fmt.Errorf("describe the subnets: %w", err)
	}
	seen.Room = map[string]int{}
	for _, s := range out.Subnets {
		seen.Room[aws.ToString(s.SubnetId)] = int(aws.ToInt32(s.AvailableIpAddressCount))
	}
	return nil
}
