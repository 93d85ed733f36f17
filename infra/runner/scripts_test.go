package runner

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra/tftest"
)

// The scripts for a person without Discord do nothing without credentials, and
// say what is missing.
func TestScriptsWithoutCredentials(t *testing.T) {
	root, err := tftest.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"create-keys.sh", "apply.sh", "destroy.sh"} {
		t.Run(name, func(t *testing.T) {
			script, home := filepath.Join(root, "infra", name), t.TempDir()
			var out, errs bytes.Buffer
			cmd := exec.CommandContext(t.Context(), "bash", script, "--round", "7", "--state", filepath.Join(home, "state"))
			cmd.Stdout, cmd.Stderr = &out, &errs
			cmd.Env = []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + home + "/none", "AWS_SHARED_CREDENTIALS_FILE=" + home + "/none"}
			for _, entry := range os.Environ() {
				if !strings.HasPrefix(entry, "AWS_") && !strings.HasPrefix(entry, "CHAOTIC_") {
					cmd.Env = append(cmd.Env, entry)
				}
			}
			err := cmd.Run()
			if err == nil || !strings.Contains(errs.String(), "there are no AWS credentials, so nothing was done: set AWS_PROFILE") || out.Len() > 0 {
				t.Errorf("%v\n%s%s", err, out.String(), errs.String())
			}
			if _, err := os.Stat(filepath.Join(home, "state")); err == nil {
				t.Error("something was done")
			}
		})
	}
}

func TestScriptsAreClean(t *testing.T) {
	tool, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skipf("optional, needs shellcheck: %v", err)
	}
	scripts, err := filepath.Glob("../*.sh")
	if err != nil || len(scripts) != 3 {
		t.Fatalf("%v, %v", scripts, err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, scripts...).CombinedOutput(); err != nil {
		t.Errorf("%s", out)
	}
}
