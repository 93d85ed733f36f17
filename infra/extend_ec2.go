package infra

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// extendEC2 writes the end on all of EC2: one list of everything that carries
// the round's tag, of whatever kind. What a player made without that tag has no
// end to be written.
func (s *stack) extendEC2(ctx context.Context) error {
	if err := s.findNetworks(ctx); err != nil {
		return err
	}
	living, err := findInstances(ctx, s)
	if err != nil {
		return fmt.Errorf("look for instances: %w", err)
	}
	var ids []string
	pages := ec2.NewDescribeTagsPaginator(s.ec2, &ec2.DescribeTagsInput{
		Filters: []types.Filter{filter("key", TagRound), filter("value", string(s.names.Round))},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("look for what carries the round's tag: %w", err)
		}
		for _, t := range out.Tags {
			id := aws.ToString(t.ResourceId)
			if strings.HasPrefix(id, "i-") && !slices.Contains(living, id) {
				continue // AWS shows a terminated one for an hour
			}
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(union(ids), 200) {
		err := s.tagEnd(ctx, some...)
		if isGone(err) { // one that is gone spoils the call for all
			err = each(ctx, some, func(ctx context.Context, id string) error { return ignoreGone(s.tagEnd(ctx, id)) })
		}
		if err != nil {
			return fmt.Errorf("write the round's end on %d things of EC2: %w", len(some), err)
		}
	}
	return s.extendTemplate(ctx)
}

func (s *stack) tagEnd(ctx context.Context, ids ...string) error {
	_, err := s.ec2.CreateTags(ctx, &ec2.CreateTagsInput{
		Resources: ids, Tags: []types.Tag{{Key: aws.String(TagExpires), Value: aws.String(s.expires())}},
	})
	return err
}

// extendTemplate writes the end into the box's template: what is started from it
// later must not be born forgotten. The new version is the default one but for
// that tag, so it keeps what this maker knows nothing of: user data, an instance
// profile, further disks. A version that was made and did not become the default,
// since the bot died between, stays and harms nobody.
func (s *stack) extendTemplate(ctx context.Context) error {
	out, err := s.ec2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateName: &s.names.Box, Versions: []string{"$Default"},
	})
	switch {
	case isGone(err):
		return nil
	case err != nil:
		return fmt.Errorf("look at the launch template: %w", err)
	case len(out.LaunchTemplateVersions) != 1 || out.LaunchTemplateVersions[0].LaunchTemplateData == nil:
		return nil
	}
	now := out.LaunchTemplateVersions[0]
	tags, changed := s.withEnd(now.LaunchTemplateData.TagSpecifications)
	if !changed {
		return nil
	}
	made, err := s.ec2.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: now.LaunchTemplateId, SourceVersion: aws.String(strconv.FormatInt(aws.ToInt64(now.VersionNumber), 10)),
		LaunchTemplateData: &types.RequestLaunchTemplateData{TagSpecifications: tags},
	})
	if err != nil {
		return fmt.Errorf("write the round's end into the launch template: %w", err)
	}
	number := strconv.FormatInt(aws.ToInt64(made.LaunchTemplateVersion.VersionNumber), 10)
	if _, err := s.ec2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{
		LaunchTemplateId: now.LaunchTemplateId, DefaultVersion: &number,
	}); err != nil {
		return fmt.Errorf("make the launch template's new version the default: %w", err)
	}
	return nil
}

// withEnd is a template's tags with the round's end in the place of the one that
// they have, and whether that is another one. AWS takes the list as a whole.
func (s *stack) withEnd(now []types.LaunchTemplateTagSpecification) (all []types.LaunchTemplateTagSpecificationRequest, changed bool) {
	for _, spec := range now {
		tags := slices.Clone(spec.Tags)
		for i, t := range tags {
			if aws.ToString(t.Key) == TagExpires && aws.ToString(t.Value) != s.expires() {
				tags[i].Value, changed = aws.String(s.expires()), true
			}
		}
		all = append(all, types.LaunchTemplateTagSpecificationRequest{ResourceType: spec.ResourceType, Tags: tags})
	}
	return all, changed
}
