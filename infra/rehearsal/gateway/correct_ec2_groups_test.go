package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// AWS: "You can't delete a security group that is associated with" anything;
// the error is DependencyViolation.
func TestAGroupInUseIsKept(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c, db := ec2.NewFromConfig(w.root()), rds.NewFromConfig(w.root())
	group := func(name string) *string {
		made, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: &name, Description: aws.String("d")})
		must(t, err)
		return made.GroupId
	}
	drop := func(id *string) error {
		_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: id})
		return err
	}
	ofDatabase, ofRule, ofInterface, ofNothing := group("held-by-database"), group("held-by-rule"), group("held-by-interface"), group("held-by-nothing")

	_, err := db.CreateDBInstance(ctx, &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("held"), DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"),
		VpcSecurityGroupIds: []string{*ofDatabase},
	})
	must(t, err)
	rule := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
		UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: ofRule}}}
	_, err = c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: ofNothing, IpPermissions: []types.IpPermission{rule}})
	must(t, err)
	subnets, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	must(t, err)
	nic, err := c.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: subnets.Subnets[0].SubnetId, Groups: []string{*ofInterface}})
	must(t, err)

	for _, id := range []*string{ofDatabase, ofRule, ofInterface} {
		wantCode(t, drop(id), "DependencyViolation")
	}
	_, err = c.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: nic.NetworkInterface.NetworkInterfaceId})
	must(t, err)
	_, err = db.DeleteDBInstance(ctx, &rds.DeleteDBInstanceInput{DBInstanceIdentifier: aws.String("held"), SkipFinalSnapshot: aws.Bool(true)})
	must(t, err)
	for _, id := range []*string{ofNothing, ofRule, ofInterface, ofDatabase} {
		must(t, drop(id))
	}
}
