package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// workflow is what we use of GitHub's language.
type workflow struct {
	Name        string            `yaml:"name"`
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency map[string]any    `yaml:"concurrency"`
	Jobs        map[string]job    `yaml:"jobs"`
}

type job struct {
	Uses        string            `yaml:"uses"`
	Needs       string            `yaml:"needs"`
	RunsOn      string            `yaml:"runs-on"`
	Timeout     int               `yaml:"timeout-minutes"`
	Permissions map[string]string `yaml:"permissions"`
	Steps       []struct {
		Name string            `yaml:"name"`
		Uses string            `yaml:"uses"`
		With map[string]any    `yaml:"with"`
		Run  string            `yaml:"run"`
		Env  map[string]string `yaml:"env"`
	} `yaml:"steps"`
}

var (
	pinned = regexp.MustCompile(`^actions/[a-z-]+@v\d+$|^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)
	tools  = regexp.MustCompile(`go run (\S+\.\S+/\S+)`)
	tagged = regexp.MustCompile(`@v\d+\.\d+\.\d+$`)
)

// writers are the jobs that may change something at GitHub.
var writers = map[string]map[string]string{"release.yml release": {"contents": "write"}}

func TestWorkflowsMayDoLittle(t *testing.T) {
	paths, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(paths) < 3 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			var w workflow
			readYAML(t, path, &w)
			if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
				t.Errorf("permissions %v; want to read the contents, and more only where a job says so", w.Permissions)
			}
			if _, ok := w.On["pull_request_target"]; ok {
				t.Error("a stranger's pull request would run with our rights")
			}
			for name, j := range w.Jobs {
				checkJob(t, filepath.Base(path)+" "+name, j)
			}
		})
	}
}

func checkJob(t *testing.T, name string, j job) {
	for what, right := range j.Permissions {
		if writers[name][what] != right {
			t.Errorf("%s: has the right %s: %s", name, what, right)
		}
	}
	if j.Uses != "" {
		if !strings.HasPrefix(j.Uses, "./.github/workflows/") {
			t.Errorf("%s: is somebody else's workflow %s", name, j.Uses)
		}
		return
	}
	if j.Timeout == 0 || len(j.Steps) == 0 {
		t.Errorf("%s: has %d minutes and %d steps", name, j.Timeout, len(j.Steps))
	}
	for _, s := range j.Steps {
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("%s: %s may become anything: GitHub's own need a major version, others a commit", name, s.Uses)
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false {
			t.Errorf("%s: leaves its token in the checkout", name)
		}
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: pastes an expression into a script, which may be a stranger's text: %s", name, s.Run)
		}
		for _, m := range tools.FindAllStringSubmatch(s.Run, -1) {
			if !tagged.MatchString(m[1]) {
				t.Errorf("%s: runs %s at whatever release", name, m[1])
			}
		}
	}
}

// TestAScanSkipsOnlyWhatHasAReason reads what the Terraform scanner is told.
func TestAScanSkipsOnlyWhatHasAReason(t *testing.T) {
	var file struct {
		Misconfigurations []struct {
			ID        string   `yaml:"id"`
			Paths     []string `yaml:"paths"`
			Statement string   `yaml:"statement"`
		} `yaml:"misconfigurations"`
	}
	readYAML(t, "trivyignore.yaml", &file)
	if len(file.Misconfigurations) == 0 {
		t.Error("it says nothing")
	}
	for _, m := range file.Misconfigurations {
		if !strings.HasPrefix(m.ID, "AWS-") || m.Statement == "" || len(m.Paths) == 0 {
			t.Errorf("%s is skipped without a reason, or everywhere", m.ID)
		}
		for _, p := range m.Paths {
			if _, err := os.Stat(filepath.Join("../infra/terraform", p)); err != nil {
				t.Errorf("%s: %v", m.ID, err)
			}
		}
	}
}
