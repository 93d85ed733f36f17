package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// keyTest tries a player's real key on what is not the player's.
type keyTest struct {
	*rehearsed
	foreign string   // an instance outside every round
	texts   []string // the revealed messages
	secret  string
	cfg     aws.Config
}

// behind is AWS as nobody can reach it: moto itself, without the gate.
func (p *rehearsed) behind(t *testing.T) aws.Config {
	t.Helper()
	for _, i := range p.stage.world.Group.List() {
		if i.Name != "moto" {
			continue
		}
		at, err := process.Listeners([]int{i.PID})
		if err != nil || len(at) == 0 {
			t.Fatalf("where moto listens: %v, %v", at, err)
		}
		endpoint := "http://" + at[0].Addr
		return aws.Config{Region: rehearsal.Region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	}
	t.Fatal("moto does not run")
	return aws.Config{}
}

// stranger starts an instance that belongs to no round.
func (k *keyTest) stranger(t *testing.T) {
	out, err := ec2.NewFromConfig(k.behind(t)).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	k.foreign = aws.ToString(out.Instances[0].InstanceId)
}

// refused wants AWS's own error.
func refused(t *testing.T, what string, err error, codes ...string) {
	t.Helper()
	var said interface {
		ErrorCode() string
		ErrorMessage() string
	}
	if !errors.As(err, &said) || !slices.Contains(codes, said.ErrorCode()) {
		t.Errorf("%s: %v, want AWS's %s", what, err, strings.Join(codes, " or "))
	}
}

// limits are what the key may not do while it works.
func (k *keyTest) limits(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, said := range k.stage.discord.Texts() {
		if strings.Contains(said.Text, "AWS_SECRET_ACCESS_KEY") {
			k.texts = append(k.texts, said.Text)
		}
	}
	if len(k.texts) != 1 {
		t.Fatalf("the keys were shown %d times", len(k.texts))
	}
	var err error
	if k.cfg, _, err = readReveal(k.texts[0]); err != nil {
		t.Fatal(err)
	}
	creds, err := k.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	k.secret = creds.SecretAccessKey
	k.cfg.RetryMaxAttempts = 1

	who, err := sts.NewFromConfig(k.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || !strings.HasSuffix(aws.ToString(who.Arn), "r1-player-ana") {
		t.Fatalf("the key does not work at all: %v, %v", who, err)
	}
	names := infra.NamesOf("R1")
	identities := iam.NewFromConfig(k.cfg)
	_, err = identities.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	refused(t, "iam:CreateUser", err, "AccessDenied")
	_, err = identities.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{})
	refused(t, "iam:CreateAccessKey for oneself", err, "AccessDenied")
	_, err = identities.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: aws.String("r1-player-ana"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	refused(t, "iam:AttachUserPolicy to oneself", err, "AccessDenied")

	computers := ec2.NewFromConfig(k.cfg)
	_, err = computers.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{k.foreign}})
	refused(t, "ec2:TerminateInstances outside the round", err, "UnauthorizedOperation")
	referee := k.instance(ctx, t, names.Monitoring)
	_, err = computers.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{referee}})
	refused(t, "ec2:TerminateInstances of the referee", err, "UnauthorizedOperation")
	_, err = computers.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{referee}})
	refused(t, "ec2:StopInstances of the referee", err, "UnauthorizedOperation")
	box := k.instance(ctx, t, names.Box)
	_, err = computers.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{box, k.foreign}})
	refused(t, "ec2:TerminateInstances of one's own and another", err, "UnauthorizedOperation")
	for _, id := range []string{k.foreign, referee, box} {
		if state := k.state(ctx, t, id); state != types.InstanceStateNameRunning {
			t.Errorf("%s was refused and is %s", id, state)
		}
	}
	k.refereesGroups(ctx, t, computers)

	_, err = ecs.NewFromConfig(k.cfg).UpdateService(ctx, &ecs.UpdateServiceInput{Cluster: &names.Cluster, Service: aws.String(infra.ServiceVisitors), DesiredCount: aws.Int32(0)})
	refused(t, "ecs:UpdateService of the visitors", err, "AccessDeniedException")
	_, err = rds.NewFromConfig(k.cfg).DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: &names.Database, SkipFinalSnapshot: aws.Bool(true)})
	refused(t, "rds:DeleteDBInstance", err, "AccessDenied")
	_, err = secretsmanager.NewFromConfig(k.cfg).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &names.WebhookSecret})
	refused(t, "secretsmanager:GetSecretValue of the webhook", err, "AccessDeniedException")
}

// refereesGroups: nobody closes the door on those who measure.
func (k *keyTest) refereesGroups(ctx context.Context, t *testing.T, computers *ec2.Client) {
	for _, role := range []string{"visitors", "monitoring"} {
		out, err := computers.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{
			{Name: aws.String("tag:round"), Values: []string{"R1"}}, {Name: aws.String("tag:role"), Values: []string{role}},
		}})
		if err != nil || len(out.SecurityGroups) != 1 {
			t.Errorf("the security groups of %s: %v", role, err)
			continue
		}
		_, err = computers.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: out.SecurityGroups[0].GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(1), ToPort: aws.Int32(2), CidrIp: aws.String("10.0.0.0/8"),
		})
		refused(t, "ec2:AuthorizeSecurityGroupIngress of "+role, err, "UnauthorizedOperation")
	}
}

// instance finds a living instance by its name.
func (k *keyTest) instance(ctx context.Context, t *testing.T, name string) string {
	t.Helper()
	out, err := ec2.NewFromConfig(k.cfg).DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{
		{Name: aws.String("tag:Name"), Values: []string{name}}, {Name: aws.String("instance-state-name"), Values: []string{"running"}},
	}})
	if err != nil || len(out.Reservations) != 1 {
		t.Fatalf("look for %s: %v", name, err)
	}
	return aws.ToString(out.Reservations[0].Instances[0].InstanceId)
}

func (k *keyTest) state(ctx context.Context, t *testing.T, id string) types.InstanceStateName {
	t.Helper()
	out, err := ec2.NewFromConfig(k.behind(t)).DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Reservations[0].Instances[0].State.Name
}

// dead: after /destroy there is no such key.
func (k *keyTest) dead(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := sts.NewFromConfig(k.cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	refused(t, "sts:GetCallerIdentity", err, "InvalidClientTokenId")
	_, err = iam.NewFromConfig(k.cfg).GetUser(ctx, &iam.GetUserInput{})
	refused(t, "iam:GetUser", err, "InvalidClientTokenId")
	_, err = ec2.NewFromConfig(k.cfg).DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	refused(t, "ec2:DescribeSecurityGroups", err, "AuthFailure")
	_, err = ecs.NewFromConfig(k.cfg).ListClusters(ctx, &ecs.ListClustersInput{})
	refused(t, "ecs:ListClusters", err, "UnrecognizedClientException")
	_, err = rds.NewFromConfig(k.cfg).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
	refused(t, "rds:DescribeDBInstances", err, "InvalidClientTokenId")
}
