package runner

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// looks looks at a round that is not there, and wants that nothing is made: no
// secret in AWS, no state, and nothing left in the runner's folder.
func (w *world) looks(t *testing.T, spec round.Spec) round.Preflight {
	t.Helper()
	names := func() (all []string) {
		out, err := w.cloud.secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.SecretList {
			all = append(all, *s.Name)
		}
		return all
	}
	before := names()
	found, err := w.Look(t.Context(), spec, round.Person{})
	if err != nil {
		t.Fatal(err)
	}
	if now := names(); !slices.Equal(now, before) {
		t.Errorf("the secrets were %v and are %v", before, now)
	}
	entries, err := os.ReadDir(string(w.dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != "locks" && name != "plugins" && name != "bin" && name != "times.json" {
			t.Errorf("%s is left of a look", name)
		}
	}
	if len(w.images) > 0 {
		t.Errorf("images were pushed: %v", w.images)
	}
	return found
}

// states are the checks as one reads them down.
func states(found round.Preflight) (all []string) {
	for _, c := range found.Checks {
		all = append(all, c.Name+" "+string(c.State))
	}
	return all
}

// mustSay wants a check in that state that says this.
func mustSay(t *testing.T, found round.Preflight, name string, state round.CheckState, says string) {
	t.Helper()
	for _, c := range found.Checks {
		if c.Name == name && c.State == state && strings.Contains(c.Says, says) {
			return
		}
	}
	t.Errorf("no check %s %s says %q: %+v", name, state, says, found.Checks)
}

// The whole stack is planned, with a key that nobody has, and priced.
func TestALookPlansTheWholeStack(t *testing.T) {
	if _, stub := provider.Need(t); !stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	var seen *tfjson.Plan
	w := newWorld(t, infra.Unpack, func(c *Config) {
		gate := c.Gate
		c.Gate = func(ctx context.Context, p *tfjson.Plan) ([]Finding, error) { seen = p; return gate(ctx, p) }
	})
	began := time.Now()
	found := w.looks(t, testSpec("R7"))
	t.Logf("look: %s", time.Since(began).Round(100*time.Millisecond))
	if got := states(found); !slices.Equal(got, []string{"terraform ok", "state ok", "plan ok"}) {
		t.Errorf("found %+v", found.Checks)
	}
	if !found.Cost.Known || found.Cost.PerHour != 0.31 || len(found.Cost.Items) != 1 {
		t.Errorf("it costs %+v", found.Cost)
	}
	if n := len(seen.ResourceChanges); n < 130 || seen.Variables["box_public_key"].Value != someKey {
		t.Errorf("%d changes were planned, with the key %v", n, seen.Variables["box_public_key"].Value)
	}
	if got := seen.Variables["database_secret"].Value; got != "arn:aws:secretsmanager:us-east-1:000000000000:secret:chaotic-r7/database-000000" {
		t.Errorf("the shop's login is in %v", got)
	}
	// The provider finds whatever it is asked for. AWS has nothing of the round.
	there := []string{
		"aws_caller_identity", "aws_cloudfront_cache_policy", "aws_cloudfront_origin_request_policy", "aws_cloudfront_response_headers_policy",
		"aws_ec2_managed_prefix_list", "aws_elb_service_account", "aws_iam_policy_document", "aws_ssm_parameter",
	}
	read := asked(seen.PriorState.Values.RootModule)
	for _, kind := range read {
		if !slices.Contains(there, kind) {
			t.Errorf("the plan looks for an %s, which is not there before the stack", kind)
		}
	}
	if len(read) < len(there) {
		t.Errorf("the plan asked for %q only", read)
	}
}

// asked are the types of what a plan looked for.
func asked(m *tfjson.StateModule) (kinds []string) {
	for _, r := range m.Resources {
		if r.Mode == tfjson.DataResourceMode {
			kinds = append(kinds, r.Type)
		}
	}
	for _, child := range m.ChildModules {
		kinds = append(kinds, asked(child)...)
	}
	return kinds
}

// A bot that is killed while it looks leaves a plan in clear text. The next one
// removes it, unless the look is one that goes on.
func TestAKilledLookIsForgotten(t *testing.T) {
	w := newWorld(t, tiny, nil)
	h := w.dir.look()
	if err := errors.Join(os.MkdirAll(string(h), 0o700), os.WriteFile(h.plan(), []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	release, err := w.dir.await(t.Context(), "look")
	if err != nil {
		t.Fatal(err)
	}
	begin := func() {
		t.Helper()
		if _, err := New(w.cfg); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	if _, err := os.Stat(h.plan()); err != nil {
		t.Errorf("a look that goes on lost its plan: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	begin()
	if _, err := os.Stat(string(h)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the look's folder is left: %v", err)
	}
}

func TestALookFindsWhatIsWrong(t *testing.T) {
	needTerraform(t)
	t.Run("rules", func(t *testing.T) {
		w := newWorld(t, tiny, nil)
		for range 6 {
			w.findings = append(w.findings, Finding{"public-database", "A database must not be public.", "aws_db_instance.this"})
		}
		found := w.looks(t, testSpec("R7"))
		if got := states(found); !slices.Equal(got, []string{"terraform ok", "state ok", "policy fail", "policy fail", "policy fail", "policy fail", "policy fail"}) {
			t.Errorf("found %q", got)
		}
		mustSay(t, found, "policy", round.CheckFails, "The plan breaks the rule `public-database`: A database must not be public (`aws_db_instance.this`).")
		mustSay(t, found, "policy", round.CheckFails, "2 more findings")
	})
	t.Run("a price that nobody knows", func(t *testing.T) {
		w := newWorld(t, tiny, func(c *Config) {
			c.Cost = func(*tfjson.Plan) (round.Cost, error) { return round.Cost{}, errors.New("no price for a moon") }
		})
		if found := w.looks(t, testSpec("R7")); found.Cost.Known || !strings.Contains(found.Cost.Says, "list of prices") {
			t.Errorf("it costs %+v", found.Cost)
		}
	})
	t.Run("a stack that cannot be planned", func(t *testing.T) {
		w := newWorld(t, tiny, func(c *Config) { c.Stack.Access = []string{"0.0.0.0/0"} })
		mustSay(t, w.looks(t, testSpec("R7")), "plan", round.CheckFails, "could not plan the stack. The bot's log says why.")
	})
	t.Run("a bucket that is not there", func(t *testing.T) {
		w := newWorld(t, tiny, func(c *Config) {
			c.Backend = Backend{Kind: BackendS3, Bucket: "no-such-states", Region: "us-east-1", PathStyle: true}
		})
		mustSay(t, w.looks(t, testSpec("R7")), "state", round.CheckFails, "The bucket `no-such-states` in us-east-1, which keeps the states, cannot be used.")
	})
	t.Run("no Terraform", func(t *testing.T) {
		w := newWorld(t, tiny, nil)
		empty := httptest.NewServer(http.NotFoundHandler())
		defer empty.Close()
		w.tool.api = empty.URL
		t.Setenv("PATH", t.TempDir())
		mustSay(t, w.looks(t, testSpec("R7")), "terraform", round.CheckFails, "No Terraform >= 1.10 is on PATH")
	})
	t.Run("no time", func(t *testing.T) {
		w := newWorld(t, tiny, func(c *Config) { c.LookTime = time.Nanosecond })
		found, err := w.Look(t.Context(), testSpec("R7"), round.Person{})
		if err == nil {
			mustSay(t, found, "terraform", round.CheckWarns, "did not get so far")
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	t.Run("a stage that Terraform has not", func(t *testing.T) {
		w, spec, no := newWorld(t, tiny, nil), testSpec("R7"), new(round.Refusal)
		spec.Stage = infra.StageEKS
		if _, err := w.Look(t.Context(), spec, round.Person{}); !errors.As(err, &no) || no.Rule != "stage" {
			t.Errorf("got %v", err)
		}
	})
}

// A state of the round in the bucket is told, and neither it nor its lock is
// touched.
func TestALookFindsAStateOfSomebodyElse(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, onS3(t, "taken-states"))
	spec := testSpec("R7")
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Fatal(err)
	}
	lock := needMoto(t) + "/taken-states/rounds/chaotic-r7.tfstate.tflock"
	put(t, lock, strings.ReplaceAll(lockInfo, "PATH", "taken-states/rounds/chaotic-r7.tfstate"))
	other := newWorld(t, tiny, func(c *Config) { c.Backend = w.cfg.Backend })
	found := other.looks(t, spec)
	mustSay(t, found, "state", round.CheckOK, "The bucket `taken-states` in us-east-1, which keeps the states, answers.")
	mustSay(t, found, "state", round.CheckWarns, "There is a state of R7 already, with 3 things")
	if was, err := w.Unlock(t.Context(), spec); err != nil || was == nil {
		t.Errorf("the lock is gone: %v, %v", was, err)
	}
	w.gone(t, spec)
}

// HCP Terraform is played by a server, for it is nowhere but in HashiCorp's hands:
// this proves what is asked and what is made of the answer, and not that it
// answers so.
func TestALookAsksForTheOrganization(t *testing.T) {
	needTerraform(t)
	for name, c := range map[string]struct {
		status        int
		mode, project string
		state         round.CheckState
		says          string
	}{
		"well":              {200, "local", "", round.CheckOK, "The organization `acme` on tfe.example.com, which keeps the states, answers."},
		"it would run it":   {200, "remote", "", round.CheckFails, "Set its default execution mode to local."},
		"a project may not": {200, "remote", "game days", round.CheckWarns, "unless the default execution mode of the project `game days` is local"},
		"unknown":           {404, "", "", round.CheckFails, "does not know the bot. Give it a token that may make workspaces there: `TF_TOKEN_tfe_example_com`."},
		"out of order":      {500, "", "", round.CheckWarns, "answers with status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewTLSServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
				if in.Header.Get("Authorization") != "Bearer hush" || in.URL.Path != "/api/v2/organizations/acme" {
					t.Errorf("asked %s with %q", in.URL, in.Header)
				}
				out.WriteHeader(c.status)
				_ = json.NewEncoder(out).Encode(map[string]any{"data": map[string]any{"attributes": map[string]any{"default-execution-mode": c.mode}}})
			}))
			defer server.Close()
			w := newWorld(t, tiny, func(cfg *Config) {
				cfg.Backend = Backend{Kind: BackendCloud, Organization: "acme", Hostname: "tfe.example.com", Project: c.project}
				cfg.Environ = append(cfg.Environ, "TF_TOKEN_tfe_example_com=hush")
				cfg.Web = server.Client() // which takes example.com and all below for this server
			})
			if name == "well" {
				found := w.looks(t, testSpec("R7"))
				mustSay(t, found, "state", c.state, c.says)
				mustSay(t, found, "plan", round.CheckOK, "3 things would be made")
				return
			}
			got := w.organization(t.Context())
			mustSay(t, round.Preflight{Checks: []round.Check{got}}, "state", c.state, c.says)
		})
	}
	home := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(home, ".terraform.d"), 0o700), os.WriteFile(filepath.Join(home, ".terraform.d", "credentials.tfrc.json"),
		[]byte(`{"credentials":{"app.terraform.io":{"token":"of the login"}}}`), 0o600)); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, tiny, func(cfg *Config) { cfg.Environ = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")} })
	if token, err := w.token(hashiCorps); err != nil || token != "of the login" {
		t.Errorf("the token is %q, %v", token, err)
	}
}
