package infra

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/chaotic-good/scenarios/bot/round"
)

// message is what the queue holds for one call of a user of R1.
func message(id, source, name, request, code string) string {
	return `{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":"123456789012",
	"time":"2026-11-23T14:13:06Z","region":"us-east-1","detail":{"eventID":"` + id + `","eventTime":"2026-11-23T14:13:05Z",
	"eventSource":"` + source + `.amazonaws.com","eventName":"` + name + `","errorCode":"` + code + `","readOnly":false,
	"requestParameters":` + request + `,"sourceIPAddress":"203.0.113.9",
	"userIdentity":{"type":"IAMUser","userName":"r1-player-ana","arn":"arn:aws:iam::123456789012:user/chaotic-good/R1/r1-player-ana"}}}`
}

func TestParseCall(t *testing.T) {
	for _, c := range []struct {
		name, source, action, request, code string
		want                                round.Call
	}{
		{"a rule by group", "ec2", "AuthorizeSecurityGroupIngress",
			`{"groupId":"sg-1","ipPermissions":{"items":[{"ipProtocol":"tcp","groups":{"items":[{"groupId":"sg-2"}]}}]}}`, "",
			round.Call{Service: "ec2", Action: "AuthorizeSecurityGroupIngress", Target: "sg-1", With: "from sg-2"}},
		{"a rule by address", "ec2", "AuthorizeSecurityGroupIngress",
			`{"ipPermissions":{"items":[{"ipRanges":{"items":[{"cidrIp":"203.0.113.9/32"}]},"fromPort":5432,"toPort":5432}]},"groupId":"sg-1"}`, "",
			round.Call{Service: "ec2", Action: "AuthorizeSecurityGroupIngress", Target: "sg-1", With: "from a range of addresses, port 5432"}},
		{"an instance, refused", "ec2", "TerminateInstances",
			`{"instancesSet":{"items":[{"instanceId":"i-0a"}]}}`, "Client.UnauthorizedOperation",
			round.Call{Service: "ec2", Action: "TerminateInstances", Target: "i-0a", Error: "UnauthorizedOperation"}},
		{"a service", "ecs", "UpdateService", `{"cluster":"chaotic-r1","service":"api","forceNewDeployment":true}`, "",
			round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "force-new-deployment"}},
		{"more tasks", "ecs", "UpdateService", `{"cluster":"chaotic-r1","service":"api","desiredCount":4,"forceNewDeployment":false}`, "",
			round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "desired-count 4"}},
		{"another revision", "ecs", "UpdateService",
			`{"service":"api","taskDefinition":"arn:aws:ecs:us-east-1:123456789012:task-definition/chaotic-r1-api:3"}`, "",
			round.Call{Service: "ecs", Action: "UpdateService", Target: "api", With: "task-definition chaotic-r1-api:3"}},
		{"a target, by its group's ARN", "elasticloadbalancing", "RegisterTargets",
			`{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/chaotic-r1-box/2dadd4b2835b1663","targets":[{"id":"i-0c"}]}`, "",
			round.Call{Service: "elasticloadbalancing", Action: "RegisterTargets", Target: "chaotic-r1-box", With: "target i-0c"}},
		{"a target by its address", "elasticloadbalancing", "RegisterTargets", `{"targets":[{"id":"203.0.113.9"}]}`, "",
			round.Call{Service: "elasticloadbalancing", Action: "RegisterTargets"}},
		{"a bigger database", "rds", "ModifyDBInstance", `{"dBInstanceIdentifier":"chaotic-r1-database","dBInstanceClass":"db.t4g.xlarge","applyImmediately":true}`, "",
			round.Call{Service: "rds", Action: "ModifyDBInstance", Target: "chaotic-r1-database", With: "db-instance-class db.t4g.xlarge"}},
		{"a service by ARN", "ecs", "UpdateService",
			`{"cluster":"c","service":"arn:aws:ecs:us-east-1:123456789012:service/chaotic-r1/api"}`, "",
			round.Call{Service: "ecs", Action: "UpdateService", Target: "api"}},
		{"a node group", "eks", "UpdateNodegroupConfig", `{"name":"chaotic-r1","nodegroupName":"chaotic-r1-nodes","scalingConfig":{"maxSize":4}}`, "",
			round.Call{Service: "eks", Action: "UpdateNodegroupConfig", Target: "chaotic-r1-nodes", With: "max-size 4"}},
		{"a database", "rds", "RebootDBInstance", `{"dBInstanceIdentifier":"chaotic-r1-database"}`, "",
			round.Call{Service: "rds", Action: "RebootDBInstance", Target: "chaotic-r1-database"}},
		{"a command", "ssm", "SendCommand", `{"documentName":"AWS-RunShellScript","instanceIds":["i-0b"],"parameters":"HIDDEN"}`, "",
			round.Call{Service: "ssm", Action: "SendCommand", Target: "i-0b"}},
		{"a secret by ARN", "secretsmanager", "GetSecretValue",
			`{"secretId":"arn:aws:secretsmanager:us-east-1:123456789012:secret:chaotic-r1/database-AbCdEf"}`, "AccessDenied",
			round.Call{Service: "secretsmanager", Action: "GetSecretValue", Target: "database-AbCdEf", Error: "AccessDenied"}},
		{"metrics", "monitoring", "DescribeAlarms", `null`, "",
			round.Call{Service: "cloudwatch", Action: "DescribeAlarms"}},
		{"an account number for a name", "rds", "DescribeDBInstances", `{"dBInstanceIdentifier":"123456789012"}`, "",
			round.Call{Service: "rds", Action: "DescribeDBInstances"}},
		{"an address for a name", "logs", "DescribeLogGroups", `{"name":"203.0.113.9"}`, "",
			round.Call{Service: "logs", Action: "DescribeLogGroups"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.EventID, c.want.User = "e1", "r1-player-ana"
			c.want.At = time.Date(2026, 11, 23, 14, 13, 5, 0, time.UTC)
			got, ours, err := parseCall(message("e1", c.source, c.action, c.request, c.code), "R1")
			if err != nil || !ours || got != c.want {
				t.Errorf("%+v, %v, %v; want %+v", got, ours, err, c.want)
			}
		})
	}
}

func TestParseWhatACallMade(t *testing.T) {
	const answer = `,"responseElements":{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:us-east-1:123456789012:task-definition/chaotic-r1-api:4"}},"sourceIPAddress"`
	for action, want := range map[string]string{"RegisterTaskDefinition": "chaotic-r1-api:4", "UpdateService": ""} {
		body := strings.Replace(message("e1", "ecs", action, `{"family":"chaotic-r1-api"}`, ""), `,"sourceIPAddress"`, answer, 1)
		got, ours, err := parseCall(body, "R1")
		if err != nil || !ours || got.Made != want {
			t.Errorf("%s made %q, want %q; %v, %v", action, got.Made, want, ours, err)
		}
	}
}

func TestParseWhatWasStopped(t *testing.T) {
	const answer = `,"responseElements":{"task":{"taskArn":"arn:aws:ecs:us-east-1:123456789012:task/chaotic-r1/0a","taskDefinitionArn":"arn:aws:ecs:us-east-1:123456789012:task-definition/chaotic-r1-mailer:1"}},"sourceIPAddress"`
	body := strings.Replace(message("e1", "ecs", "StopTask", `{"cluster":"chaotic-r1","task":"0a"}`, ""), `,"sourceIPAddress"`, answer, 1)
	if got, ours, err := parseCall(body, "R1"); err != nil || !ours || got.Target != "0a" || got.With != "of chaotic-r1-mailer:1" {
		t.Errorf("%+v, %v, %v", got, ours, err)
	}
}

func TestOnlyTheRoundsPeopleAreFollowed(t *testing.T) {
	for _, user := range []string{"bot", "r2-player-ana", "r10-player-ana", ""} {
		body := strings.ReplaceAll(message("e1", "ec2", "StopInstances", "{}", ""), `"r1-player-ana"`, `"`+user+`"`)
		body = strings.ReplaceAll(body, "/r1-player-ana", "/"+user)
		if call, ours, err := parseCall(body, "R1"); ours || err != nil {
			t.Errorf("%q: %+v, %v", user, call, err)
		}
	}
	if _, ours, err := parseCall(message("e1", "sts", "GetCallerIdentity", "null", ""), "R1"); ours || err != nil {
		t.Errorf("the bot's trial of a new key: %v, %v", ours, err)
	}
	body := strings.Replace(message("e1", "ec2", "StopInstances", "{}", ""), `"userName":"r1-player-ana",`, "", 1)
	if call, ours, err := parseCall(body, "R1"); !ours || err != nil || call.User != "r1-player-ana" {
		t.Errorf("known by ARN only: %+v, %v, %v", call, ours, err)
	}
	for _, body := range []string{"", "not json", "{}", `[]`, `{"detail":{"eventID":"e"}}`, `{"detail":{"eventTime":"yesterday"}}`} {
		if _, ours, err := parseCall(body, "R1"); ours || err == nil {
			t.Errorf("%q is taken for a call", body)
		}
	}
}

func TestFollow(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	trail := NewTrail(cfg, quiet())
	trail.wait, trail.pause, trail.hide = time.Second, time.Millisecond, time.Second
	queue := aws.ToString(must(trail.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("chaotic-r1-audit")}))(t).QueueUrl)
	t.Cleanup(func() {
		_, _ = trail.sqs.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: &queue})
	})
	for _, body := range []string{
		message("e1", "ec2", "StopInstances", "{}", ""),
		"this is not an event",
		strings.ReplaceAll(message("e2", "ec2", "StopInstances", "{}", ""), "r1-player-ana", "bot"),
		message("e3", "ec2", "StartInstances", "{}", ""),
	} {
		must(trail.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body}))(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var kept []string
	full := true // the first try of e1 fails, as if the disk were full
	err := trail.Follow(ctx, round.Target{Round: "R1", Outputs: round.Outputs{Queue: queue}}, func(_ context.Context, c round.Call) error {
		if c.EventID == "e1" && full {
			full = false
			return errors.New("disk full")
		}
		kept = append(kept, c.EventID)
		if len(kept) == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ends with %v", err)
	}
	slices.Sort(kept)
	if !slices.Equal(kept, []string{"e1", "e3"}) {
		t.Errorf("kept %v", kept)
	}
}

func TestFollowGivesUpAQueueThatIsGone(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	trail := NewTrail(cfg, quiet())
	trail.pause = time.Millisecond
	target := round.Target{Round: "R1", Outputs: round.Outputs{Queue: *cfg.BaseEndpoint + "/123456789012/chaotic-r99-audit"}}
	err := trail.Follow(t.Context(), target, func(context.Context, round.Call) error { return nil })
	if err == nil || !isGone(err) {
		t.Errorf("gives %v", err)
	}
	if err := trail.Follow(t.Context(), round.Target{Round: "R1"}, nil); err == nil {
		t.Error("no queue is no error")
	}
}
