package runner

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/mototest"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// provider is the tests' own; aws is the moto of this test run.
var (
	provider tftest.Provider
	cloud    struct {
		once sync.Once
		url  string
		stop func()
		err  error
	}
)

func TestMain(m *testing.M) {
	code := m.Run()
	if cloud.stop != nil {
		cloud.stop()
	}
	_ = provider.Close() // below the system's folder for what is temporary
	os.Exit(code)
}

// needMoto returns the address of a moto_server. Without the tool the test is
// skipped, or fails where everything is required.
func needMoto(t *testing.T) string {
	t.Helper()
	cloud.once.Do(func() { cloud.url, cloud.stop, cloud.err = mototest.Start() })
	if cloud.err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("moto_server is required: %v", cloud.err)
	}
	if cloud.err != nil {
		t.Skipf("needs moto_server: %v", cloud.err)
	}
	return cloud.url
}

// world is a Runner with what stands around it in a test.
type world struct {
	*Runner
	cfg   Config
	cloud *beside
	extra map[string]string // files beside the root module's

	mu       sync.Mutex
	images   []string // what was pushed, to where
	findings []Finding
	told     []round.Progress
}

// beside is a real Maker on moto, but for what needs a stack that is real.
type beside struct {
	*infra.Maker
	secrets  *secretsmanager.Client
	awaited  []string
	database string
}

// Complete plays RDS, which keeps the password that it chose in a secret.
func (b *beside) Complete(ctx context.Context, spec round.Spec, database, operatorSecret string) error {
	if !strings.HasPrefix(operatorSecret, "arn:aws:") {
		return errors.New("the operator's secret has no ARN: " + operatorSecret)
	}
	b.database = database
	made, err := b.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("rds!" + rand()), SecretString: aws.String(`{"username":"operator","password":"by-RDS"}`),
	})
	if err != nil {
		return err
	}
	err = b.Maker.Complete(ctx, spec, database, *made.ARN)
	_, dropped := b.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
	return errors.Join(err, dropped)
}

func (b *beside) Await(_ context.Context, _ round.Spec, said round.Outputs, say func(string)) (round.Outputs, error) {
	say("waiting for monitoring")
	b.awaited = append(b.awaited, said.Shop)
	return said, nil
}

func rand() string { return time.Now().Format("150405.000000000") }

// newWorld is a world on a stack. unpack writes it: infra.Unpack, or tiny.
func newWorld(t *testing.T, unpack func(string) (string, error), change func(*Config)) *world {
	t.Helper()
	url := needMoto(t)
	sdk := aws.Config{
		Region: "us-east-1", BaseEndpoint: &url,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATESTTESTTESTTEST", "test", ""),
	}
	pace := infra.RehearsalPace()
	pace.Poll, pace.Gone = 20*time.Millisecond, time.Minute
	maker, err := infra.NewMaker(sdk, infra.MakerConfig{Pace: pace, Log: slog.New(slog.DiscardHandler), Image: "shop:1.4.0"})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{extra: map[string]string{}, cloud: &beside{Maker: maker, secrets: secretsmanager.NewFromConfig(sdk)}}
	w.cfg = Config{
		Log: slog.New(slog.DiscardHandler), Now: time.Now, Dir: filepath.Join(t.TempDir(), "stacks"),
		Environ: append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY=test", "CHAOTIC_DISCORD_TOKEN=hush"),
		Region:  "us-east-1", Endpoint: url, Cloud: w.cloud,
		Stack: Stack{Release: "1.4.0", Access: []string{"192.0.2.0/24"}, AdminEmail: "admin@example.org", Budget: 5},
		Pages: fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}},
		Unpack: func(dir string) (string, error) {
			root, err := unpack(dir)
			for name, text := range w.extra {
				err = errors.Join(err, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
			}
			return root, err
		},
		Programs: func(_ context.Context, dir string) error {
			return errors.Join(os.WriteFile(filepath.Join(dir, "inventory"), []byte("a program"), 0o700),
				os.WriteFile(filepath.Join(dir, "node_exporter"), []byte("another"), 0o700))
		},
		Gate: func(context.Context, *tfjson.Plan) ([]Finding, error) { return w.findings, nil },
		Cost: func(*tfjson.Plan) (round.Cost, error) {
			return round.Cost{Known: true, PerHour: 0.31, Items: []round.CostItem{{What: "thing", Count: 3, PerHour: 0.31}}}, nil
		},
		Image: func(_ context.Context, repository, release string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.images = append(w.images, repository+":"+release)
			return nil
		},
		LetGo: time.Minute,
	}
	if change != nil {
		change(&w.cfg)
	}
	if w.Runner, err = New(w.cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// progress keeps what is told.
func (w *world) progress(p round.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, p)
}

func testSpec(id round.ID) round.Spec {
	return round.Spec{
		Round: id, Stage: infra.StageClassic, Expires: time.Date(2026, 11, 23, 19, 35, 0, 0, time.UTC),
		Webhook: round.Webhook{URL: "https://bot.example.org/alerts/" + string(id), Token: round.NewSecret("token-of-the-webhook")},
	}
}

// tiny writes a stack for what a runner does with any.
func tiny(dir string) (string, error) {
	return tftest.Tiny(infra.Unpack, map[string]string{
		"shop": "https://shop.example", "prometheus": "https://m.example/prometheus", "alertmanager": "https://m.example/alertmanager",
		"graphs": "https://m.example/grafana", "logs": "https://m.example/kibana", "runbooks": "https://m.example/runbooks/",
		"queue": "https://queue.example/1", "operator_secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1",
	})(dir)
}

// needTerraform is for tests of the tiny stack, which any Terraform carries.
func needTerraform(t *testing.T) {
	t.Helper()
	provider.Need(t)
}

// gone destroys the round and wants nothing left of it, here and in AWS.
func (w *world) gone(t *testing.T, spec round.Spec) round.Destroyed {
	t.Helper()
	got, err := w.Destroy(t.Context(), spec, w.progress)
	if err != nil || got.Left != 0 {
		t.Fatalf("destroyed %+v, %v", got, err)
	}
	if _, err := os.Stat(string(w.dir.home(spec.Round))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the round's folder is left: %v", err)
	}
	return got
}

// noPlan wants no plan file anywhere.
func (w *world) noPlan(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(w.dir.home("R7").plan()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the plan file is left: %v", err)
	}
}
