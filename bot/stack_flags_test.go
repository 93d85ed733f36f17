package main

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/infra/runner"
)

// A person says as little of a stack as the bot's own settings leave open.
func TestAPersonSaysWhatTheBotIsNotTold(t *testing.T) {
	path := configFile(t, `
state: /var/lib/bot
aws: {region: eu-west-1, maker: terraform}
terraform:
  access: [203.0.113.7/32]
  admin_email: admin@example.org
  backend: {kind: s3, bucket: states, region: eu-west-1}
`)
	s3 := runner.Backend{Kind: "s3", Bucket: "states", Region: "eu-west-1"}
	for name, c := range map[string]struct {
		args    []string
		env     map[string]string
		state   string
		region  string
		email   string
		access  string
		backend runner.Backend
	}{
		"nothing":             {nil, map[string]string{"HOME": "/home/ana"}, "/home/ana/.local/state/chaotic-good", "us-east-1", "", "", runner.Backend{}},
		"the region of AWS":   {nil, map[string]string{"HOME": "/home/ana", "AWS_REGION": "eu-north-1"}, "/home/ana/.local/state/chaotic-good", "eu-north-1", "", "", runner.Backend{}},
		"the bot's file":      {[]string{"--config", path}, nil, "/var/lib/bot", "eu-west-1", "admin@example.org", "203.0.113.7/32", s3},
		"the environment":     {[]string{"--config", path}, map[string]string{"CHAOTIC_STATE": "/s"}, "/s", "eu-west-1", "admin@example.org", "203.0.113.7/32", s3},
		"flags over all that": {[]string{"--state", "/f", "--access", "192.0.2.0/24,198.51.100.0/24", "--email", "ana@example.org", "--prefix", "p", "--config", path}, map[string]string{"CHAOTIC_STATE": "/s"}, "/f", "eu-west-1", "ana@example.org", "192.0.2.0/24,198.51.100.0/24", runner.Backend{Kind: "s3", Bucket: "states", Region: "eu-west-1", Prefix: "p"}},
	} {
		t.Run(name, func(t *testing.T) {
			if home := c.env["HOME"]; home != "" {
				t.Setenv("HOME", home)
			}
			f, err := readStackFlags("apply", append([]string{"--round", "7"}, c.args...), lookup(c.env), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			by := f.by
			if f.number != 7 || by.state != c.state || by.region != c.region || by.stack.AdminEmail != c.email ||
				!slices.Equal(by.stack.Access, strings.FieldsFunc(c.access, func(r rune) bool { return r == ',' })) || by.backend != c.backend {
				t.Errorf("read %+v", f)
			}
		})
	}
	var code exitCode
	for _, args := range [][]string{nil, {"--round", "7", "now"}, {"--rounds", "7"}} {
		if _, err := readStackFlags("apply", args, lookup(nil), io.Discard); !errors.As(err, &code) || code != 2 {
			t.Errorf("%q: %v", args, err)
		}
	}
	if _, err := readStackFlags("apply", []string{"--round", "7", "--config", "/nowhere.yaml"}, lookup(nil), io.Discard); err == nil || !strings.Contains(err.Error(), "/nowhere.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}
