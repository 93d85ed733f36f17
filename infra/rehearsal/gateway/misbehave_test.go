package gateway

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

func TestMisbehave(t *testing.T) {
	w := newWorld(t)
	codes := map[string]string{"ec2": "RequestLimitExceeded", "iam": "Throttling", "rds": "Throttling", "sts": "Throttling",
		"elb": "Throttling", "ecs": "ThrottlingException", "ssm": "ThrottlingException", "sqs": "RequestThrottled",
		"secretsmanager": "ThrottlingException"}
	w.gateway.Misbehave(Rule{Throttle: true, Times: len(codes)})
	for service, err := range everyService(t.Context(), w.root()) {
		t.Run("throttle "+service, func(t *testing.T) { wantCode(t, err, codes[service]) })
	}
	for service, err := range everyService(t.Context(), w.root()) {
		if err != nil {
			t.Errorf("%s still fails after the rule is used up: %v", service, err)
		}
	}

	w.gateway.Misbehave(Rule{Service: "ec2", Action: "Describe*", Fail: true, Delay: 50 * time.Millisecond})
	began := time.Now()
	_, err := ec2.NewFromConfig(w.root()).DescribeVpcs(t.Context(), nil)
	wantCode(t, err, "InternalError")
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("the delay was %s", took)
	}
	_, err = ecs.NewFromConfig(w.root()).ListClusters(t.Context(), nil)
	must(t, err)
	w.gateway.Behave()
	_, err = ec2.NewFromConfig(w.root()).DescribeVpcs(t.Context(), nil)
	must(t, err)
}

func TestAThrottledCallerRetries(t *testing.T) {
	w := newWorld(t)
	w.gateway.Misbehave(Rule{Service: "ec2", Throttle: true, Times: 1})
	cfg := w.root()
	cfg.Retryer = nil
	_, err := ec2.NewFromConfig(cfg).DescribeVpcs(t.Context(), nil)
	must(t, err)
}

func TestHooksHearWritesThatSucceeded(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var heard []Call
	w.gateway.OnWrite(func(c Call) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, c)
	})
	c := ecs.NewFromConfig(w.root())
	_, err := c.CreateCluster(t.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("heard")})
	must(t, err)
	_, err = c.ListClusters(t.Context(), nil)
	must(t, err)
	if _, err := c.DeleteService(t.Context(), &ecs.DeleteServiceInput{Cluster: aws.String("heard"), Service: aws.String("none")}); err == nil {
		t.Fatal("a service that does not exist was deleted")
	}
	mu.Lock()
	defer mu.Unlock()
	want := Call{Principal: root.ARN, Service: "ecs", Action: "CreateCluster", Resources: []string{"arn:aws:ecs:us-east-1:123456789012:cluster/heard"}}
	if len(heard) != 1 || heard[0].Action != want.Action || heard[0].Principal != want.Principal || heard[0].Resources[0] != want.Resources[0] {
		t.Errorf("heard %+v, want only %+v", heard, want)
	}
}
