package infra

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cdntypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarmtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	zonetypes "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	topictypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// endedBeside is what Terraform alone makes. A stack of another maker has
// nothing of it but the parameters.
func (s *stack) endedBeside() []ended {
	key, value := aws.String(TagExpires), aws.String(s.expires())
	return []ended{
		{"instance profiles", findProfiles, func(ctx context.Context, id string) error {
			_, err := s.iam.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: &id, Tags: []iamtypes.Tag{{Key: key, Value: value}}})
			return err
		}},
		{"parameters", findParameters, func(ctx context.Context, id string) error {
			_, err := s.ssm.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{
				ResourceType: ssmtypes.ResourceTypeForTaggingParameter, ResourceId: &id, Tags: []ssmtypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"log groups", findLogGroups, func(ctx context.Context, id string) error {
			_, err := s.logs.TagResource(ctx, &logs.TagResourceInput{
				ResourceArn: aws.String(s.arn("logs", "log-group:"+id)), Tags: map[string]string{*key: *value},
			})
			return err
		}},
		{"repositories", findRepositories, func(ctx context.Context, id string) error {
			_, err := s.ecr.TagResource(ctx, &ecr.TagResourceInput{
				ResourceArn: aws.String(s.arn("ecr", "repository/"+id)), Tags: []ecrtypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"buckets", findBuckets, s.endBucket},
		{"distributions", findDistributions, func(ctx context.Context, id string) error {
			out, err := s.cloudfront.GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &id})
			if err != nil {
				return err
			}
			_, err = s.cloudfront.TagResource(ctx, &cloudfront.TagResourceInput{
				Resource: out.Distribution.ARN, Tags: &cdntypes.Tags{Items: []cdntypes.Tag{{Key: key, Value: value}}},
			})
			return err
		}},
		{"firewalls", findFirewalls, func(ctx context.Context, id string) error {
			name, number, _ := strings.Cut(id, " ")
			_, err := s.waf.TagResource(ctx, &waf.TagResourceInput{
				ResourceARN: aws.String(s.arnIn(worldRegion, "wafv2", "global/webacl/"+name+"/"+number)), Tags: []waftypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"zones", findZones, func(ctx context.Context, id string) error {
			_, err := s.route53.ChangeTagsForResource(ctx, &route53.ChangeTagsForResourceInput{
				ResourceType: zonetypes.TagResourceTypeHostedzone, ResourceId: aws.String(strings.TrimPrefix(id, "/hostedzone/")),
				AddTags: []zonetypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"user pools", findPools, func(ctx context.Context, id string) error {
			_, err := s.cognito.TagResource(ctx, &cognito.TagResourceInput{
				ResourceArn: aws.String(s.arn("cognito-idp", "userpool/"+id)), Tags: map[string]string{*key: *value},
			})
			return err
		}},
		{"event rules", findEventRules, func(ctx context.Context, id string) error {
			_, err := s.events.TagResource(ctx, &events.TagResourceInput{
				ResourceARN: aws.String(s.arn("events", "rule/"+id)), Tags: []eventtypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"trails", findTrails, func(ctx context.Context, id string) error {
			_, err := s.trails.AddTags(ctx, &cloudtrail.AddTagsInput{
				ResourceId: aws.String(s.arn("cloudtrail", "trail/"+id)), TagsList: []trailtypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"topics", findTopics, func(ctx context.Context, id string) error {
			_, err := s.topics.TagResource(ctx, &sns.TagResourceInput{ResourceArn: &id, Tags: []topictypes.Tag{{Key: key, Value: value}}})
			return err
		}},
		{"billing alarms", findBillingAlarms, func(ctx context.Context, id string) error {
			_, err := s.worldAlarms.TagResource(ctx, &cloudwatch.TagResourceInput{
				ResourceARN: aws.String(s.arnIn(worldRegion, "cloudwatch", "alarm:"+id)), Tags: []alarmtypes.Tag{{Key: key, Value: value}},
			})
			return err
		}},
		{"budgets", findBudgets, func(ctx context.Context, id string) error {
			_, err := s.budgets.TagResource(ctx, &budgets.TagResourceInput{
				ResourceARN: aws.String(s.arnIn("", "budgets", "budget/"+id)), ResourceTags: []budgettypes.ResourceTag{{Key: key, Value: value}},
			})
			return err
		}},
	}
}

// endBucket writes all of a bucket's tags, since S3 knows no call for one: those
// that it has, and the end.
func (s *stack) endBucket(ctx context.Context, name string) error {
	var tags []s3types.Tag
	has, err := s.s3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	switch {
	case hasCode(err, "NoSuchTagSet"):
	case err != nil:
		return err
	default:
		tags = slices.DeleteFunc(has.TagSet, func(t s3types.Tag) bool { return aws.ToString(t.Key) == TagExpires })
	}
	tags = append(tags, s3types.Tag{Key: aws.String(TagExpires), Value: aws.String(s.expires())})
	_, err = s.s3.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &s3types.Tagging{TagSet: tags}})
	return err
}
