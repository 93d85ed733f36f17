package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// TestTagsAreFound asks for the tags of one thing of each kind.
func TestTagsAreFound(t *testing.T) {
	s := newStack(t, "tagged")
	ctx := t.Context()
	key, value := aws.String("round"), aws.String("R7")
	s.revision()
	ran, err := s.ecs.RunTask(ctx, &ecs.RunTaskInput{Cluster: &s.cluster, TaskDefinition: &s.cluster, NetworkConfiguration: s.network,
		Tags: []ecstypes.Tag{{Key: key, Value: value}}})
	must(t, err)
	db, err := rds.NewFromConfig(s.root()).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("tagged"),
		DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"), Tags: []rdstypes.Tag{{Key: key, Value: value}}})
	must(t, err)
	vpcs, err := ec2.NewFromConfig(s.root()).DescribeVpcs(ctx, nil)
	must(t, err)
	group, err := elb.NewFromConfig(s.root()).CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{Name: aws.String("tagged"), Protocol: "HTTP",
		Port: aws.Int32(80), TargetType: "ip", VpcId: vpcs.Vpcs[0].VpcId, Tags: []elbtypes.Tag{{Key: key, Value: value}}})
	must(t, err)
	secret, err := secretsmanager.NewFromConfig(s.root()).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("tagged"),
		SecretString: aws.String("x"), Tags: []smtypes.Tag{{Key: key, Value: value}}})
	must(t, err)
	_, err = sqs.NewFromConfig(s.root()).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("tagged"), Tags: map[string]string{"round": "R7"}})
	must(t, err)
	_, err = ssm.NewFromConfig(s.root()).PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/tagged/p"), Value: aws.String("x"), Type: "String",
		Tags: []ssmtypes.Tag{{Key: key, Value: value}}})
	must(t, err)
	user, err := iam.NewFromConfig(s.root()).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("tagged"), Path: aws.String("/p/"),
		Tags: []iamtypes.Tag{{Key: key, Value: value}}})
	must(t, err)

	for name, arn := range map[string]string{
		"instance":     "arn:aws:ec2:us-east-1:" + account + ":instance/" + s.box("R7"),
		"task":         *ran.Tasks[0].TaskArn,
		"database":     *db.DBInstance.DBInstanceArn,
		"target group": *group.TargetGroups[0].TargetGroupArn,
		"secret":       *secret.ARN,
		"queue":        "arn:aws:sqs:us-east-1:" + account + ":tagged",
		"parameter":    "arn:aws:ssm:us-east-1:" + account + ":parameter/tagged/p",
		"user":         *user.User.Arn,
	} {
		t.Run(name, func(t *testing.T) {
			tags, err := s.gateway.moto.tags(ctx, arn)
			must(t, err)
			if tags["round"] != "R7" {
				t.Errorf("tags of %s = %v", arn, tags)
			}
		})
	}
}
