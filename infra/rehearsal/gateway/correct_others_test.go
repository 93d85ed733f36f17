package gateway

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// AWS: a command runs on the instances that were named, which must run.
func TestSendCommand(t *testing.T) {
	w := newWorld(t)
	c := ssm.NewFromConfig(w.root())
	mine, _, stopped := w.box("R7"), w.box("R7"), w.box("R7")
	_, err := ec2.NewFromConfig(w.root()).StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{stopped}})
	must(t, err)
	send := func(in ssm.SendCommandInput) (*ssm.SendCommandOutput, error) {
		in.DocumentName = aws.String("AWS-RunShellScript")
		in.Parameters = map[string][]string{"commands": {"uptime"}}
		return c.SendCommand(t.Context(), &in)
	}
	for name, in := range map[string]ssm.SendCommandInput{
		"by id":     {InstanceIds: []string{mine}},
		"by target": {Targets: []types.Target{{Key: aws.String("InstanceIds"), Values: []string{mine}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := send(in)
			must(t, err)
			if !reflect.DeepEqual(got.Command.InstanceIds, []string{mine}) || len(got.Command.Targets) != 0 {
				t.Errorf("the command went to %v %v, want only %s", got.Command.InstanceIds, got.Command.Targets, mine)
			}
			list, err := c.ListCommands(t.Context(), &ssm.ListCommandsInput{CommandId: got.Command.CommandId})
			must(t, err)
			if l := list.Commands[0]; !reflect.DeepEqual(l.InstanceIds, []string{mine}) || len(l.Targets) != 0 || l.Parameters["commands"][0] != "uptime" {
				t.Errorf("it is listed as %+v", l)
			}
		})
	}
	for _, id := range []string{stopped, "i-0123456789abcdef0"} {
		_, err := send(ssm.SendCommandInput{InstanceIds: []string{mine, id}})
		if say := wantCode(t, err, "InvalidInstanceId"); say != "" && say != "Instances [["+id+"]] not in a valid state for account "+account {
			t.Errorf("AWS says %q", say)
		}
	}
}

// AWS: an instance whose agent answers is listed.
func TestDescribeInstanceInformation(t *testing.T) {
	w := newWorld(t)
	up, down := w.box("R7"), w.box("R7")
	_, err := ec2.NewFromConfig(w.root()).StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{down}})
	must(t, err)
	got, err := ssm.NewFromConfig(w.root()).DescribeInstanceInformation(t.Context(), &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: []string{up, down}}}})
	must(t, err)
	if l := got.InstanceInformationList; len(l) != 1 || *l[0].InstanceId != up || l[0].PingStatus != "Online" {
		t.Errorf("listed are %+v, want only %s", l, up)
	}
}

// AWS: only an available database is rebooted.
func TestRebootDBInstance(t *testing.T) {
	w := newWorld(t)
	c := rds.NewFromConfig(w.root())
	id := aws.String("rebooted")
	_, err := c.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{DBInstanceIdentifier: id, DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres")})
	must(t, err)
	_, err = c.RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: id})
	must(t, err)
	_, err = c.StopDBInstance(t.Context(), &rds.StopDBInstanceInput{DBInstanceIdentifier: id})
	must(t, err)
	_, err = c.RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: id})
	wantCode(t, err, "InvalidDBInstanceState")
	_, err = c.RebootDBInstance(t.Context(), &rds.RebootDBInstanceInput{DBInstanceIdentifier: aws.String("none")})
	wantCode(t, err, "DBInstanceNotFound")
}

// AWS: a modification that names no security group leaves them as they are.
func TestModifyDBInstanceWithoutGroups(t *testing.T) {
	w := newWorld(t)
	c := rds.NewFromConfig(w.root())
	id, first, second := aws.String("modified"), ingressGroup(w, "modified-first"), ingressGroup(w, "modified-second")
	_, err := c.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{DBInstanceIdentifier: id, DBInstanceClass: aws.String("db.t4g.micro"),
		Engine: aws.String("postgres"), VpcSecurityGroupIds: []string{first}})
	must(t, err)
	for _, tt := range []struct {
		name string
		list []string
		want string
	}{
		{"no list", nil, first},
		{"an empty list", []string{}, first},
		{"an empty name", []string{""}, first},
		{"another group", []string{second}, second},
		{"an empty list again", []string{}, second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.ModifyDBInstance(t.Context(), &rds.ModifyDBInstanceInput{DBInstanceIdentifier: id, VpcSecurityGroupIds: tt.list})
			must(t, err)
			got, err := c.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: id})
			must(t, err)
			if g := got.DBInstances[0].VpcSecurityGroups; len(g) != 1 || *g[0].VpcSecurityGroupId != tt.want {
				t.Errorf("its groups are %+v, want %s", g, tt.want)
			}
		})
	}
}

// Where moto crashes the caller gets AWS's internal failure, not a page.
func TestACrashIsAnInternalFailure(t *testing.T) {
	w := newWorld(t)
	_, err := ssm.NewFromConfig(w.root()).CancelCommand(t.Context(), &ssm.CancelCommandInput{CommandId: aws.String("01234567-0123-0123-0123-0123456789ab")})
	wantCode(t, err, "InternalFailure")
	_, err = rds.NewFromConfig(w.root()).ResetDBParameterGroup(t.Context(), &rds.ResetDBParameterGroupInput{DBParameterGroupName: aws.String("x")})
	wantCode(t, err, "InternalFailure")
}
