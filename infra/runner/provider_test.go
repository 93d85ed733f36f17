package runner

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/chaotic-good/scenarios/infra"
)

// environWith is this process's environment with another configuration of
// Terraform's.
func environWith(config string) (all []string) {
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_CLI_CONFIG_FILE=") {
			all = append(all, entry)
		}
	}
	return append(all, "TF_CLI_CONFIG_FILE="+config, "CHAOTIC_DISCORD_TOKEN=hush")
}

// A provider is found where the environment says, and whoever gets the settings
// finds it again and asks nobody.
func TestAProviderIsFetched(t *testing.T) {
	_, stub := provider.Need(t)
	if !stub {
		t.Skip("needs the tests' provider, from ../shared/tools/aws-schema-provider")
	}
	built := builtProvider(t)
	config := filepath.Join(t.TempDir(), "dev.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"hashicorp/aws\" = %q\n  }\n  direct {}\n}\n", built)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, config, says string }{
		{"a mirror", os.Getenv("TF_CLI_CONFIG_FILE"), "AWS's provider 5.32.0, from the folder that " + os.Getenv("TF_CLI_CONFIG_FILE") + " names"},
		{"dev_overrides", config, "AWS's provider 5.32.0, from the folder " + built + ", which dev_overrides names"},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "kept")
			for range 2 { // the second time there is something
				got, err := FetchProvider(t.Context(), dir, environWith(c.config), infra.Unpack, slog.New(slog.DiscardHandler))
				if err != nil {
					t.Fatal(err)
				}
				if got.Says != c.says {
					t.Errorf("it says %q, want %q", got.Says, c.says)
				}
				findsAgain(t, got)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*", "look")); len(left) > 0 {
				t.Errorf("left is %q", left)
			}
		})
	}
}

// builtProvider is a folder as a person has it who built the provider.
func builtProvider(t *testing.T) string {
	t.Helper()
	mirror := filepath.Dir(os.Getenv("TF_CLI_CONFIG_FILE"))
	found, err := filepath.Glob(filepath.Join(mirror, "*", "hashicorp", "aws", "*", "*", "terraform-provider-aws*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("in %q there are %q, %v", mirror, found, err)
	}
	dir := t.TempDir()
	if err := link(found[0], filepath.Join(dir, "terraform-provider-aws")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// findsAgain initialises the stack with nothing but the settings.
func findsAgain(t *testing.T, p Provider) {
	t.Helper()
	root, err := infra.Unpack(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	at := folder(t.TempDir())
	found := &tool{dir: at, env: environment(p.Env, "", "", at.plugins()), log: slog.New(slog.DiscardHandler)}
	path, err := found.find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(at.plugins(), 0o700); err != nil {
		t.Fatal(err)
	}
	tf, err := tfexec.NewTerraform(root, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tf.SetEnv(found.env), tf.Init(t.Context(), tfexec.Backend(false))); err != nil {
		t.Error(err)
	}
	if good, err := tf.Validate(t.Context()); err != nil || !good.Valid {
		t.Errorf("%v, %+v", err, good)
	}
}

// Where there is no provider Terraform's own words say so.
func TestNoProviderIsThere(t *testing.T) {
	provider.Need(t)
	config := filepath.Join(t.TempDir(), "empty.tfrc")
	if err := writeMirror(config, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	_, err := FetchProvider(t.Context(), t.TempDir(), environWith(config), infra.Unpack, slog.New(slog.DiscardHandler))
	var failed *Failure
	if !errors.As(err, &failed) || failed.What != "init" || strings.Contains(err.Error(), "hush") {
		t.Fatalf("%v", err)
	}
	t.Log(err)
	gone := filepath.Join(t.TempDir(), "gone")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"hashicorp/aws\" = %q\n  }\n}\n", gone)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = FetchProvider(t.Context(), t.TempDir(), environWith(config), infra.Unpack, slog.New(slog.DiscardHandler))
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "take the provider that dev_overrides names") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestWhereAProviderComesFrom(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".terraformrc")
	for _, c := range []struct{ text, from, override string }{
		{"", "the registry", ""},
		{"provider_installation {\n  network_mirror {\n    url = \"https://m.example/\"\n  }\n}", "the mirror that " + file + " names", ""},
		{"provider_installation {\n  filesystem_mirror {\n    path = \"/m\"\n  }\n}", "the folder that " + file + " names", ""},
		{"provider_installation {\n  dev_overrides {\n    \"hashicorp/null\" = \"/n\"\n    \"hashicorp/aws\" = \"/a\"\n  }\n  direct {}\n}", "the registry", "/a"},
		{"provider_installation {\n  dev_overrides {\n    \"registry.example/hashicorp/aws\" = \"/b\"\n  }\n}", "the registry", "/b"},
		{"provider_installation {\n  dev_overrides {\n    \"hashicorp/null\" = \"/n\"\n  }\n}", "the registry", ""},
	} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		cli, from := readCLI([]string{"HOME=" + home})
		if from != c.from || cli.override() != c.override || cli.path != file {
			t.Errorf("%s: from %q, overridden by %q, read in %s", c.text, from, cli.override(), cli.path)
		}
	}
}
