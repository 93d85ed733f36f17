package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

func TestAPlanIsRefused(t *testing.T) {
	needTerraform(t)
	w := newWorld(t, tiny, nil)
	w.findings = []Finding{
		{"public-database", "A database must not be public.", "module.database.aws_db_instance.this"},
		{"open-ssh", "No group may open port 22.", "module.network.aws_security_group.box"},
	}
	spec := testSpec("R7")
	_, err := w.Provision(t.Context(), spec, w.progress)
	var no *round.Refusal
	if !errors.As(err, &no) || no.Rule != "public-database" {
		t.Fatalf("got %v", err)
	}
	want := "The plan of R7 breaks the rule `public-database`: A database must not be public (`module.database.aws_db_instance.this`). " +
		"Nothing was changed. 1 more findings are in the bot's log."
	if no.Say != want {
		t.Errorf("says %q, want %q", no.Say, want)
	}
	w.noPlan(t)
	if _, err := os.Stat(w.dir.home("R7").state()); err == nil || len(w.images) > 0 {
		t.Errorf("something was made: state %v, pushed %v", err, w.images)
	}
	w.gone(t, spec)
}

func TestAStageThatTerraformHasNotIsRefused(t *testing.T) {
	w := newWorld(t, tiny, nil)
	spec := testSpec("R7")
	spec.Stage = infra.StageEKS
	var no *round.Refusal
	if _, err := w.Provision(t.Context(), spec, w.progress); !errors.As(err, &no) || no.Rule != "stage" {
		t.Errorf("got %v", err)
	}
}

// Two runs on one round would spoil its state: the second is turned away while
// the first, here still before its gate, is at work.
func TestTwoRunsDoNotMeet(t *testing.T) {
	needTerraform(t)
	var w *world
	var second error
	w = newWorld(t, tiny, func(c *Config) {
		c.Gate = func(ctx context.Context, _ *tfjson.Plan) ([]Finding, error) {
			_, second = w.Destroy(ctx, testSpec("R7"), w.progress)
			return nil, errors.New("the gate is broken")
		}
	})
	_, err := w.Provision(t.Context(), testSpec("R7"), w.progress)
	if err == nil || !strings.Contains(err.Error(), "check the plan of R7: the gate is broken") {
		t.Errorf("the first got %v", err)
	}
	if second == nil || !strings.Contains(second.Error(), "R7 is being worked on by another run of this bot") {
		t.Errorf("the second got %v", second)
	}
	w.noPlan(t)
	w.gone(t, testSpec("R7"))
}

// Terraform sees what is for it, and nothing else of the bot's environment.
func TestTerraformSeesLittleOfTheEnvironment(t *testing.T) {
	needTerraform(t)
	t.Setenv("CHAOTIC_DISCORD_TOKEN", "hush")
	t.Setenv("TF_VAR_release", "0.0.1")
	t.Setenv("TF_LOG", "trace")
	w := newWorld(t, tiny, nil)
	seen := filepath.Join(t.TempDir(), "seen")
	w.extra["env.tf"] = "resource \"terraform_data\" \"env\" {\n  provisioner \"local-exec\" {\n    command = \"env >'" + seen + "'\"\n  }\n}\n"
	spec := testSpec("R7")
	if _, err := w.Provision(t.Context(), spec, w.progress); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	// The shell and Terraform add some, terraform-exec the rest.
	own := []string{"PWD", "OLDPWD", "SHLVL", "_", "TF_IN_AUTOMATION", "TF_APPEND_USER_AGENT", "TF_LOG", "TF_LOG_CORE", "TF_LOG_PATH",
		"TF_LOG_PROVIDER", "CHECKPOINT_DISABLE", "TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"}
	have := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		have[name] = value
		if !slices.Contains(own, name) && !slices.Contains(passed, name) && !strings.HasPrefix(name, "AWS_") {
			t.Errorf("Terraform sees %s", name)
		}
	}
	for name, want := range map[string]string{
		"AWS_ACCESS_KEY_ID": "AKIATESTTESTTESTTEST", "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": needMoto(t),
		"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "TF_PLUGIN_CACHE_DIR": w.dir.plugins(), "TF_LOG": "",
	} {
		if have[name] != want {
			t.Errorf("%s is %q, want %q", name, have[name], want)
		}
	}
	if strings.Contains(string(text), "hush") {
		t.Error("the bot's token reached Terraform")
	}
	w.gone(t, spec)
}
