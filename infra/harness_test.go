package infra

import (
	"context"
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
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra/mototest"
)

// server is the moto of this test run: it starts in seconds, so all tests share
// it, one after the other, each with a round of its own.
var server struct {
	once sync.Once
	url  string
	err  error
	stop func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.stop != nil {
		server.stop()
	}
	_ = provider.Close() // below the system's folder for what is temporary
	os.Exit(code)
}

// needMoto returns the address of a moto_server. Without the tool the test is
// skipped, or fails where everything is required.
func needMoto(t *testing.T) string {
	t.Helper()
	server.once.Do(func() { server.url, server.stop, server.err = startMoto() })
	if server.err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("moto_server is required: %v", server.err)
	}
	if server.err != nil {
		t.Skipf("needs moto_server: %v", server.err)
	}
	return server.url
}

// startMoto starts it, in a mood to keep what it is given.
func startMoto() (string, func(), error) {
	url, stop, err := mototest.Start()
	if err != nil {
		return "", nil, err
	}
	return url, stop, errors.Join(keepTasks(url), MakeBoundary(context.Background(), testConfig(url, nil)))
}

// keepTasks stops moto from ending a task a little with each look at it.
func keepTasks(url string) error { return setTransition(url, "ecs::task", 1e9) }

// setTransition says after how many looks moto shows a thing's next state.
func setTransition(url, model string, looks int) error {
	resp, err := http.Post(url+"/moto-api/state-manager/set-transition", "application/json",
		strings.NewReader(fmt.Sprintf(`{"model_name":%q,"transition":{"progression":"manual","times":%d}}`, model, looks)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("moto's state manager says %s", resp.Status)
	}
	return nil
}

// testConfig is a configuration like AWSConfig's, with keys that moto takes.
func testConfig(url string, client aws.HTTPClient) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATESTTESTTESTTEST", "test", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts = 2; o.MaxBackoff = 50 * time.Millisecond })
		},
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func testMaker(t *testing.T, cfg aws.Config) *Maker {
	t.Helper()
	pace := RehearsalPace()
	pace.Poll, pace.Gone = 20*time.Millisecond, time.Minute
	m, err := NewMaker(cfg, MakerConfig{Pace: pace, Log: quiet(), Image: "shop:1.4.0", Wait: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testSpec(id round.ID) round.Spec {
	return round.Spec{
		Round: id, Stage: "classic", Expires: time.Date(2026, 11, 23, 19, 35, 0, 0, time.UTC),
		Webhook: round.Webhook{URL: "http://127.0.0.1:1/alerts/" + string(id), Token: round.NewSecret("token-of-the-webhook")},
	}
}

// stage plays the part of what obeys a stack: a shop that answers, and somebody
// who writes its address down as soon as there are services.
// stop ends that, as a stack that is destroyed no longer writes anything.
func stage(t *testing.T, cfg aws.Config, id round.ID) (shop string, stop func()) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" && r.URL.Path != "/api/products" {
			http.NotFound(w, r)
		}
	}))
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		clients, n := newClients(cfg), NamesOf(id)
		s := &stack{clients: clients, names: n}
		for sleep(ctx, 20*time.Millisecond) == nil {
			made, err := findServices(ctx, s)
			groups, gerr := findNodeGroups(ctx, s) // which in the stage eks stand for the service
			if err != nil || gerr != nil || len(made)+len(groups) < len(services(false)) {
				continue
			}
			for _, name := range []string{n.Shop, n.Prometheus, n.Alertmanager, n.GraphsPage, n.LogsPage, n.RunbooksPage} {
				_, _ = clients.ssm.PutParameter(ctx, &ssm.PutParameterInput{
					Name: &name, Value: &web.URL, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
				})
			}
		}
	})
	stop = func() { cancel(); all.Wait() }
	t.Cleanup(func() { stop(); web.Close() })
	return web.URL, stop
}
