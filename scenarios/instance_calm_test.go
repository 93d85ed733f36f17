package scenarios

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/chaotic-good/scenarios/bot/round"
)

// canned is an AWS with one box that runs and passes its status check, and whose
// SSM agent answers or is gone.
type canned struct {
	alive bool
	calls []string
}

func (c *canned) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, _ := url.ParseQuery(string(body))
	action := form.Get("Action")
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		action = target[strings.LastIndex(target, ".")+1:]
	}
	c.calls = append(c.calls, action)
	status, text := http.StatusOK, "<x/>"
	switch action {
	case "DescribeTargetGroups":
		status, text = http.StatusBadRequest, "<ErrorResponse><Error><Code>TargetGroupNotFound</Code></Error></ErrorResponse>"
	case "DescribeInstances":
		text = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState></item></instancesSet></item></reservationSet></DescribeInstancesResponse>"
	case "DescribeInstanceStatus":
		text = "<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>i-1</instanceId><instanceStatus><status>ok</status></instanceStatus></item></instanceStatusSet></DescribeInstanceStatusResponse>"
	case "SendCommand":
		text = `{"Command":{"CommandId":"c-1"}}`
	case "GetCommandInvocation":
		if text = `{"Status":"InProgress"}`; c.alive {
			text = `{"Status":"Success"}`
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// TestACrashThatNobodyHasNoticed: a box is as dead before AWS's status check says
// so, and a rollback then reboots it; one that answers is left to run.
func TestACrashThatNobodyHasNoticed(t *testing.T) {
	for name, alive := range map[string]bool{"alive": true, "dead": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &canned{alive: alive}
				cfg := aws.Config{Region: "us-east-1", HTTPClient: c, Credentials: credentials.NewStaticCredentialsProvider("AKIATEST", "test", "")}
				raw, err := json.Marshal(boxReceipt{Instance: "i-1", Mark: "chaotic-good x"})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				if err := bootAgain(context.Background(), cfg, round.Target{Round: "R1"}, raw); err != nil {
					t.Fatal(err)
				}
				if rebooted := slices.Contains(c.calls, "RebootInstances"); rebooted == alive || !slices.Contains(c.calls, "SendCommand") {
					t.Errorf("rebooted: %t, after %q", rebooted, slices.Compact(c.calls))
				}
				if took := time.Since(began); took > calmTime+time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}
