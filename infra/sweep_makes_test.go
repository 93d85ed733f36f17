package infra

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cdntypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	alarmtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

// leftover is one kind of thing that Terraform makes, as a test makes it.
type leftover struct {
	step, kind string
	beside     []string // the steps of what it needs
	make       func(*testing.T, *stack)
}

func leftovers() []leftover {
	return []leftover{
		{"buckets", "buckets", nil, makeBucket},
		{"firewall", "firewalls", nil, makeFirewall},
		{"site", "distributions", nil, makeDistribution},
		{"site", "origin access controls", nil, makeAccessControl},
		{"money", "budgets", nil, makeBudget},
		{"money", "billing alarms", nil, makeBillingAlarm},
		{"money", "topics", nil, makeTopic},
		{"scaling", "scaling alarms", nil, makeScalingAlarm},
		{"record", "event rules", nil, makeEventRule},
		{"record", "trails", []string{"buckets"}, makeTrail},
		{"logs", "log groups", nil, makeLogGroups},
		{"repository", "repositories", nil, makeRepository},
		{"zones", "zones", []string{"network"}, makeZone},
		{"sign-in", "user pools", nil, makePool},
		{"role", "instance profiles", nil, makeProfile},
		{"endpoints", "network endpoints", []string{"network"}, makeEndpoint},
		{"endpoints", "flow logs", []string{"network", "logs"}, makeFlowLog},
		{"hosts", "addresses", []string{"network", "security groups"}, makeAddress},
		{"database", "database snapshots", nil, makeSnapshot},
	}
}

// makeBucket fills it with all that can lie in one.
func makeBucket(t *testing.T, s *stack) {
	ctx, name := t.Context(), s.names.Bucket("logs", s.account)
	must(s.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name}))(t)
	must(s.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	}))(t)
	key := aws.String("balancer/a log")
	for _, text := range []string{"one", "two"} {
		must(s.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: key, Body: strings.NewReader(text)}))(t)
	}
	must(s.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &name, Key: key}))(t)
	must(s.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: aws.String("trail/whole"), Body: strings.NewReader("x")}))(t)
	must(s.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &name, Key: aws.String("half")}))(t)
}

func makeFirewall(t *testing.T, s *stack) {
	seen := &waftypes.VisibilityConfig{MetricName: aws.String("m"), CloudWatchMetricsEnabled: true, SampledRequestsEnabled: true}
	must(s.waf.CreateWebACL(t.Context(), &waf.CreateWebACLInput{
		Name: &s.names.Prefix, Scope: waftypes.ScopeCloudfront, VisibilityConfig: seen,
		DefaultAction: &waftypes.DefaultAction{Allow: &waftypes.AllowAction{}},
	}))(t)
}

func makeDistribution(t *testing.T, s *stack) {
	origin := aws.String("pages")
	must(s.cloudfront.CreateDistributionWithTags(t.Context(), &cloudfront.CreateDistributionWithTagsInput{
		DistributionConfigWithTags: &cdntypes.DistributionConfigWithTags{
			Tags: &cdntypes.Tags{Items: []cdntypes.Tag{
				{Key: aws.String(TagProject), Value: aws.String(Project)}, {Key: aws.String(TagRound), Value: aws.String(string(s.names.Round))},
			}},
			DistributionConfig: &cdntypes.DistributionConfig{
				CallerReference: &s.names.Prefix, Comment: aws.String("The shop of " + string(s.names.Round)), Enabled: aws.Bool(true),
				WebACLId: aws.String("arn:of:a:firewall"),
				Origins: &cdntypes.Origins{Quantity: aws.Int32(1), Items: []cdntypes.Origin{{
					Id: origin, DomainName: aws.String(s.names.Bucket("site", s.account) + ".s3.us-east-1.amazonaws.com"),
					S3OriginConfig: &cdntypes.S3OriginConfig{OriginAccessIdentity: aws.String("")},
				}}},
				DefaultCacheBehavior: &cdntypes.DefaultCacheBehavior{TargetOriginId: origin, ViewerProtocolPolicy: cdntypes.ViewerProtocolPolicyAllowAll},
			},
		},
	}))(t)
}

func makeAccessControl(t *testing.T, s *stack) {
	must(s.cloudfront.CreateOriginAccessControl(t.Context(), &cloudfront.CreateOriginAccessControlInput{
		OriginAccessControlConfig: &cdntypes.OriginAccessControlConfig{
			Name: aws.String(s.names.Prefix + "-site"), OriginAccessControlOriginType: cdntypes.OriginAccessControlOriginTypesS3,
			SigningBehavior: cdntypes.OriginAccessControlSigningBehaviorsAlways, SigningProtocol: cdntypes.OriginAccessControlSigningProtocolsSigv4,
		},
	}))(t)
}

func makeBudget(t *testing.T, s *stack) {
	must(s.budgets.CreateBudget(t.Context(), &budgets.CreateBudgetInput{
		AccountId: &s.account, Budget: &budgettypes.Budget{
			BudgetName: &s.names.Prefix, BudgetType: budgettypes.BudgetTypeCost, TimeUnit: budgettypes.TimeUnitDaily,
			BudgetLimit: &budgettypes.Spend{Amount: aws.String("10"), Unit: aws.String("USD")},
		},
	}))(t)
}

func makeBillingAlarm(t *testing.T, s *stack) { makeAlarm(t, s.worldAlarms, s.names.billingAlarm()) }

func makeScalingAlarm(t *testing.T, s *stack) {
	makeAlarm(t, s.alarms, "TargetTracking-"+s.names.scaled()+"-AlarmHigh-1")
}

func makeAlarm(t *testing.T, client *cloudwatch.Client, name string) {
	must(client.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("AWS/Billing"), MetricName: aws.String("EstimatedCharges"),
		Statistic: alarmtypes.StatisticMaximum, Period: aws.Int32(21600), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(10),
		ComparisonOperator: alarmtypes.ComparisonOperatorGreaterThanThreshold,
	}))(t)
}

func makeTopic(t *testing.T, s *stack) {
	topic := must(s.topics.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(s.names.moneyTopic())}))(t)
	must(s.topics.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("email"), Endpoint: aws.String("admin@example.org"),
	}))(t)
}

func makeEventRule(t *testing.T, s *stack) {
	must(s.events.PutRule(t.Context(), &events.PutRuleInput{Name: &s.names.Queue, EventPattern: aws.String(`{"source":["aws.ec2"]}`)}))(t)
	must(s.events.PutTargets(t.Context(), &events.PutTargetsInput{Rule: &s.names.Queue, Targets: []eventtypes.Target{{
		Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:" + s.account + ":" + s.names.Queue),
	}}}))(t)
}

func makeTrail(t *testing.T, s *stack) {
	makeBucket(t, s)
	must(s.trails.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{Name: &s.names.Trail, S3BucketName: aws.String(s.names.Bucket("logs", s.account))}))(t)
}

// makeLogGroups makes one of the stack's own and one of a service's.
func makeLogGroups(t *testing.T, s *stack) {
	for _, name := range []string{s.names.Logs("flow"), "/aws/rds/instance/" + s.names.Database + "/postgresql"} {
		must(s.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: &name}))(t)
	}
}

// makeRepository puts an image in, with which it goes only by force.
func makeRepository(t *testing.T, s *stack) {
	must(s.ecr.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: &s.names.Repository}))(t)
	must(s.ecr.PutImage(t.Context(), &ecr.PutImageInput{
		RepositoryName: &s.names.Repository, ImageTag: aws.String("1.4.0"),
		ImageManifest: aws.String(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"a","size":1,"digest":"sha256:0"},"layers":[]}`),
	}))(t)
}
