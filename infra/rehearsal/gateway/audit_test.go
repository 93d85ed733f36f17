package gateway

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

func TestTheQueueGetsWhatTheRoundsUsersDo(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	read := w.audit("R41")
	cfg, id := w.user("/chaotic-good/R41/", "audited", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["ec2:*","rds:*","secretsmanager:*"],"Resource":"*"}}`)
	stranger, _ := w.user("/", "stranger", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)

	player := ec2.NewFromConfig(cfg)
	group, err := player.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("audited"), Description: aws.String("d")})
	must(t, err)
	_, err = player.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId,
		IpPermissions: []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(5432), ToPort: aws.Int32(5432),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: group.GroupId}}}}})
	must(t, err)
	_, err = player.DescribeVpcs(ctx, nil)
	must(t, err)
	_, err = ec2.NewFromConfig(stranger).DescribeVpcs(ctx, nil)
	must(t, err)
	_, err = iam.NewFromConfig(cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("x")})
	wantCode(t, err, "AccessDenied")
	_, err = rds.NewFromConfig(cfg).CreateDBInstance(ctx, &rds.CreateDBInstanceInput{DBInstanceIdentifier: aws.String("audited"),
		DBInstanceClass: aws.String("db.t4g.micro"), Engine: aws.String("postgres"), MasterUserPassword: aws.String("hunter2hunter2")})
	must(t, err)
	_, err = secretsmanager.NewFromConfig(cfg).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("audited"), SecretString: aws.String("hunter2hunter2")})
	must(t, err)

	events := read()
	var names []string
	for _, e := range events {
		names = append(names, e.Detail.EventName)
		if strings.Contains(e.raw, "hunter2") {
			t.Errorf("%s records a secret: %s", e.Detail.EventName, e.raw)
		}
	}
	want := "CreateSecurityGroup AuthorizeSecurityGroupIngress DescribeVpcs CreateUser CreateDBInstance CreateSecret"
	if got := strings.Join(names, " "); got != want {
		t.Fatalf("recorded %s, want %s", got, want)
	}
	rule := events[1]
	d := rule.Detail
	if rule.DetailType != "AWS API Call via CloudTrail" || rule.Source != "aws.ec2" || rule.Account != account ||
		d.EventSource != "ec2.amazonaws.com" || d.ReadOnly || d.ErrorCode != "" || d.EventID == "" ||
		d.UserIdentity.Type != "IAMUser" || d.UserIdentity.UserName != "audited" || d.UserIdentity.AccessKeyId != id ||
		d.UserIdentity.Arn != "arn:aws:iam::"+account+":user/chaotic-good/R41/audited" {
		t.Errorf("the envelope is not CloudTrail's: %s", rule.raw)
	}
	wantParams := `{"groupId":"` + *group.GroupId + `","ipPermissions":{"items":[{"fromPort":5432,"groups":{"items":[{"groupId":"` +
		*group.GroupId + `"}]},"ipProtocol":"tcp","toPort":5432}]}}`
	if got := string(d.RequestParameters); got != wantParams {
		t.Errorf("parameters are\n%s, want\n%s", got, wantParams)
	}
	if read := events[2]; !read.Detail.ReadOnly || strings.Contains(read.raw, "responseElements") {
		t.Errorf("a describe is not recorded as a read: %s", read.raw)
	}
	if made := events[5].raw; !strings.Contains(made, `"responseElements":{`) || !strings.Contains(made, `:secret:audited-`) {
		t.Errorf("what was made is not recorded: %s", made)
	}
	if denied := events[3].Detail; denied.ErrorCode != "AccessDenied" || !strings.Contains(denied.ErrorMessage, "iam:CreateUser") {
		t.Errorf("a denied call is recorded as %s: %s", denied.ErrorCode, denied.ErrorMessage)
	}
}

func TestARoundWithoutAQueueIsNotRecorded(t *testing.T) {
	w := newWorld(t)
	cfg, _ := w.user("/chaotic-good/R42/", "unheard", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
	must(t, err)
	must(t, w.gateway.Close(t.Context()))
	_, err = ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
	must(t, err) // a closed trail does not stop the calls
}
