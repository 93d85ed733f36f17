package rehearsal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/box"
	"github.com/chaotic-good/scenarios/infra/rehearsal/cage"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
	"github.com/chaotic-good/scenarios/infra/rehearsal/reconcile"
)

// TestMain is also the main function of the processes that a world starts from
// this very binary: the watchdog, and the shop in each of its roles.
func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv("SHOP_ROLE") != "":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = shop.Run(ctx, os.Getenv, os.Stdout)
	case len(os.Args) > 1 && os.Args[1] == "box":
		err = box.Serve(context.Background())
	case len(os.Args) > 1 && os.Args[1] == "cage":
		err = cage.Enter(context.Background(), os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "watchdog":
		err = process.Watchdog(context.Background(), os.Stdin, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		panic(err)
	}
}

// stage is a world with one round's stack, for a test.
type stage struct {
	*World
	t      *testing.T
	run    string
	log    *journal
	maker  *infra.Maker
	spec   round.Spec
	out    round.Outputs
	n      infra.Names
	before Inventory

	ec2 *ec2.Client
	ecs *ecs.Client
	elb *elb.Client
	rds *rds.Client
	ssm *ssm.Client
}

// raise starts a world without a stack. Its folders lie where PostgreSQL's own
// user can pass.
func raise(t *testing.T, ctx context.Context) *stage {
	t.Helper()
	if _, err := exec.LookPath("moto_server"); err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Skipf("needs moto_server: %v", err)
	}
	base, err := os.MkdirTemp("", "rehearsal-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(hook.Close)
	s := &stage{t: t, run: filepath.Join(base, "run"), log: &journal{}, n: infra.NamesOf("R1")}
	log := slog.New(slog.NewTextHandler(s.log, nil))
	s.World, err = Start(ctx, Config{
		Log: log, Run: s.run, Cache: filepath.Join(base, "cache"), Progress: func(string) {}, Pages: reconcile.Pages{Graphs: hook.URL, Logs: hook.URL, Runbooks: hook.URL},
		Watchdog: []string{"/proc/self/exe", "watchdog"}, Shop: []string{"/proc/self/exe"}, Box: []string{"/proc/self/exe", "box"}, Cage: []string{"/proc/self/exe", "cage"}, LogRate: 16 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the world's log ends with:\n%s", s.log.tail(4000))
		}
		if err := s.Close(context.WithoutCancel(ctx)); err != nil {
			t.Errorf("close the world: %v", err)
		}
	})
	s.maker, err = infra.NewMaker(config(s.Endpoint, s.Key, s.Secret.Reveal()), infra.MakerConfig{
		Pace: infra.RehearsalPace(), Log: log, Image: "shop:1.4.0",
	})
	if err != nil {
		t.Fatal(err)
	}
	s.spec = round.Spec{
		Round: "R1", Stage: "classic", Expires: time.Now().Add(time.Hour),
		Webhook: round.Webhook{URL: hook.URL, Token: round.NewSecret("token-of-the-webhook")},
	}
	anyone := gateway.Key{ID: "AKIATESTTESTTESTTEST", Secret: "test", ARN: "arn:aws:iam::" + Account + ":root"}
	s.gate.Trust(anyone)
	cfg := config(s.Endpoint, anyone.ID, anyone.Secret)
	s.ec2, s.ecs, s.elb = ec2.NewFromConfig(cfg), ecs.NewFromConfig(cfg), elb.NewFromConfig(cfg)
	s.rds, s.ssm = rds.NewFromConfig(cfg), ssm.NewFromConfig(cfg)
	return s
}

// provision makes the stack and waits until everything serves.
func (s *stage) provision(ctx context.Context) {
	s.t.Helper()
	var err error
	if s.before, err = s.Inventory(ctx); err != nil {
		s.t.Fatal(err)
	}
	began, was := time.Now(), s.recon.Stats()
	s.out, err = s.maker.Provision(ctx, s.spec, func(p round.Progress) {
		s.t.Logf("%5d ms  %s", time.Since(began).Milliseconds(), p.Phase)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	is := s.recon.Stats()
	s.t.Logf("%5d ms  ready, with %d passes and %d calls", time.Since(began).Milliseconds(), is.Passes-was.Passes, is.Calls-was.Calls)
	s.until("the visitors are served", func() bool { return s.sum(ctx, `visitors_requests_total{outcome="ok"}`) > 60 })
}

// must gives a value or ends the test.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// until waits for a condition, asked many times a second.
func (s *stage) until(what string, ok func() bool) time.Duration {
	s.t.Helper()
	began := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-late:
			s.t.Fatalf("never: %s", what)
		}
	}
	return time.Since(began)
}

// sum is the sum of what Prometheus holds of some series now; 0: nothing.
func (s *stage) sum(ctx context.Context, series string) float64 {
	m := s.recon.Monitors()
	if m == nil {
		return 0
	}
	found, err := m.Query(ctx, "sum("+series+")", time.Now())
	if err != nil || len(found) == 0 {
		return 0
	}
	return found[0].Points[0].Value
}

// failed counts the visits that did not go well.
func (s *stage) failed(ctx context.Context) float64 {
	return s.sum(ctx, `visitors_requests_total{outcome!="ok"}`)
}

// broken counts the requests whose task broke under them. Unlike failed visits
// it does not depend on how slow the machine is.
func (s *stage) broken() int { return strings.Count(s.log.String(), "code=502") }

// visits waits until Prometheus has seen that many more visits.
func (s *stage) visits(ctx context.Context, more float64) {
	s.t.Helper()
	from := s.sum(ctx, "visitors_requests_total")
	s.until("visitors go on", func() bool { return s.sum(ctx, "visitors_requests_total") >= from+more })
}

// tasks lists the running tasks of a service, through the gateway.
func (s *stage) tasks(ctx context.Context, service string) []string {
	s.t.Helper()
	return must(s.ecs.ListTasks(ctx, &ecs.ListTasksInput{Cluster: &s.n.Cluster, ServiceName: &service}))(s.t).TaskArns
}

// healthy lists the addresses of the target group's healthy targets.
func (s *stage) healthy(ctx context.Context) (addresses []string) {
	s.t.Helper()
	groups := must(s.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{s.n.TargetGroup}}))(s.t)
	out := must(s.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: groups.TargetGroups[0].TargetGroupArn}))(s.t)
	for _, h := range out.TargetHealthDescriptions {
		if h.TargetHealth.State == "healthy" {
			addresses = append(addresses, aws.ToString(h.Target.Id))
		}
	}
	return addresses
}

// stable waits until ECS shows one deployment with n running tasks, and the
// balancer as many healthy targets.
func (s *stage) stable(ctx context.Context, n int) time.Duration {
	s.t.Helper()
	return s.until(fmt.Sprintf("%d tasks are steady", n), func() bool {
		out := must(s.ecs.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &s.n.Cluster, Services: []string{infra.ServiceAPI}}))(s.t)
		svc := out.Services[0]
		return len(svc.Deployments) == 1 && int(svc.RunningCount) == n && svc.PendingCount == 0 &&
			string(svc.Deployments[0].RolloutState) == "COMPLETED" && len(s.healthy(ctx)) == n
	})
}

// pid finds the process of a task of the API.
func (s *stage) pid(arn string) int {
	s.t.Helper()
	id := arn[strings.LastIndex(arn, "/")+1:]
	return s.named("r1/api-" + id[:8])
}

// named finds a process by its name.
func (s *stage) named(name string) int {
	s.t.Helper()
	for _, p := range s.Group.List() {
		if p.Name == name {
			return p.PID
		}
	}
	s.t.Fatalf("there is no %s among %v", name, s.Group.List())
	return 0
}

// group finds a security group by its role.
func (s *stage) group(ctx context.Context, role string) string {
	s.t.Helper()
	out := must(s.ec2.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: tagged(infra.TagRole, role)}))(s.t)
	if len(out.SecurityGroups) != 1 {
		s.t.Fatalf("%d security groups are of role %s", len(out.SecurityGroups), role)
	}
	return aws.ToString(out.SecurityGroups[0].GroupId)
}

func tagged(key, value string) []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag:" + key), Values: []string{value}}}
}

// products asks the shop for what needs the database.
func (s *stage) products(ctx context.Context) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.out.Shop+"/api/products", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// journal is the world's log, for a test that failed.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func (j *journal) tail(n int) string {
	text := j.String()
	return text[max(0, len(text)-n):]
}

func text(v any) string {
	raw, _ := json.Marshal(v) // of strings
	return string(raw)
}
