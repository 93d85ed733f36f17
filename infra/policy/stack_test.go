package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

func planOf(t *testing.T, s tftest.Stack, more ...tfexec.PlanOption) *tfjson.Plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan")
	options := append(tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) }), more...)
	if _, err := s.Plan(t.Context(), append(options, tfexec.Out(file))...); err != nil {
		t.Fatal(err)
	}
	plan, err := s.ShowPlanFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// mistakes are edits of the real configuration, each with what must be found then.
var mistakes = []struct{ what, file, old, new, rule, at string }{
	{"a database on the internet", "modules/database/main.tf", "publicly_accessible    = false", "publicly_accessible = true",
		"public-database", "module.database.aws_db_instance.this"},
	{"pages for everybody", "modules/network/groups.tf", "cidr_ipv4         = each.key", `cidr_ipv4 = "0.0.0.0/0"`,
		"open-group", `module.network.aws_vpc_security_group_ingress_rule.pages["192.0.2.0/24"]`},
	{"a bucket that stays", "modules/bucket/main.tf", "force_destroy = true", "",
		"not-emptied", "module.site.module.bucket.aws_s3_bucket.this"},
	{"the old metadata service", "modules/monitoring/main.tf", `http_tokens   = "required"`, "",
		"imdsv1", "module.monitoring.aws_instance.this"},
	{"a wildcard in a document that is known later", "modules/guard/trail.tf", `["sqs:SendMessage"]`, `["sqs:*"]`,
		"wildcard-actions", "module.guard.data.aws_iam_policy_document.queue"},
	{"a wildcard in a file", "../iam/tasks.json", `"logs:CreateLogStream", `, `"logs:*", `,
		"wildcard-actions", "module.api.aws_iam_role_policy.tasks"},
	{"a large database", "../layout.json", "db.t4g.micro", "db.t4g.2xlarge",
		"cost-ceiling", "module.database.aws_db_instance.this"},
	{"no tag for the round", "versions.tf", "tags = local.tags", "tags = { project = local.project, expires = var.expires }",
		"missing-tags", "module.network.aws_vpc.this"},
	{"a password among the outputs", "outputs.tf", `output "database" {`, `output "database_password" {`,
		"plain-secret", "output.database_password"},
	{"no billing alarm", "modules/guard/money.tf", `"EstimatedCharges"`, `"NumberOfObjects"`,
		"missing-billing-alarm", "aws_cloudwatch_metric_alarm"},
}

// TestTheStackKeepsTheRules holds the real configuration to them: its plan, the
// state that came of it, a plan after that, and one with the bastion.
func TestTheStackKeepsTheRules(t *testing.T) {
	s := tftest.Need(t, tftest.Source{Unpack: infra.Unpack, Site: frontend.Unpack, Render: func(dir string) error {
		return infra.Rendered{Dir: dir, Names: infra.NamesOf("R7"), Region: "us-east-1", Webhook: "https://bot.example.org/alerts/R7"}.Write()
	}})
	if !s.Stub {
		t.Skip("needs the tests' provider: a real one would need AWS")
	}
	g := testGate(t)
	check := func(what string, plan *tfjson.Plan) {
		t.Helper()
		found, err := g.Check(t.Context(), plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s", what, f)
		}
		t.Logf("%s: %d resources", what, len(plan.ResourceChanges))
	}
	check("the plan", planOf(t, s))
	check("with a bastion", planOf(t, s, tfexec.Var("bastion=true")))
	for _, m := range mistakes {
		t.Run(m.what, func(t *testing.T) { mustBeFound(t, g, s, filepath.Join(s.Dir, m.file), m.old, m.new, m.rule, m.at) })
	}
	if err := s.Apply(t.Context(), tftest.Options(func(v string) tfexec.ApplyOption { return tfexec.Var(v) })...); err != nil {
		t.Fatal(err)
	}
	made, err := s.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found, err := g.CheckState(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("the state: %s", f)
	}
	check("the next plan", planOf(t, s))
}

func mustBeFound(t *testing.T, g *Gate, s tftest.Stack, path, old, edit, rule, at string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.Replace(string(text), old, edit, 1)
	if edited == string(text) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Error(err)
		}
	}()
	found, err := g.Check(t.Context(), planOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	there := false
	for _, f := range found {
		if f.Rule != rule {
			t.Errorf("this breaks another rule: %s", f)
		}
		there = there || f.Resource == at
	}
	if !there {
		t.Errorf("want %s at %s among %d findings", rule, at, len(found))
	}
}
