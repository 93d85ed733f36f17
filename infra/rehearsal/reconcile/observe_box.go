package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/chaotic-good/scenarios/infra"
)

// seeVolumes reads the sizes of the boxes' log volumes.
func (l look) seeVolumes(ctx context.Context, seen *Seen) error {
	if !slices.ContainsFunc(seen.Hosts, func(h Host) bool { return h.Role == roleBox }) {
		return nil
	}
	out, err := l.ec2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []ec2types.Filter{
		{Name: aws.String("attachment.device"), Values: []string{infra.LogDevice}},
	}})
	if err != nil {
		return fmt.Errorf("describe the volumes: %w", err)
	}
	for _, v := range out.Volumes {
		for _, a := range v.Attachments {
			for i, h := range seen.Hosts {
				if h.ID == aws.ToString(a.InstanceId) && aws.ToString(a.Device) == infra.LogDevice {
					seen.Hosts[i].Volume = aws.ToInt32(v.Size)
				}
			}
		}
	}
	return nil
}

// publicKey reads a key pair's public half; empty: there is none. What an
// instance was launched with it keeps, whatever becomes of the pair.
func (l look) publicKey(ctx context.Context, name string) (string, error) {
	if name == "" || l.known.keys[name] != "" {
		return l.known.keys[name], nil
	}
	out, err := l.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{name}, IncludePublicKey: aws.Bool(true)})
	if gone(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("describe the key pair %s: %w", name, err)
	}
	for _, k := range out.KeyPairs {
		l.known.keys[name] = aws.ToString(k.PublicKey)
	}
	return l.known.keys[name], nil
}
