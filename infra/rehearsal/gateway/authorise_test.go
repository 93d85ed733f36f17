package gateway

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// playerPolicy is of the kind that a round's player has.
const playerPolicy = `{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["ec2:Describe*","ecs:Describe*","ecs:List*","rds:Describe*"],"Resource":"*"},
  {"Effect":"Allow","Action":["ec2:StopInstances","ec2:StartInstances","ec2:TerminateInstances"],"Resource":"*",
   "Condition":{"StringEquals":{"aws:ResourceTag/round":"R7"}}},
  {"Effect":"Deny","Action":"iam:*","Resource":"*"},
  {"Effect":"Deny","Action":"ec2:TerminateInstances","Resource":"*"}
]}`

func TestTagsOfTheInstanceDecide(t *testing.T) {
	w := newWorld(t)
	mine, other := w.box("R7"), w.box("R8")
	cfg, _ := w.user("/chaotic-good/R7/", "stopper", playerPolicy)
	player := ec2.NewFromConfig(cfg)

	_, err := player.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{mine}})
	if err != nil {
		t.Errorf("the round's own box: %v", err)
	}
	_, err = player.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{other}})
	say := wantCode(t, err, "UnauthorizedOperation")
	want := "User: arn:aws:iam::123456789012:user/chaotic-good/R7/stopper is not authorized to perform: ec2:StopInstances" +
		" on resource: arn:aws:ec2:us-east-1:123456789012:instance/" + other +
		" because no identity-based policy allows the ec2:StopInstances action"
	if !strings.Contains(say, want) {
		t.Errorf("AWS's sentence is %q, want %q", say, want)
	}
	_, err = player.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{mine, other}})
	wantCode(t, err, "UnauthorizedOperation")
	_, err = player.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{mine}})
	if say := wantCode(t, err, "UnauthorizedOperation"); !strings.Contains(say, "with an explicit deny in an identity-based policy") {
		t.Errorf("an explicit deny says %q", say)
	}
}

func TestDenialsSpeakEachServicesProtocol(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/chaotic-good/R7/", "denied", playerPolicy)
	ctx := t.Context()
	_, err := iam.NewFromConfig(cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("intruder")})
	wantCode(t, err, "AccessDenied")
	_, err = rds.NewFromConfig(cfg).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("x")})
	wantCode(t, err, "AccessDenied")
	_, err = ecs.NewFromConfig(cfg).DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("x")})
	wantCode(t, err, "AccessDeniedException")
	_, err = ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("x")})
	wantCode(t, err, "AccessDeniedException")
	_, err = secretsmanager.NewFromConfig(cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("x")})
	wantCode(t, err, "AccessDeniedException")
	_, err = sqs.NewFromConfig(cfg).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("x")})
	wantCode(t, err, "AccessDenied")

	_, err = iam.NewFromConfig(w.root()).GetUser(ctx, &iam.GetUserInput{UserName: aws.String("intruder")})
	wantCode(t, err, "NoSuchEntity")
}

func TestAttachedAndGroupPoliciesCount(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	admin := iam.NewFromConfig(w.root())
	cfg, _ := w.user("/", "member", "")
	list := func() error {
		_, err := ecs.NewFromConfig(cfg).ListClusters(ctx, nil)
		return err
	}
	describe := func() error {
		_, err := ec2.NewFromConfig(cfg).DescribeVpcs(ctx, nil)
		return err
	}
	wantCode(t, list(), "AccessDeniedException")

	made, err := admin.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("lists"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ecs:list*","Resource":"*"}}`)})
	must(t, err)
	_, err = admin.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("member"), PolicyArn: made.Policy.Arn})
	must(t, err)
	must(t, list())

	wantCode(t, describe(), "UnauthorizedOperation")
	_, err = admin.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("readers")})
	must(t, err)
	_, err = admin.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: aws.String("readers"), PolicyName: aws.String("p"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`)})
	must(t, err)
	_, err = admin.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("readers"), UserName: aws.String("member")})
	must(t, err)
	must(t, describe())
	_, err = admin.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: aws.String("readers"), UserName: aws.String("member")})
	must(t, err)
	wantCode(t, describe(), "UnauthorizedOperation")
}
