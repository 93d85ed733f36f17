package monitoring

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programs puts stand-ins before the real ones on a script's PATH.
func programs(t *testing.T, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir + ":" + os.Getenv("PATH")
}

// round runs targets.sh for one round: its sleep ends it.
func round(t *testing.T, dir, aws, curl string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "host/targets.sh", dir)
	cmd.Env = []string{
		"PATH=" + programs(t, map[string]string{"aws": aws, "curl": curl, "sleep": "kill $PPID"}),
		"CLUSTER=chaotic-r7", "PREFIX=chaotic-r7", "PORT_APP=8080", "ROUND=R7",
	}
	if out, err := cmd.CombinedOutput(); err == nil || strings.Contains(string(out), "syntax") {
		t.Fatalf("%v: %s", err, out)
	}
}

func targets(t *testing.T, dir, job string) (addresses []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "targets", job+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Targets []string
		Labels  map[string]string
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, one := range all {
		if one.Labels["round"] != "R7" || one.Labels["instance"] == "" {
			t.Errorf("labels %v", one.Labels)
		}
		addresses = append(addresses, one.Labels["instance"]+"="+strings.Join(one.Targets, "+"))
	}
	return addresses
}

const ecsAnswers = `case "$2 $6" in
"list-tasks chaotic-r7-api") printf 'arn:aws:ecs:x:1:task/c/aaaaaaaaaaaa\tarn:aws:ecs:x:1:task/c/bbbbbbbbbbbb\tarn:aws:ecs:x:1:task/c/cccccccccccc\n' ;;
"list-tasks chaotic-r7-visitors") echo "$VISITORS" ;;
describe-tasks*)
  for arn in "${@:6}"; do
    case $arn in
    *aaaa) printf '%s\t10.20.2.4\n' "$arn" ;;
    *bbbb) printf '%s\t10.20.2.20\n' "$arn" ;;
    *cccc) printf '%s\tNone\n' "$arn" ;;
    *dddd) printf '%s\t10.20.0.9\n' "$arn" ;;
    esac
  done ;;
esac`

func TestTasksBecomeTargets(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"targets", "rules"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	wait, rules := filepath.Join(dir, "rules.wait"), filepath.Join(dir, "rules", "rules.yml")
	if err := os.WriteFile(wait, []byte("groups: []"), 0o644); err != nil {
		t.Fatal(err)
	}
	round(t, dir, "VISITORS=None\n"+ecsAnswers, "exit 0")
	if got := strings.Join(targets(t, dir, "shop"), " "); got != "api-aaaaaaaa=10.20.2.4:8080 api-bbbbbbbb=10.20.2.20:8080" {
		t.Errorf("the shop's targets are %q", got)
	}
	if got := targets(t, dir, "visitors"); len(got) != 0 {
		t.Errorf("there are visitors %q", got)
	}
	if _, err := os.Stat(wait); err != nil {
		t.Error("the rules came before the first visitors: a young stack would page")
	}
	someVisitors := "VISITORS=arn:aws:ecs:x:1:task/c/dddddddddddd\n" + ecsAnswers
	round(t, dir, someVisitors, "exit 7") // Prometheus is not up yet
	if _, err := os.Stat(wait); err != nil {
		t.Error("a reload that failed is not tried again")
	}
	round(t, dir, someVisitors, "exit 0")
	if _, err := os.Stat(rules); err != nil {
		t.Errorf("the rules did not come with the visitors: %v", err)
	}
	round(t, dir, "exit 255", "exit 0") // AWS throttles
	if got := targets(t, dir, "shop"); len(got) != 2 {
		t.Errorf("after a call that failed the targets are %q", got)
	}
}
