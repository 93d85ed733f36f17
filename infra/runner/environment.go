package runner

import (
	"slices"
	"strings"
)

// passed are the settings that Terraform and its provider take from this
// process. Nothing else of its environment reaches them: not the bot's token.
var passed = []string{
	"PATH", "HOME", "USER", "TMPDIR", "TZ",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"TF_CLI_CONFIG_FILE",
}

// passedPrefixes are families of such settings: where the credentials of AWS
// come from, and the token of HCP Terraform.
var passedPrefixes = []string{"AWS_", "TF_TOKEN_"}

// environment is all that Terraform sees. terraform-exec adds to it that no
// person is there to answer questions.
func environment(environ []string, region, endpoint, plugins string) map[string]string {
	env := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		family := slices.ContainsFunc(passedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		if family || slices.Contains(passed, name) {
			env[name] = value
		}
	}
	env["AWS_REGION"], env["AWS_DEFAULT_REGION"] = region, region
	if endpoint != "" {
		env["AWS_ENDPOINT_URL"] = endpoint
	}
	env["CHECKPOINT_DISABLE"] = "1"
	// A round has no lock file yet when it begins, and without one Terraform
	// would fetch the provider anew for each, past the cache.
	env["TF_PLUGIN_CACHE_DIR"] = plugins
	env["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
	return env
}
