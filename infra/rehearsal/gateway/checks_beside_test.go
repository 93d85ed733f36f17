package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secretstypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
)

// TestWhatACallNeedsBeside: somebody who may do everything but one thing is
// refused the call that brings it with it, in the words of that thing.
func TestWhatACallNeedsBeside(t *testing.T) {
	w := newWorld(t)
	ctx, root := t.Context(), w.root()
	i, e := iam.NewFromConfig(root), ecs.NewFromConfig(root)
	role, err := i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("beside"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
	must(t, err)
	_, err = i.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("beside")})
	must(t, err)
	_, err = i.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("beside"), RoleName: aws.String("beside")})
	must(t, err)
	_, err = e.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{Family: aws.String("beside"), ExecutionRoleArn: role.Role.Arn,
		ContainerDefinitions: []ecstypes.ContainerDefinition{{Name: aws.String("x"), Image: aws.String("x"), Memory: aws.Int32(64)}}})
	must(t, err)
	_, err = ec2.NewFromConfig(root).CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("beside"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: aws.String("ami-12345678"), InstanceType: types.InstanceTypeT3Micro,
			IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: aws.String("beside")},
			BlockDeviceMappings: []types.LaunchTemplateBlockDeviceMappingRequest{{DeviceName: aws.String("/dev/sdf"),
				Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: aws.Int32(1), Encrypted: aws.Bool(true)}}},
		}})
	must(t, err)

	run := func(ctx context.Context, cfg aws.Config) error {
		_, err := ec2.NewFromConfig(cfg).RunInstances(ctx, &ec2.RunInstancesInput{MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
			LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("beside")}})
		return err
	}
	database := func(ctx context.Context, cfg aws.Config) error {
		_, err := rds.NewFromConfig(cfg).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("beside"), Engine: aws.String("postgres"),
			DBInstanceClass: aws.String("db.t4g.micro"), StorageEncrypted: aws.Bool(true), ManageMasterUserPassword: aws.Bool(true)})
		return err
	}
	change := func(ctx context.Context, cfg aws.Config) error {
		_, err := rds.NewFromConfig(cfg).ModifyDBInstance(ctx, &rds.ModifyDBInstanceInput{DBInstanceIdentifier: aws.String("beside"), DBInstanceClass: aws.String("db.t4g.xlarge")})
		return err
	}
	rules := func(ctx context.Context, cfg aws.Config) error {
		_, err := ec2.NewFromConfig(cfg).ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: aws.String("sg-1"),
			SecurityGroupRules: []types.SecurityGroupRuleUpdate{{SecurityGroupRuleId: aws.String("sgr-1"), SecurityGroupRule: &types.SecurityGroupRuleRequest{IpProtocol: aws.String("tcp")}}}})
		return err
	}
	allow := func(ctx context.Context, cfg aws.Config) error {
		_, err := ec2.NewFromConfig(cfg).AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String("sg-1"), IpProtocol: aws.String("tcp"),
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroupRule, Tags: ec2Tags("R76", "x")}}})
		return err
	}
	for _, c := range []struct {
		lacks string // an action, or where it begins with arn: a resource
		call  func(context.Context, aws.Config) error
	}{
		{"iam:PassRole", run},
		{"kms:CreateGrant", run},
		{"kms:DescribeKey", database},
		{"secretsmanager:CreateSecret", database},
		{"arn:aws:rds:*:*:og:*", database},
		{"arn:aws:rds:*:*:og:*", change},
		{"arn:aws:ec2:*:*:security-group-rule/*", rules},
		{"arn:aws:ec2:*:*:security-group-rule/*", allow},
		{"iam:PassRole", func(ctx context.Context, cfg aws.Config) error {
			_, err := ecs.NewFromConfig(cfg).RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("beside")})
			return err
		}},
		{"ec2:GetSecurityGroupsForVpc", func(ctx context.Context, cfg aws.Config) error {
			_, err := elb.NewFromConfig(cfg).CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("beside")})
			return err
		}},
		{"iam:GetRole", func(ctx context.Context, cfg aws.Config) error {
			_, err := eks.NewFromConfig(cfg).CreateNodegroup(ctx, &eks.CreateNodegroupInput{ClusterName: aws.String("beside"), NodegroupName: aws.String("x"), NodeRole: role.Role.Arn, Subnets: []string{"subnet-1"}})
			return err
		}},
		{"secretsmanager:TagResource", func(ctx context.Context, cfg aws.Config) error {
			_, err := secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("beside"), SecretString: aws.String("x"),
				Tags: []secretstypes.Tag{{Key: aws.String("round"), Value: aws.String("R76")}}})
			return err
		}},
	} {
		policy, resource := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*","NotAction":"`+c.lacks+`"}}`, strings.HasPrefix(c.lacks, "arn:")
		if resource {
			policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","NotResource":"` + c.lacks + `"}}`
		}
		name := "lacks-" + strings.NewReplacer(":", "-", "*", "", "/", "-").Replace(c.lacks)
		cfg, _ := w.user("/", name, policy)
		err := c.call(ctx, cfg)
		var said smithy.APIError
		word := strings.Trim(c.lacks[strings.LastIndex(c.lacks, ":*:")+1:], ":*")
		if !errors.As(err, &said) || !strings.Contains(said.ErrorMessage(), "is not authorized to perform") || !strings.Contains(said.ErrorMessage(), word) {
			t.Errorf("without %s: %v", c.lacks, err)
		}
		_, err = i.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &name, PolicyName: aws.String("own-0")})
		must(t, err)
		for _, key := range w.keysOf(i, name) {
			_, err = i.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &name, AccessKeyId: &key})
			must(t, err)
		}
		_, err = i.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &name})
		must(t, err)
	}
	// With everything it is another matter than rights what is wrong, if anything.
	cfg, _ := w.user("/", "lacks-nothing", everything)
	for _, call := range []func(context.Context, aws.Config) error{rules, allow, database, change} {
		if err := call(ctx, cfg); err != nil && strings.Contains(err.Error(), "is not authorized to perform") {
			t.Errorf("with everything: %v", err)
		}
	}
}

func (w *world) keysOf(i *iam.Client, user string) (ids []string) {
	out, err := i.ListAccessKeys(w.Context(), &iam.ListAccessKeysInput{UserName: &user})
	must(w, err)
	for _, k := range out.AccessKeyMetadata {
		ids = append(ids, *k.AccessKeyId)
	}
	return ids
}
