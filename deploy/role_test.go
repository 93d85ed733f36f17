package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
)

const (
	account = "111122223333"
	role    = "chaotic-good-bot"
	region  = "eu-central-1"
)

// needMoto returns a client of a moto of this test's own, and its address.
func needMoto(t *testing.T) (*iam.Client, string) {
	t.Helper()
	tool, err := moto.Find(t.Context())
	if err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") == "1" {
		t.Fatalf("moto_server is required: %v", err)
	}
	if err != nil {
		t.Skipf("needs moto_server: %v", err)
	}
	server, err := moto.Start(t.Context(), moto.Config{Tool: tool, Dir: t.TempDir(), Account: account, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	address := server.URL.String()
	return iam.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: &address, Credentials: credentials.NewStaticCredentialsProvider("AKIATESTTESTTESTTEST", "test", ""),
	}), address
}

// TestTheRoleIsMadeAndMadeAgain runs the script by its own tool against moto.
func TestTheRoleIsMadeAndMadeAgain(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Skipf("needs the aws command line: %v", err)
	}
	api, address := needMoto(t)
	run := func(account string, states ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "./role.sh", append([]string{account, region}, states...)...)
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+address, "AWS_ACCESS_KEY_ID=AKIATESTTESTTESTTEST", "AWS_SECRET_ACCESS_KEY=test",
			"AWS_REGION=", "AWS_DEFAULT_REGION=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run("999988887777"); err == nil || !strings.Contains(out, "of the account "+account+", not of 999988887777") {
		t.Errorf("another account: %v, %s", err, out)
	}
	if out, err := run(account, "states/*"); err == nil || !strings.Contains(out, "states/* is no bucket, or its prefix has characters") {
		t.Errorf("a prefix that is a pattern: %v, %s", err, out)
	}
	if _, err := api.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(role)}); err == nil {
		t.Error("another account, or no bucket: the role was made")
	}
	// What was given for the states stays when a later run does not speak of them.
	for when, states := range [][]string{{"our-states/rounds/"}, nil} {
		if out, err := run(account, states...); err != nil || !strings.Contains(out, "ready for "+region) {
			t.Fatalf("run %d: %v, %s", when, err, out)
		}
	}
	may, err := mayStates(t, api)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		action, resource string
		want             bool
	}{
		{"s3:ListBucket", "our-states", true},
		{"s3:ListBucket", "another", false},
		{"s3:PutObject", "our-states/rounds/chaotic-r7.tfstate", true},
		{"s3:GetObject", "our-states/rounds/chaotic-r7.tfstate", true},
		{"s3:DeleteObject", "our-states/rounds/chaotic-r7.tfstate.tflock", true},
		{"s3:GetObject", "our-states/rounds/other.tfstate", false},
		{"s3:GetObject", "our-states/chaotic-r7.tfstate", false},
		{"s3:DeleteBucket", "our-states", false},
	} {
		if may(c.action, "arn:aws:s3:::"+c.resource) != c.want {
			t.Errorf("whether it may %s on %s is not %v", c.action, c.resource, c.want)
		}
	}
	have, err := api.ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(infra.BotPolicies()) + 1; len(have.AttachedPolicies) != want {
		t.Errorf("%d policies are attached, want %d", len(have.AttachedPolicies), want)
	}
	if err := checkDocument(t, api, aws.String(infra.BoundaryARN(account))); err != nil {
		t.Errorf("the boundary: %v", err)
	}
	for _, p := range have.AttachedPolicies {
		if err := checkDocument(t, api, p.PolicyArn); err != nil {
			t.Errorf("%s: %v", aws.ToString(p.PolicyName), err)
		}
	}
}

// mayStates reads what the role may do with Terraform's states.
func mayStates(t *testing.T, api *iam.Client) (func(action, resource string) bool, error) {
	t.Helper()
	out, err := api.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(role + "-states")})
	if err != nil {
		return nil, err
	}
	text, err := url.QueryUnescape(aws.ToString(out.PolicyDocument))
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, err
	}
	return func(action, resource string) bool {
		for _, s := range d.Statement {
			fits := slices.ContainsFunc(s.Resource, func(pattern string) bool {
				ok, err := path.Match(pattern, resource)
				return err == nil && ok
			})
			if s.Effect == "Allow" && slices.Contains(s.Action, action) && fits {
				return true
			}
		}
		return false
	}, nil
}

// checkDocument reads what moto keeps of a policy.
func checkDocument(t *testing.T, api *iam.Client, arn *string) error {
	policy, err := api.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	version, err := api.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return err
	}
	text, err := url.QueryUnescape(aws.ToString(version.PolicyVersion.Document))
	if err != nil {
		return err
	}
	bare := strings.Join(strings.Fields(text), "") // as IAM counts
	switch {
	case !json.Valid([]byte(text)):
		return fmt.Errorf("it is no JSON: %s", text)
	case strings.Contains(text, "${"):
		return fmt.Errorf("a name was not filled in: %s", text)
	case len(bare) > 6144:
		return fmt.Errorf("%d characters; IAM takes 6144", len(bare))
	}
	return nil
}
