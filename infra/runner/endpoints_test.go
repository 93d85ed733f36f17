package runner

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

const loopback = "http://127.0.0.1:4566"

// serviceOf is which service the kinds of things in infra/terraform are of, by
// how their names begin; the longest counts. "-" is none.
var serviceOf = map[string]string{
	"aws_appautoscaling_": "appautoscaling", "aws_budgets_": "budgets", "aws_cloudfront_": "cloudfront", "aws_cloudtrail": "cloudtrail",
	"aws_cloudwatch_metric_": "cloudwatch", "aws_cloudwatch_event_": "events", "aws_cloudwatch_log_": "logs", "aws_cognito_": "cognitoidp",
	"aws_ecr_": "ecr", "aws_ecs_": "ecs", "aws_lb": "elbv2", "aws_iam_": "iam", "aws_db_": "rds", "aws_route53_": "route53", "aws_s3_": "s3",
	"aws_secretsmanager_": "secretsmanager", "aws_sns_": "sns", "aws_sqs_": "sqs", "aws_ssm_": "ssm", "aws_wafv2_": "wafv2",
	"aws_caller_identity": "sts", "aws_elb_service_account": "-",
	"aws_ec2_": "ec2", "aws_eip": "ec2", "aws_flow_log": "ec2", "aws_instance": "ec2", "aws_internet_gateway": "ec2", "aws_key_pair": "ec2", "aws_launch_template": "ec2",
	"aws_network_interface": "ec2", "aws_route": "ec2", "aws_security_group": "ec2", "aws_subnet": "ec2", "aws_vpc": "ec2",
}

// TestEveryServiceOfTheStackHasAnEndpoint: what had none would go to AWS itself.
func TestEveryServiceOfTheStackHasAnEndpoint(t *testing.T) {
	root, err := infra.Unpack(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kinds := regexp.MustCompile(`(?m)^(?:resource|data) "(aws_[a-z0-9_]+)"`)
	count := 0
	err = filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".tf" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range kinds.FindAllStringSubmatch(string(text), -1) {
			count++
			best := ""
			for prefix := range serviceOf {
				if strings.HasPrefix(m[1], prefix) && len(prefix) > len(best) {
					best = prefix
				}
			}
			if of := serviceOf[best]; of != "-" && !slices.Contains(services, of) {
				t.Errorf("%s: %s is of the service %q, which has no endpoint", path, m[1], of)
			}
		}
		return err
	})
	if err != nil || count < 80 {
		t.Errorf("%d things, %v", count, err)
	}
}

func TestEveryProviderIsSentToTheEndpoint(t *testing.T) {
	root, err := infra.Unpack(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "versions.tf"))
	if err != nil {
		t.Fatal(err)
	}
	aliases, err := aliasesIn(root)
	if err != nil || !slices.Equal(aliases, []string{"", "global"}) || strings.Count(string(text), `provider "aws"`) != len(aliases) {
		t.Errorf("the providers are %q, %v", aliases, err)
	}
	over := filepath.Join(root, "endpoints_override.tf")
	if err := writeEndpoints(root, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(over); !os.IsNotExist(err) {
		t.Errorf("AWS itself needs no such file: %v", err)
	}
	if err := writeEndpoints(root, "http://${var.x}"); err == nil {
		t.Error("an endpoint that is none is written")
	}
	if err := writeEndpoints(root, loopback); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(over)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"alias = \"global\"\n", "s3_use_path_style = true\n", "skip_credentials_validation = true\n", "skip_metadata_api_check = true\n",
		"skip_requesting_account_id = false\n", "ec2 = \"" + loopback + "\"\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("nothing says %q in\n%s", want, got)
		}
	}
	if n := strings.Count(string(got), loopback); n != 2*len(services) {
		t.Errorf("%d endpoints for 2 providers of %d services", n, len(services))
	}
}

// The provider takes the file, and it goes over the configuration's own blocks
// instead of beside them: the default tags stay.
func TestTheProviderTakesTheEndpoints(t *testing.T) {
	s := tftest.Need(t, tftest.Source{Provider: &provider, Unpack: func(dir string) (string, error) {
		root, err := infra.Unpack(dir)
		if err != nil {
			return "", err
		}
		return root, writeEndpoints(root, loopback)
	}, Site: frontend.Unpack, Render: func(dir string) error {
		return infra.Rendered{Dir: dir, Names: infra.NamesOf("R7"), Region: "us-east-1", Webhook: "https://bot.example.org/alerts/R7"}.Write()
	}})
	if good, err := s.Validate(t.Context()); err != nil || !good.Valid {
		t.Fatalf("%v, %+v", err, good)
	}
	if !s.Stub {
		t.Skip("needs the tests' provider: a real one would ask the endpoint")
	}
	out := filepath.Join(t.TempDir(), "plan")
	if _, err := s.Plan(t.Context(), append(tftest.Options(func(v string) tfexec.PlanOption { return tfexec.Var(v) }), tfexec.Out(out))...); err != nil {
		t.Fatal(err)
	}
	plan, err := s.ShowPlanFile(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"aws", "aws.global"} {
		p := plan.Config.ProviderConfigs[name]
		if p == nil {
			t.Errorf("the plan knows no provider %s", name)
			continue
		}
		for _, setting := range []string{"endpoints", "s3_use_path_style", "skip_credentials_validation", "default_tags", "region"} {
			if p.Expressions[setting] == nil {
				t.Errorf("the provider %s has no %s", name, setting)
			}
		}
	}
}

// Of what goes over another block Terraform checks no names, so here the same
// text stands alone.
func TestTheProviderKnowsEachEndpoint(t *testing.T) {
	tool, stub := provider.Need(t)
	dir := t.TempDir()
	tf, err := tfexec.NewTerraform(dir, tool)
	if err != nil {
		t.Fatal(err)
	}
	const alone = "terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \"~> 5.32\"\n    }\n  }\n}\n" +
		"data \"aws_caller_identity\" \"this\" {}\n"
	text := alone + endpoints("", loopback) + endpoints("global", loopback)
	for _, c := range []struct {
		what, old, new string
		valid          bool
	}{
		{"as it is", "", "", true},
		{"a service that does not exist", " wafv2 =", " wafv3 =", false},
		{"a setting that does not exist", "skip_metadata_api_check", "skip_metadata", false},
	} {
		if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(strings.Replace(text, c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.valid {
			if err := tf.Init(t.Context()); err != nil && stub {
				t.Fatal(err)
			} else if err != nil {
				t.Skipf("needs a provider, from ../shared/tools/aws-schema-provider or from the network: %v", err)
			}
		}
		if said, err := tf.Validate(t.Context()); err != nil || said.Valid != c.valid {
			t.Errorf("%s: %v, %+v", c.what, err, said)
		}
	}
}
