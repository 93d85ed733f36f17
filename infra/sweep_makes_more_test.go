package infra

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	zonetypes "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func inNetwork(t *testing.T, s *stack) {
	t.Helper()
	if err := makeNetwork(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func makeZone(t *testing.T, s *stack) {
	inNetwork(t, s)
	zone := must(s.route53.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: aws.String(s.names.Prefix + ".internal"), CallerReference: &s.names.Prefix,
		VPC: &zonetypes.VPC{VPCId: &s.vpc, VPCRegion: zonetypes.VPCRegionUsEast1},
	}))(t)
	must(s.route53.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: zone.HostedZone.Id, ChangeBatch: &zonetypes.ChangeBatch{Changes: []zonetypes.Change{{
			Action: zonetypes.ChangeActionCreate, ResourceRecordSet: &zonetypes.ResourceRecordSet{
				Name: aws.String("shop." + s.names.zone()), Type: zonetypes.RRTypeA, TTL: aws.Int64(10),
				ResourceRecords: []zonetypes.ResourceRecord{{Value: aws.String("10.20.0.5")}, {Value: aws.String("10.20.1.5")}},
			},
		}}},
	}))(t)
}

// makePool gives it a domain, a client and somebody, as a pool may have.
func makePool(t *testing.T, s *stack) {
	pool := must(s.cognito.CreateUserPool(t.Context(), &cognito.CreateUserPoolInput{PoolName: &s.names.Prefix}))(t).UserPool
	must(s.cognito.CreateUserPoolDomain(t.Context(), &cognito.CreateUserPoolDomainInput{UserPoolId: pool.Id, Domain: &s.names.Prefix}))(t)
	must(s.cognito.CreateUserPoolClient(t.Context(), &cognito.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("site")}))(t)
	must(s.cognito.AdminCreateUser(t.Context(), &cognito.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("player")}))(t)
}

func makeProfile(t *testing.T, s *stack) {
	name := s.names.BoxRole
	trust := must(s.policy("hosts-trust"))(t)
	must(s.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, Path: &s.names.Path, AssumeRolePolicyDocument: &trust}))(t)
	must(s.iam.CreateInstanceProfile(t.Context(), &iam.CreateInstanceProfileInput{InstanceProfileName: &name, Path: &s.names.Path}))(t)
	must(s.iam.AddRoleToInstanceProfile(t.Context(), &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &name, RoleName: &name}))(t)
}

// makeEndpoint makes one with the round's tags, and one of somebody without.
func makeEndpoint(t *testing.T, s *stack) {
	inNetwork(t, s)
	for _, tags := range [][]types.TagSpecification{s.tagged(types.ResourceTypeVpcEndpoint, RoleNetwork, s.names.Prefix+"-s3"), nil} {
		must(s.ec2.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
			VpcId: &s.vpc, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), VpcEndpointType: types.VpcEndpointTypeGateway, TagSpecifications: tags,
		}))(t)
	}
}

func makeFlowLog(t *testing.T, s *stack) {
	inNetwork(t, s)
	must(s.ec2.CreateFlowLogs(t.Context(), &ec2.CreateFlowLogsInput{
		ResourceIds: []string{s.vpc}, ResourceType: types.FlowLogsResourceTypeVpc, TrafficType: types.TrafficTypeAll,
		LogGroupName: aws.String(s.names.Logs("flow")), DeliverLogsPermissionArn: aws.String("arn:aws:iam::" + s.account + ":role/flow"),
		TagSpecifications: s.tagged(types.ResourceTypeVpcFlowLog, RoleNetwork, s.names.VPC),
	}))(t)
}

// makeAddress makes one that an interface has, and one that nobody has.
func makeAddress(t *testing.T, s *stack) {
	inNetwork(t, s)
	face := must(s.ec2.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: aws.String(s.subnets[HostSubnet])}))(t)
	for _, taken := range []bool{true, false} {
		made := must(s.ec2.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{
			Domain: types.DomainTypeVpc, TagSpecifications: s.tagged(types.ResourceTypeElasticIp, RoleMonitoring, s.names.Monitoring),
		}))(t)
		if taken {
			must(s.ec2.AssociateAddress(t.Context(), &ec2.AssociateAddressInput{
				AllocationId: made.AllocationId, NetworkInterfaceId: face.NetworkInterface.NetworkInterfaceId,
			}))(t)
		}
	}
}

// makeSnapshot gives it the name that RDS offers for the last one.
func makeSnapshot(t *testing.T, s *stack) {
	_, err := s.rds.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: &s.names.Database, DBInstanceClass: aws.String(DatabaseClass), Engine: aws.String("postgres"),
		MasterUsername: aws.String("operator"), MasterUserPassword: aws.String("none-of-ours"), AllocatedStorage: aws.Int32(DatabaseStorage),
	})
	if err != nil && !hasCode(err, "DBInstanceAlreadyExists") {
		t.Fatal(err)
	}
	must(s.rds.CreateDBSnapshot(t.Context(), &rds.CreateDBSnapshotInput{
		DBInstanceIdentifier: &s.names.Database, DBSnapshotIdentifier: aws.String(s.names.Database + "-final-snapshot"),
	}))(t)
}
