package gateway

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cdntypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	waf "github.com/aws/aws-sdk-go-v2/service/wafv2"
	waftypes "github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// sweeper is a maker with the bot's own rights.
func (w *world) sweeper(name string) *infra.Maker {
	w.Helper()
	cfg, _ := w.user("/", name, policies(w, "R81", infra.BotPolicies())...)
	pace := infra.RehearsalPace()
	pace.Gone = time.Minute
	m, err := infra.NewMaker(cfg, infra.MakerConfig{Pace: pace, Log: slog.New(slog.DiscardHandler), Image: "shop:1.4.0"})
	must(w, err)
	return m
}

// TestTheBotMayLookForEverything: a destroy of a round of which there is nothing
// asks every service, each of which the bot's rights and moto know; what it may
// not ask would be an error.
func TestTheBotMayLookForEverything(t *testing.T) {
	m := newWorld(t).sweeper("the-looking-bot")
	for _, stage := range infra.Stages() {
		began := time.Now()
		if err := m.Extend(t.Context(), round.Spec{Round: "R81", Stage: stage, Expires: began}); err != nil {
			t.Errorf("stage %s: %v", stage, err)
		}
		gone, err := m.Destroy(t.Context(), round.Spec{Round: "R81", Stage: stage}, func(round.Progress) {})
		if err != nil || gone.Removed != 0 || gone.Left != 0 {
			t.Errorf("stage %s: %+v, %v", stage, gone, err)
		}
		t.Logf("stage %s: %s", stage, time.Since(began).Round(time.Millisecond))
	}
}

// TestTheBotMayRemoveWhatTerraformMade: its rights suffice for all of a round,
// whose end it may also put off, and for nothing of the account's own.
func TestTheBotMayRemoveWhatTerraformMade(t *testing.T) {
	w := newWorld(t)
	names := infra.NamesOf("R82")
	w.leaveBehind(names)
	m := w.sweeper("the-sweeping-bot")
	if err := m.Extend(t.Context(), round.Spec{Round: "R82", Stage: infra.StageClassic, Expires: time.Now()}); err != nil {
		t.Error(err)
	}
	pools, err := cognito.NewFromConfig(w.root()).ListUserPools(t.Context(), &cognito.ListUserPoolsInput{MaxResults: aws.Int32(60)})
	must(t, err)
	if len(pools.UserPools) == 0 {
		t.Error("there is no pool whose tags could be read")
	}
	for _, p := range pools.UserPools {
		pool, err := cognito.NewFromConfig(w.root()).DescribeUserPool(t.Context(), &cognito.DescribeUserPoolInput{UserPoolId: p.Id})
		must(t, err)
		if tags := pool.UserPool.UserPoolTags; tags[infra.TagExpires] == "" || tags[infra.TagProject] != infra.Project || aws.ToString(pool.UserPool.Name) != names.Prefix {
			t.Errorf("the pool %s has the tags %v", aws.ToString(pool.UserPool.Name), tags)
		}
	}
	gone, err := m.Destroy(t.Context(), round.Spec{Round: "R82", Stage: infra.StageClassic}, func(round.Progress) {})
	if err != nil || gone.Left != 0 || gone.Removed != 16 {
		t.Errorf("swept %+v, %v", gone, err)
	}
	kept, err := rds.NewFromConfig(w.root()).DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{DBInstanceIdentifier: &names.Database})
	must(t, err)
	if len(kept.DBSnapshots) != 1 || aws.ToString(kept.DBSnapshots[0].DBSnapshotIdentifier) != ownersCopy {
		t.Errorf("kept %+v, want only %s", kept.DBSnapshots, ownersCopy)
	}
}

// TestEveryXMLServiceRefusesInItsOwnForm: whoever has no rights reads so.
func TestEveryXMLServiceRefusesInItsOwnForm(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/", "nobody-of-the-edge")
	_, err := cloudfront.NewFromConfig(cfg).ListDistributions(t.Context(), nil)
	wantCode(t, err, "AccessDenied")
	_, err = route53.NewFromConfig(cfg).ListHostedZonesByName(t.Context(), nil)
	wantCode(t, err, "AccessDenied")
	_, err = s3.NewFromConfig(cfg).ListBuckets(t.Context(), nil)
	wantCode(t, err, "AccessDenied")
	_, err = sns.NewFromConfig(cfg).ListTopics(t.Context(), nil)
	wantCode(t, err, "AccessDenied")
}

// ownersCopy is a snapshot of the round's database that the account's owner made.
const ownersCopy = "owners-copy"

// leaveBehind makes what a round leaves whose state was lost: sixteen things; and
// one that is the owner's.
func (w *world) leaveBehind(n infra.Names) {
	w.Helper()
	ctx, cfg := w.Context(), w.root()
	try := func(err error) { w.Helper(); must(w, err) }
	project, id := aws.String(infra.Project), aws.String(string(n.Round))

	bucket, key := aws.String(n.Bucket("files", account)), aws.String("box/inventory")
	files := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := files.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	try(err)
	_, err = files.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
	try(err)
	_, err = logs.NewFromConfig(cfg).CreateLogGroup(ctx, &logs.CreateLogGroupInput{LogGroupName: aws.String("/aws/rds/instance/" + n.Database + "/postgresql")})
	try(err)
	_, err = sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(n.Prefix + "-money")})
	try(err)
	_, err = cloudtrail.NewFromConfig(cfg).CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: &n.Trail, S3BucketName: bucket})
	try(err)
	_, err = ecr.NewFromConfig(cfg).CreateRepository(ctx, &ecr.CreateRepositoryInput{RepositoryName: &n.Repository})
	try(err)
	_, err = cognito.NewFromConfig(cfg).CreateUserPool(ctx, &cognito.CreateUserPoolInput{
		PoolName: &n.Prefix, UserPoolTags: map[string]string{infra.TagProject: *project, infra.TagRound: *id},
	})
	try(err)
	_, err = route53.NewFromConfig(cfg).CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String(n.Prefix + ".internal"), CallerReference: &n.Prefix})
	try(err)

	rules := events.NewFromConfig(cfg)
	_, err = rules.PutRule(ctx, &events.PutRuleInput{Name: &n.Queue, EventPattern: aws.String(`{"source":["aws.ec2"]}`)})
	try(err)
	_, err = rules.PutTargets(ctx, &events.PutTargetsInput{Rule: &n.Queue, Targets: []eventtypes.Target{{
		Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:" + region + ":" + account + ":" + n.Queue),
	}}})
	try(err)

	_, err = waf.NewFromConfig(cfg).CreateWebACL(ctx, &waf.CreateWebACLInput{
		Name: &n.Prefix, Scope: waftypes.ScopeCloudfront, DefaultAction: &waftypes.DefaultAction{Allow: &waftypes.AllowAction{}},
		VisibilityConfig: &waftypes.VisibilityConfig{MetricName: aws.String("m")},
	})
	try(err)
	cdn := cloudfront.NewFromConfig(cfg)
	_, err = cdn.CreateOriginAccessControl(ctx, &cloudfront.CreateOriginAccessControlInput{OriginAccessControlConfig: &cdntypes.OriginAccessControlConfig{
		Name: aws.String(n.Prefix + "-site"), OriginAccessControlOriginType: cdntypes.OriginAccessControlOriginTypesS3,
		SigningBehavior: cdntypes.OriginAccessControlSigningBehaviorsAlways, SigningProtocol: cdntypes.OriginAccessControlSigningProtocolsSigv4,
	}})
	try(err)
	_, err = cdn.CreateDistributionWithTags(ctx, &cloudfront.CreateDistributionWithTagsInput{DistributionConfigWithTags: &cdntypes.DistributionConfigWithTags{
		Tags: &cdntypes.Tags{Items: []cdntypes.Tag{
			{Key: aws.String(infra.TagProject), Value: project}, {Key: aws.String(infra.TagRound), Value: id},
		}},
		DistributionConfig: &cdntypes.DistributionConfig{
			CallerReference: &n.Prefix, Comment: aws.String(""), Enabled: aws.Bool(true),
			Origins: &cdntypes.Origins{Quantity: aws.Int32(1), Items: []cdntypes.Origin{{
				Id: aws.String("pages"), DomainName: aws.String(*bucket + ".s3.amazonaws.com"),
				S3OriginConfig: &cdntypes.S3OriginConfig{OriginAccessIdentity: aws.String("")},
			}}},
			DefaultCacheBehavior: &cdntypes.DefaultCacheBehavior{TargetOriginId: aws.String("pages"), ViewerProtocolPolicy: cdntypes.ViewerProtocolPolicyAllowAll},
		},
	}})
	try(err)

	databases := rds.NewFromConfig(cfg)
	_, err = databases.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &n.Database, DBInstanceClass: aws.String(infra.DatabaseClass), Engine: aws.String("postgres"),
		MasterUsername: &n.OperatorUser, MasterUserPassword: aws.String("none-of-ours"), AllocatedStorage: aws.Int32(infra.DatabaseStorage),
	})
	try(err)
	for _, name := range []string{n.Database + "-final-snapshot", ownersCopy} {
		_, err = databases.CreateDBSnapshot(ctx, &rds.CreateDBSnapshotInput{DBInstanceIdentifier: &n.Database, DBSnapshotIdentifier: &name})
		try(err)
	}

	people := iam.NewFromConfig(cfg)
	_, err = people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &n.BoxRole, Path: &n.Path, AssumeRolePolicyDocument: aws.String("{}")})
	try(err)
	_, err = people.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &n.BoxRole, Path: &n.Path})
	try(err)
	_, err = people.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &n.BoxRole, RoleName: &n.BoxRole})
	try(err)

	_, err = ec2.NewFromConfig(cfg).AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc, TagSpecifications: []ec2types.TagSpecification{{
		ResourceType: ec2types.ResourceTypeElasticIp,
		Tags:         []ec2types.Tag{{Key: aws.String(infra.TagProject), Value: project}, {Key: aws.String(infra.TagRound), Value: id}},
	}}})
	try(err)
}
