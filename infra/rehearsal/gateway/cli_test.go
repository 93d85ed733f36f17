package gateway

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTheCommandLine does what a player does, with the player's tool.
func TestTheCommandLine(t *testing.T) {
	tool, err := exec.LookPath("aws")
	if err != nil {
		if os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
			t.Fatal("the aws CLI is required")
		}
		t.Skip("needs the aws CLI")
	}
	w := newWorld(t)
	mine, other := w.box("R43"), w.box("R44")
	cfg, _ := w.user("/chaotic-good/R43/", "typist", strings.ReplaceAll(playerPolicy, "R7", "R43"))
	key, err := cfg.Credentials.Retrieve(t.Context())
	must(t, err)
	typed := func(secret string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), tool, args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + w.url, "AWS_DEFAULT_REGION=" + region,
			"AWS_ACCESS_KEY_ID=" + key.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true"}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, tt := range []struct {
		name, secret string
		args         []string
		want         string // a part of what it prints
		fails        bool
	}{
		{"who am I", key.SecretAccessKey, []string{"sts", "get-caller-identity"}, "user/chaotic-good/R43/typist", false},
		{"query", key.SecretAccessKey, []string{"ec2", "describe-instances", "--instance-ids", mine}, mine, false},
		{"json", key.SecretAccessKey, []string{"ecs", "list-clusters"}, "clusterArns", false},
		{"my box", key.SecretAccessKey, []string{"ec2", "stop-instances", "--instance-ids", mine}, "stopping", false},
		{"another's box", key.SecretAccessKey, []string{"ec2", "stop-instances", "--instance-ids", other}, "(UnauthorizedOperation)", true},
		{"identity", key.SecretAccessKey, []string{"iam", "create-user", "--user-name", "x"}, "(AccessDenied)", true},
		{"json denied", key.SecretAccessKey, []string{"ssm", "get-parameter", "--name", "x"}, "(AccessDeniedException)", true},
		{"rest denied", key.SecretAccessKey, []string{"eks", "list-clusters"}, "(AccessDeniedException)", true},
		{"s3 denied", key.SecretAccessKey, []string{"s3api", "list-objects-v2", "--bucket", "b", "--prefix", "a/b c"}, "(AccessDenied)", true},
		{"a wrong secret", "wrong", []string{"ec2", "describe-vpcs"}, "(AuthFailure)", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := typed(tt.secret, tt.args...)
			if (err != nil) != tt.fails || !strings.Contains(out, tt.want) {
				t.Errorf("aws %s: %v\n%s\nwant %q", strings.Join(tt.args, " "), err, out, tt.want)
			}
		})
	}
}
