package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
)

const (
	account = "123456789012"
	region  = "us-east-1"
)

// root is the key that every test's gateway trusts.
var root = Key{ID: "AKIAROOTROOTROOTROOT", Secret: "root-secret", ARN: "arn:aws:iam::" + account + ":user/bot"}

// shared is the one moto of this test binary; each test has its own gateway
// and its own names.
var shared struct {
	once   sync.Once
	server *moto.Server
	dir    string
	err    error
	ended  map[string]bool // tests, since moto last forgot everything
}

func TestMain(m *testing.M) {
	m.Run()
	if shared.server != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := shared.server.Stop(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "stop moto:", err)
		}
	}
	if shared.dir != "" {
		os.RemoveAll(shared.dir)
	}
}

// needMoto is the running moto; without the tool the test is skipped, or fails
// where everything is required.
func needMoto(t testing.TB) *moto.Server {
	t.Helper()
	shared.once.Do(func() {
		shared.ended = map[string]bool{}
		var tool moto.Tool
		if tool, shared.err = moto.Find(t.Context()); shared.err != nil {
			return
		}
		if shared.dir, shared.err = os.MkdirTemp("", "gateway-moto-"); shared.err != nil {
			return
		}
		shared.server, shared.err = moto.Start(context.Background(), moto.Config{
			Tool: tool, Dir: shared.dir, Log: slog.New(slog.DiscardHandler),
		})
	})
	switch {
	case shared.err == nil:
	case errors.Is(shared.err, moto.ErrNotFound) && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1":
		t.Skipf("needs moto_server: %v", shared.err)
	default:
		t.Fatal(shared.err)
	}
	return shared.server
}

// afresh has moto forget everything when a test comes a second time, as with
// -count=2: the names that it gives would all be taken.
func afresh(t testing.TB, server *moto.Server) {
	t.Helper()
	if shared.ended[t.Name()] {
		res, err := http.Post(server.URL.JoinPath("moto-api/reset").String(), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		clear(shared.ended)
	}
	t.Cleanup(func() { shared.ended[t.Name()] = true })
}

// clock is a wall clock that a test can set wrong.
type clock struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *clock) shift(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off = d
}

// world is a gateway in front of moto, and who uses it.
type world struct {
	testing.TB
	gateway *Gateway
	url     string
	clock   *clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOf(t, account)
}

// newWorldOf has an account of its own, whose quotas and default network no
// other test touches.
func newWorldOf(t testing.TB, account string) *world {
	t.Helper()
	c, server := &clock{}, needMoto(t)
	afresh(t, server)
	g, err := New(Config{Upstream: server.URL, Account: account, Region: region, Now: c.now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	g.Trust(root)
	front := httptest.NewServer(g)
	t.Cleanup(func() {
		front.Close()
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &world{TB: t, gateway: g, url: front.URL, clock: c}
}

// as are the SDK's settings for a key. No answer is retried, so that a test sees
// the first; a connection that broke gave none. The SDK's own client breaks one
// now and then: its issue 2737.
func (w *world) as(id, secret string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(w.url),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Retryables = []retry.IsErrorRetryable{retry.RetryableConnectionError{}}
				o.MaxBackoff = 10 * time.Millisecond
			})
		},
	}
}

func (w *world) root() aws.Config { return w.as(root.ID, root.Secret) }

// user makes an IAM user with one key and inline policies.
func (w *world) user(path, name string, policies ...string) (cfg aws.Config, keyID string) {
	w.Helper()
	return w.bounded(path, name, nil, policies...)
}

// bounded makes a user within a boundary.
func (w *world) bounded(path, name string, boundary *string, policies ...string) (cfg aws.Config, keyID string) {
	w.Helper()
	c := iam.NewFromConfig(w.root())
	_, err := c.CreateUser(w.Context(), &iam.CreateUserInput{UserName: &name, Path: &path, PermissionsBoundary: boundary})
	must(w, err)
	for i, policy := range policies {
		if policy != "" {
			_, err = c.PutUserPolicy(w.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String(fmt.Sprint("own-", i)), PolicyDocument: &policy})
			must(w, err)
		}
	}
	key, err := c.CreateAccessKey(w.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	must(w, err)
	return w.as(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey), *key.AccessKey.AccessKeyId
}

// boundary makes the account's boundary of players.
func (w *world) boundary() *string {
	w.Helper()
	must(w, infra.MakeBoundary(w.Context(), w.root()))
	return aws.String(infra.BoundaryARN(w.gateway.cfg.Account))
}

// box starts an instance with a tag of the round.
func (w *world) box(id string) string {
	w.Helper()
	got, err := ec2.NewFromConfig(w.root()).RunInstances(w.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-12345678"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1),
		TagSpecifications: []ec2types.TagSpecification{{ResourceType: "instance", Tags: []ec2types.Tag{{Key: aws.String("round"), Value: &id}}}},
	})
	must(w, err)
	w.ends(got.Instances[0])
	return *got.Instances[0].InstanceId
}

// ends terminates an instance after the test: the account's quota is one for
// all tests.
func (w *world) ends(i ec2types.Instance) {
	w.Cleanup(func() {
		_, err := ec2.NewFromConfig(w.root()).TerminateInstances(context.Background(), &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
		if err != nil {
			w.Error(err)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode fails unless err is AWS's error of that code.
func wantCode(t testing.TB, err error, code string) string {
	t.Helper()
	var said smithy.APIError
	if !errors.As(err, &said) {
		t.Errorf("error = %v, want %s", err, code)
		return ""
	}
	if said.ErrorCode() != code {
		t.Errorf("error = %s (%s), want %s", said.ErrorCode(), said.ErrorMessage(), code)
	}
	return said.ErrorMessage()
}

// everyService asks each protocol once.
func everyService(ctx context.Context, c aws.Config) map[string]error {
	_, ec2Err := ec2.NewFromConfig(c).DescribeVpcs(ctx, nil)
	_, iamErr := iam.NewFromConfig(c).ListUsers(ctx, nil)
	_, rdsErr := rds.NewFromConfig(c).DescribeDBInstances(ctx, nil)
	_, stsErr := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
	_, elbErr := elb.NewFromConfig(c).DescribeLoadBalancers(ctx, nil)
	_, ecsErr := ecs.NewFromConfig(c).ListClusters(ctx, nil)
	_, ssmErr := ssm.NewFromConfig(c).ListCommands(ctx, nil)
	_, sqsErr := sqs.NewFromConfig(c).ListQueues(ctx, nil)
	_, secErr := secretsmanager.NewFromConfig(c).ListSecrets(ctx, nil)
	return map[string]error{"ec2": ec2Err, "iam": iamErr, "rds": rdsErr, "sts": stsErr, "elb": elbErr,
		"ecs": ecsErr, "ssm": ssmErr, "sqs": sqsErr, "secretsmanager": secErr}
}

// audit makes a round's queue and returns what reads it.
func (w *world) audit(round string) func() []auditEvent {
	w.Helper()
	c := sqs.NewFromConfig(w.root())
	made, err := c.CreateQueue(w.Context(), &sqs.CreateQueueInput{QueueName: aws.String("chaotic-" + strings.ToLower(round) + "-audit")})
	must(w, err)
	return func() []auditEvent {
		w.Helper()
		must(w, w.gateway.Close(w.Context()))
		var events []auditEvent
		for {
			got, err := c.ReceiveMessage(w.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, MaxNumberOfMessages: 10})
			must(w, err)
			if len(got.Messages) == 0 {
				return events
			}
			for _, m := range got.Messages {
				e := auditEvent{raw: *m.Body}
				must(w, json.Unmarshal([]byte(*m.Body), &e))
				events = append(events, e)
			}
		}
	}
}

type auditEvent struct {
	raw        string
	Source     string
	Account    string
	DetailType string `json:"detail-type"`
	Detail     struct {
		EventName, EventSource, EventTime, EventID string
		ErrorCode, ErrorMessage                    string
		ReadOnly                                   bool
		UserIdentity                               struct{ Type, UserName, Arn, AccessKeyId string }
		RequestParameters                          json.RawMessage
	}
}

// policies are the documents with those names, for one round.
func policies(tb testing.TB, id round.ID, names []string) (texts []string) {
	tb.Helper()
	for _, name := range names {
		text, err := infra.Policy(name, infra.PolicyInputs{Names: infra.NamesOf(id), Account: account, Region: region})
		must(tb, err)
		texts = append(texts, text)
	}
	return texts
}
