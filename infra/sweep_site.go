package infra

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// siteStep is CloudFront in front of the site and the shop.
func siteStep() step {
	return step{
		name:  "site",
		needs: []string{"buckets", "firewall", "balancer"},
		kinds: []kind{
			{"distributions", findDistributions, dropDistribution},
			{"origin access controls", findAccessControls, dropAccessControl}, // which a distribution holds
		},
	}
}

// findDistributions goes by tags, of which each has to be asked: a distribution
// has no name.
func findDistributions(ctx context.Context, s *stack) (ids []string, err error) {
	pages := cloudfront.NewListDistributionsPaginator(s.cloudfront, &cloudfront.ListDistributionsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if out.DistributionList == nil {
			continue
		}
		for _, d := range out.DistributionList.Items {
			has, err := s.cloudfront.ListTagsForResource(ctx, &cloudfront.ListTagsForResourceInput{Resource: d.ARN})
			switch {
			case isGone(err):
			case err != nil:
				return nil, err
			case s.bears(has.Tags):
				ids = append(ids, aws.ToString(d.Id))
			}
		}
	}
	return ids, nil
}

// tagged reports whether the tags are the round's.
func (n Names) tagged(has map[string]string) bool {
	return has[TagProject] == Project && has[TagRound] == string(n.Round)
}

// bears reports whether the tags are the round's.
func (s *stack) bears(tags *types.Tags) bool {
	if tags == nil {
		return false
	}
	has := map[string]string{}
	for _, t := range tags.Items {
		has[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return s.names.tagged(has)
}

var (
	errSwitchedOff = errors.New("CloudFront has been told to switch it off")
	errOnItsWay    = errors.New("CloudFront is taking it off its edges, which takes minutes")
)

// dropDistribution does the next of three acts, none of which waits: switch it
// off and take its firewall away, see that every edge knows that, delete it. Who
// comes back later goes on from where CloudFront is.
func dropDistribution(ctx context.Context, s *stack, id string) error {
	out, err := s.cloudfront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &id})
	if err != nil {
		return err
	}
	d := out.Distribution
	if d == nil || d.DistributionConfig == nil {
		return errors.New("CloudFront does not show it")
	}
	if c := d.DistributionConfig; aws.ToBool(c.Enabled) {
		c.Enabled, c.WebACLId = aws.Bool(false), aws.String("")
		if _, err := s.cloudfront.UpdateDistribution(ctx, &cloudfront.UpdateDistributionInput{
			Id: &id, IfMatch: out.ETag, DistributionConfig: c,
		}); err != nil {
			return err
		}
		return errSwitchedOff
	}
	if aws.ToString(d.Status) != "Deployed" {
		return errOnItsWay
	}
	_, err = s.cloudfront.DeleteDistribution(ctx, &cloudfront.DeleteDistributionInput{Id: &id, IfMatch: out.ETag})
	return err
}

// accessControl is the name of the right by which CloudFront reads the site.
func (n Names) accessControl() string { return n.Prefix + "-site" }

func findAccessControls(ctx context.Context, s *stack) (ids []string, err error) {
	pages := cloudfront.NewListOriginAccessControlsPaginator(s.cloudfront, &cloudfront.ListOriginAccessControlsInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		if out.OriginAccessControlList == nil {
			continue
		}
		for _, c := range out.OriginAccessControlList.Items {
			if aws.ToString(c.Name) == s.names.accessControl() {
				ids = append(ids, aws.ToString(c.Id))
			}
		}
	}
	return ids, nil
}

func dropAccessControl(ctx context.Context, s *stack, id string) error {
	out, err := s.cloudfront.GetOriginAccessControl(ctx, &cloudfront.GetOriginAccessControlInput{Id: &id})
	if err != nil {
		return err
	}
	_, err = s.cloudfront.DeleteOriginAccessControl(ctx, &cloudfront.DeleteOriginAccessControlInput{Id: &id, IfMatch: out.ETag})
	return err
}
