package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/localdiscord/referee"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/mototest"
	"github.com/chaotic-good/scenarios/infra/runner"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// terraformed is what stands around a bot that makes its stacks by Terraform:
// the binary with the tests' provider, moto for the calls of the SDK, and what
// neither can be. A shop answers at an address that the stack's outputs are made
// to name, RDS's secret with the password that it chose is in moto, and pushing
// an image is only noted.
type terraformed struct {
	provider tftest.Provider
	moto     string
	sdk      aws.Config
	stub     bool              // the tests' provider is there
	outputs  map[string]string // of every stack
}

func newTerraformed(t *testing.T) *terraformed {
	t.Helper()
	w := new(terraformed)
	_, w.stub = w.provider.Need(t)
	t.Cleanup(func() {
		if err := w.provider.Close(); err != nil {
			t.Error(err)
		}
	})
	url, stop, err := mototest.Start()
	if err != nil {
		cannot(t, err)
	}
	t.Cleanup(stop)
	w.moto = url
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	w.sdk, err = infra.AWSConfig(t.Context(), "us-east-1", url)
	if err != nil {
		t.Fatal(err)
	}
	if err := infra.MakeBoundary(t.Context(), w.sdk); err != nil {
		t.Fatal(err)
	}
	shop := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/prometheus/api/v1/query" { // one target of the stack is up
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`)
		}
	}))
	t.Cleanup(shop.Close)
	queue, err := sqs.NewFromConfig(w.sdk).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("calls")})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("rds!db-1"), SecretString: aws.String(`{"username":"operator","password":"by-RDS"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.outputs = map[string]string{
		"shop": shop.URL, "prometheus": shop.URL + "/prometheus", "alertmanager": shop.URL + "/alertmanager",
		"graphs": shop.URL + "/grafana/d/shop", "logs": shop.URL + "/kibana/app/discover", "runbooks": shop.URL + "/runbooks/",
		"queue": *queue.QueueUrl, "operator_secret": *secret.ARN,
	}
	return w
}

func (w *terraformed) secrets() *secretsmanager.Client { return secretsmanager.NewFromConfig(w.sdk) }

// whole is the stack itself, but for its outputs. What comes first and what comes
// last take their time, as all does on AWS, so that there is something to tell.
func (w *terraformed) whole(dir string) (string, error) {
	root, err := infra.Unpack(dir)
	for name, text := range map[string]string{
		"loopback_override.tf":             tftest.Outputs(w.outputs) + slow("aws_ssm_parameter", "endpoints"),
		"modules/network/slow_override.tf": slow("aws_vpc", "this"),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	return root, err
}

func slow(kind, name string) string {
	const takes = "    command = \"sleep 1.2\"\n  }\n"
	return fmt.Sprintf("resource %q %q {\n  provisioner \"local-exec\" {\n"+takes+
		"  provisioner \"local-exec\" {\n    when = destroy\n"+takes+"}\n", kind, name)
}

// tiny is a stack of almost nothing. No policy lets it pass and its price is
// nothing, so both are replaced with it.
func (w *terraformed) tiny(more string) func(*runner.Config) {
	return func(c *runner.Config) {
		c.Unpack = func(dir string) (string, error) {
			root, err := tftest.Tiny(infra.Unpack, w.outputs)(dir)
			return root, errors.Join(err, os.WriteFile(filepath.Join(root, "more.tf"), []byte(more), 0o600))
		}
		c.Gate = func(context.Context, *tfjson.Plan) ([]runner.Finding, error) { return nil, nil }
		c.Cost = func(*tfjson.Plan) (round.Cost, error) { return round.Cost{Known: true, PerHour: 0.5}, nil }
	}
}

// servedBot is a bot at work, by the very serve, and the people in its chat.
type servedBot struct {
	state                 string
	env                   map[string]string
	admin, player, viewer *person
	log, transcript       *spool

	mu     sync.Mutex
	pushed []string
}

// serve starts a bot in a chat of its own. change has the last word on what is
// built beside Terraform, env on the configuration.
func (w *terraformed) serve(t *testing.T, env map[string]string, change func(*runner.Config)) *servedBot {
	t.Helper()
	b := &servedBot{state: t.TempDir(), log: &spool{}, transcript: &spool{}}
	log := slog.New(slog.NewJSONHandler(b.log, nil))
	setup := localdiscord.Rehearsal()
	setup.Log, setup.Now = slog.New(slog.DiscardHandler), time.Now
	discord, err := localdiscord.New(setup)
	if err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(referee.Watch(t, discord.Handler()))
	t.Cleanup(func() {
		if err := discord.Close(); err != nil {
			t.Error(err)
		}
		page.CloseClientConnections()
		page.Close()
	})
	all := chatEnv(setup, page.URL)
	maps.Copy(all, map[string]string{
		"CHAOTIC_STATE": b.state, "CHAOTIC_ALERTS": byPolling, "CHAOTIC_AWS_ENDPOINT": w.moto, "CHAOTIC_AWS_REGION": "us-east-1",
		"CHAOTIC_AWS_ACCOUNTS": "123456789012", "CHAOTIC_AWS_PACE": "autoplay", "CHAOTIC_AWS_MAKER": byTerraform, "CHAOTIC_TERRAFORM_ACCESS": "192.0.2.0/24",
		"CHAOTIC_TERRAFORM_ADMIN_EMAIL": "admin@example.org",
	})
	maps.Copy(all, env)
	b.env = all
	c, err := readConfig("", lookup(all))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		over <- serve(ctx, c, log, parts{book: openLedger, stack: func(cloud aws.Config, rc *runner.Config) {
			beside(cloud, rc)
			rc.Unpack, rc.Programs, rc.Image = w.whole, noPrograms, b.push
			if change != nil {
				change(rc)
			}
		}})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Errorf("serve: %v", err)
		}
		if t.Failed() {
			t.Logf("the transcript:\n%s\nthe log:\n%s", b.transcript, b.log)
		}
	})
	of := func(role localdiscord.Role) *person {
		for _, p := range setup.People {
			if p.Role == role {
				return &person{Client: localdiscord.NewClient(page.URL, p.ID), ID: p.ID, name: p.Name, out: b.transcript, people: setup.People}
			}
		}
		t.Fatalf("nobody is a %s", role)
		return nil
	}
	b.admin, b.player, b.viewer = of(localdiscord.Admin), of(localdiscord.Player), of(localdiscord.Viewer)
	until(t, 20*time.Second, "the bot is in the chat", func() bool {
		st, err := b.admin.State(t.Context())
		return err == nil && len(st.Commands) > 0
	})
	return b
}

// chatEnv is what a bot has to know of a local Discord.
func chatEnv(setup localdiscord.Config, page string) map[string]string {
	env := map[string]string{
		"CHAOTIC_DISCORD_URL": page, "CHAOTIC_DISCORD_TOKEN": setup.Token, "CHAOTIC_DISCORD_APPLICATION": setup.Bot.ID, "CHAOTIC_DISCORD_GUILD": setup.Guild.ID,
	}
	for _, r := range setup.Guild.Roles {
		env["CHAOTIC_DISCORD_"+strings.ToUpper(string(r.Holders))+"_ROLE"] = r.ID
	}
	for _, c := range setup.Channels {
		env["CHAOTIC_DISCORD_"+strings.ToUpper(c.Name)+"_CHANNEL"] = c.ID
	}
	return env
}

func noPrograms(_ context.Context, dir string) error {
	return errors.Join(os.WriteFile(filepath.Join(dir, "inventory"), []byte("a program"), 0o700),
		os.WriteFile(filepath.Join(dir, "node_exporter"), []byte("another"), 0o700))
}

func (b *servedBot) push(_ context.Context, repository, release string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pushed = append(b.pushed, repository+":"+release)
	return nil
}

func (b *servedBot) images() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pushed)
}

// prospect types /provision and reads what would be built.
func (b *servedBot) prospect(t *testing.T) localdiscord.Message {
	t.Helper()
	shown, err := b.admin.asks(t.Context(), "operations", "provision", map[string]any{"player": b.player.ID})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// builds says yes to what is shown.
func (b *servedBot) builds(t *testing.T, shown localdiscord.Message) {
	t.Helper()
	answer, err := b.admin.answered(t.Context(), shown, buttonOf(shown, "Build"))
	if err != nil || !strings.Contains(textOf(answer), "is on its way") {
		t.Fatalf("%s, %v", textOf(answer), err)
	}
}

// reads waits for a message that says all of it.
func (b *servedBot) reads(t *testing.T, who *person, all ...string) localdiscord.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	m, err := who.reads(ctx, all...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// logged counts what the bot's log says with that text as its message, and gives
// the errors in it.
func (b *servedBot) logged(message string) (errs []string) {
	for line := range strings.Lines(b.log.String()) {
		var said struct{ Msg, Error string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == message {
			errs = append(errs, said.Error)
		}
	}
	return errs
}
