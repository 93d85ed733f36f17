package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// services are those that the stack is made of, by the names that the provider
// gives them in its block endpoints. The old half of the provider's SDKs does not
// know AWS_ENDPOINT_URL.
var services = []string{
	"appautoscaling", "budgets", "cloudfront", "cloudtrail", "cloudwatch", "cognitoidp", "ec2", "ecr", "ecs", "elbv2", "events", "iam",
	"logs", "rds", "route53", "s3", "s3control", "secretsmanager", "sns", "sqs", "ssm", "sts", "wafv2",
}

// providers are the configurations of AWS's provider in a root module, and an
// alias in one.
var (
	providers = regexp.MustCompile(`(?ms)^provider "aws" \{$(.*?)^\}$`)
	alias     = regexp.MustCompile(`(?m)^  alias += "([^"]+)"$`)
)

// writeEndpoints sends each of the configuration's providers to the endpoint, by
// a file that goes over theirs. Without an endpoint there is no such file.
func writeEndpoints(root, endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if !plain.MatchString(endpoint) {
		return errors.New("the endpoint of AWS holds characters that do not belong there")
	}
	aliases, err := aliasesIn(root)
	if err != nil {
		return fmt.Errorf("look for the providers to send to the endpoint: %w", err)
	}
	var all strings.Builder
	for _, name := range aliases {
		all.WriteString(endpoints(name, endpoint))
	}
	return writeWhole(filepath.Join(root, "endpoints_override.tf"), []byte(all.String()))
}

// aliasesIn lists the aliases of AWS's provider; empty is the one that has none.
func aliasesIn(root string) (aliases []string, err error) {
	files, err := fs.Glob(os.DirFS(root), "*.tf")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		for _, block := range providers.FindAllSubmatch(text, -1) {
			of := ""
			if m := alias.FindSubmatch(block[1]); m != nil {
				of = string(m[1])
			}
			aliases = append(aliases, of)
		}
	}
	return aliases, nil
}

// endpoints is the text for one provider. Who the caller is it asks the endpoint
// as it would ask AWS; what it would look for elsewhere it does not.
func endpoints(name, endpoint string) string {
	var t block
	t.depth = -1
	t.open(`provider "aws"`)
	if name != "" {
		t.set("alias", name)
	}
	t.set("s3_use_path_style", true)
	t.set("skip_credentials_validation", true)
	t.set("skip_metadata_api_check", true)
	t.set("skip_requesting_account_id", false)
	t.open("endpoints")
	for _, service := range services {
		t.set(service, endpoint)
	}
	t.close()
	t.close()
	return t.text
}
