package infra

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readable are the data sources that a plan can read in an account where nothing
// of the round exists, with the reason. A look plans in such a one, and Terraform
// reads each of which it knows the arguments, even when it refreshes nothing.
var readable = map[string]string{
	"aws_iam_policy_document":                      "the provider computes it",
	"aws_elb_service_account.this":                 "the provider has the list",
	"aws_caller_identity.this":                     "every account has one",
	"aws_ssm_parameter.image":                      "AWS publishes it",
	"aws_ec2_managed_prefix_list.cloudfront":       "AWS keeps it",
	"aws_cloudfront_cache_policy.pages":            "AWS keeps it",
	"aws_cloudfront_cache_policy.api":              "AWS keeps it",
	"aws_cloudfront_origin_request_policy.api":     "AWS keeps it",
	"aws_cloudfront_response_headers_policy.pages": "AWS keeps it",
	"aws_network_interface.balancer":               "its filter has the balancer's id, so it waits until that is made",
}

var dataBlock = regexp.MustCompile(`(?m)^\s*data\s+"(\w+)"\s+"(\w+)"`)

// TestAPlanNeedsNothingOfTheRound: the tests' provider invents what a data source
// asks for, and AWS does not.
func TestAPlanNeedsNothingOfTheRound(t *testing.T) {
	found := map[string]bool{}
	err := filepath.WalkDir("terraform", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range dataBlock.FindAllStringSubmatch(string(text), -1) {
			kind, block := m[1], m[1]+"."+m[2]
			found[kind], found[block] = true, true
			if readable[kind] == "" && readable[block] == "" {
				t.Errorf("%s: whether data.%s can be read before the stack is made is not said", path, block)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for what := range readable {
		if !found[what] {
			t.Errorf("there is no data.%s any more", what)
		}
	}
	if image := readLayout().Hosts.Image; !strings.HasPrefix(image, "/aws/service/") {
		t.Errorf("the hosts' image %s is not one that AWS publishes", image)
	}
}
