package infra

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/frontend"
	"github.com/chaotic-good/scenarios/infra/tftest"
)

// configuration is a copy of what Terraform reads, ready for use.
type configuration struct{ tftest.Stack }

// provider is the tests' own, built once for all of them.
var provider tftest.Provider

func needTerraform(t *testing.T) configuration {
	t.Helper()
	return configuration{tftest.Need(t, tftest.Source{Provider: &provider, Unpack: Unpack, Site: frontend.Unpack, Render: func(dir string) error {
		return Rendered{Dir: dir, Names: NamesOf("R7"), Region: "us-east-1", Webhook: "https://bot.example.org/alerts/R7"}.Write()
	}})}
}

// TestAllOfTerraformIsBroughtAlong compares what is compiled in with the folder.
func TestAllOfTerraformIsBroughtAlong(t *testing.T) {
	count := 0
	err := filepath.WalkDir("terraform", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return err
		}
		if _, err := sources.ReadFile(filepath.ToSlash(path)); err != nil && !strings.HasPrefix(d.Name(), ".") && !strings.Contains(d.Name(), "tfstate") {
			t.Errorf("%s stays behind", path)
		}
		count++
		return nil
	})
	if err != nil || count < 30 {
		t.Errorf("%d files, %v", count, err)
	}
}

// wrong are the mistakes that must be seen before anything is made.
var wrong = []struct{ what, file, old, new, says string }{
	{"an unknown argument", "modules/network/main.tf", "map_public_ip_on_launch =", "map_public_ips_on_launch =",
		`argument named "map_public_ips_on_launch" is not expected`},
	{"a required argument that is missing", "modules/database/main.tf", "instance_class             = var.layout.database.class", "",
		`argument "instance_class" is required`},
	{"a value of the wrong type", "modules/database/main.tf", "multi_az               = false", `multi_az = ["a", "b"]`,
		"bool required"},
	{"a block that is missing", "modules/site/main.tf", "  restrictions {\n    geo_restriction {\n      restriction_type = \"none\"\n    }\n  }\n", "",
		"restrictions"},
	{"a reference to nothing", "modules/api/main.tf", "task_definition       = aws_ecs_task_definition.this[each.key].arn", "task_definition = aws_ecs_task_definition.shop[each.key].arn",
		`managed resource "aws_ecs_task_definition" "shop" has not been declared`},
}

func TestAWrongConfigurationIsRefused(t *testing.T) {
	c := needTerraform(t)
	if good, err := c.Validate(t.Context()); err != nil || !good.Valid {
		t.Fatalf("the configuration itself is not valid: %v, %+v", err, good)
	}
	for _, w := range wrong {
		t.Run(w.what, func(t *testing.T) {
			path := filepath.Join(c.Dir, w.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			edited := strings.Replace(string(text), w.old, w.new, 1)
			if edited == string(text) {
				t.Fatalf("%s has no %q", w.file, w.old)
			}
			if err := os.WriteFile(path, []byte(edited), 0o644); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = os.WriteFile(path, text, 0o644) }()
			got, err := c.Validate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, d := range got.Diagnostics {
				said = append(said, d.Summary+": "+d.Detail)
			}
			if got.Valid || got.ErrorCount == 0 || !strings.Contains(strings.Join(strings.Fields(strings.Join(said, "\n")), " "), w.says) {
				t.Errorf("valid: %v, %d errors; want one with %q in %q", got.Valid, got.ErrorCount, w.says, said)
			}
		})
	}
}

func TestTheConfigurationIsFormatted(t *testing.T) {
	tool, err := exec.LookPath("terraform")
	if err != nil {
		t.Skipf("needs Terraform: %v", err)
	}
	t.Setenv("TF_CLI_CONFIG_FILE", "")
	if out, err := exec.CommandContext(t.Context(), tool, "fmt", "-check", "-recursive", "-diff", "terraform").CombinedOutput(); err != nil {
		t.Errorf("terraform fmt would change:\n%s", out)
	}
}

// console evaluates an expression, as the configuration has it.
func (c configuration) console(ctx context.Context, expression string) (string, error) {
	cmd := exec.CommandContext(ctx, c.ExecPath(), "console")
	cmd.Dir, cmd.Stdin = c.Dir, strings.NewReader(expression+"\n")
	for _, v := range tftest.Vars() {
		cmd.Args = append(cmd.Args, "-var", v)
	}
	out, err := cmd.Output()
	return string(out), err
}

var hump = regexp.MustCompile(`([a-z])([A-Z])`)

// snake spells a Go field as Terraform spells names: TargetGroup, target_group.
func snake(field string) string { return strings.ToLower(hump.ReplaceAllString(field, "${1}_$2")) }

var (
	given = regexp.MustCompile(`(?m)^([A-Z][A-Z_]+)=`)
	taken = regexp.MustCompile(`\$\{?([A-Z][A-Z_]+)`)
)

// What the monitoring host's files take from its environment is what its user
// data gives, no less and no more.
func TestTheHostIsToldWhatItsFilesAsk(t *testing.T) {
	data, err := os.ReadFile("terraform/modules/monitoring/host.sh.tftpl")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, m := range given.FindAllStringSubmatch(string(data), -1) {
		told[m[1]] = true
	}
	asked := map[string]bool{"AWS_REGION": true} // by the aws command itself
	own := map[string]bool{"LINENO": true}       // bash's
	for _, name := range []string{"start.sh", "targets.sh", "filebeat.yml"} {
		text, err := os.ReadFile("../monitoring/host/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range taken.FindAllStringSubmatch(string(text), -1) {
			asked[m[1]] = true
			if !told[m[1]] && !own[m[1]] {
				t.Errorf("%s wants %s, which the user data does not say", name, m[1])
			}
		}
	}
	for name := range told {
		if !asked[name] {
			t.Errorf("the user data says %s, which nobody reads", name)
		}
	}
	if len(told) < 10 {
		t.Errorf("only %d names were found", len(told))
	}
}
