package infra

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
)

// zonesStep is the network's own names.
func zonesStep() step {
	return step{name: "zones", needs: []string{"network"}, kinds: []kind{{"zones", findZones, dropZone}}}
}

// zone is the domain of the network's own names, as Route 53 writes it.
func (n Names) zone() string { return n.Prefix + ".internal." }

// findZones asks from the zone's name on: more than one has it where a call was
// heard whose answer was lost.
func findZones(ctx context.Context, s *stack) (ids []string, err error) {
	out, err := s.route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{
		DNSName: aws.String(s.names.zone()), MaxItems: aws.Int32(100),
	})
	if err != nil {
		return nil, err
	}
	for _, z := range out.HostedZones {
		if aws.ToString(z.Name) == s.names.zone() {
			ids = append(ids, aws.ToString(z.Id))
		}
	}
	return ids, nil
}

// dropZone empties a zone first, but for the two records with which it was born.
func dropZone(ctx context.Context, s *stack, id string) error {
	var changes []types.Change
	pages := route53.NewListResourceRecordSetsPaginator(s.route53, &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, r := range out.ResourceRecordSets {
			born := r.Type == types.RRTypeNs || r.Type == types.RRTypeSoa
			if !born || aws.ToString(r.Name) != s.names.zone() {
				changes = append(changes, types.Change{Action: types.ChangeActionDelete, ResourceRecordSet: &r})
			}
		}
	}
	if len(changes) > 0 {
		if _, err := s.route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: &id, ChangeBatch: &types.ChangeBatch{Changes: changes},
		}); err != nil {
			return err
		}
	}
	_, err := s.route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &id})
	return err
}
