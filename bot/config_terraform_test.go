package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// byTerraformThen is an environment with which a bot would start that makes its
// stacks by Terraform, with some settings changed.
func byTerraformThen(env map[string]string) func(string) string {
	all := settings("/s")
	maps.Copy(all, map[string]string{"CHAOTIC_AWS_MAKER": "terraform", "CHAOTIC_TERRAFORM_ACCESS": "203.0.113.7/32"})
	maps.Copy(all, env)
	return lookup(all)
}

func TestTerraformIsConfigured(t *testing.T) {
	path := configFile(t, `
aws:
  maker: terraform
terraform:
  access: [203.0.113.7/32, 198.51.100.0/24]
  player_email: ana@example.org
  admin_email: admin@example.org
  budget: 20
  monitoring_type: t3a.large
  bastion: true
  backend: {kind: s3, bucket: states, region: eu-west-1, prefix: rounds, kms_key: alias/states}
`)
	c, err := readConfig(path, lookup(settings("/s")))
	if err != nil {
		t.Fatal(err)
	}
	want := runner.Stack{
		Release: shopRelease, Access: []string{"203.0.113.7/32", "198.51.100.0/24"}, PlayerEmail: "ana@example.org",
		AdminEmail: "admin@example.org", Budget: 20, MonitoringType: "t3a.large", Bastion: true,
	}
	if got := c.Terraform.stack(); !slices.Equal(got.Access, want.Access) || got.AdminEmail != want.AdminEmail || got.PlayerEmail != want.PlayerEmail ||
		got.Budget != want.Budget || got.MonitoringType != want.MonitoringType || got.Bastion != want.Bastion || got.Release != want.Release {
		t.Errorf("the stack is %+v, want %+v", got, want)
	}
	if got := c.scout(nil); got.MonitoringType != want.MonitoringType || !got.Bastion {
		t.Errorf("the scout is told %+v", got)
	}
	kept := runner.Backend{Kind: "s3", Bucket: "states", Region: "eu-west-1", Prefix: "rounds", KMSKey: "alias/states"}
	if got := c.Terraform.backend(); got != kept {
		t.Errorf("the backend is %+v, want %+v", got, kept)
	}
	env := map[string]string{
		"CHAOTIC_TERRAFORM_ACCESS": "192.0.2.0/24,192.0.2.9/32", "CHAOTIC_TERRAFORM_BUDGET": "7", "CHAOTIC_TERRAFORM_BASTION": "true",
		"CHAOTIC_TERRAFORM_BACKEND": "cloud", "CHAOTIC_TERRAFORM_BACKEND_ORGANIZATION": "acme", "CHAOTIC_TERRAFORM_BACKEND_PROJECT": "game days",
	}
	c, err = readConfig("", byTerraformThen(env))
	if err != nil {
		t.Fatal(err)
	}
	cloud := runner.Backend{Kind: "cloud", Organization: "acme", Project: "game days"}
	if got := c.Terraform.backend(); got != cloud || len(c.Terraform.Access) != 2 || c.Terraform.Budget != 7 || !c.Terraform.Bastion {
		t.Errorf("from the environment came %+v", c.Terraform)
	}
}

func TestAWrongTerraformIsASentence(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		says string
	}{
		"nobody has access":       {map[string]string{"CHAOTIC_TERRAFORM_ACCESS": ""}, "names nobody, and the bot would not reach the monitoring"},
		"an address alone":        {map[string]string{"CHAOTIC_TERRAFORM_ACCESS": "203.0.113.7"}, `"203.0.113.7" is not a range of IPv4 addresses like`},
		"the internet":            {map[string]string{"CHAOTIC_TERRAFORM_ACCESS": "0.0.0.0/0"}, "0.0.0.0/0 is wider than /16: never the whole internet"},
		"IPv6":                    {map[string]string{"CHAOTIC_TERRAFORM_ACCESS": "2001:db8::/64"}, `"2001:db8::/64" is not a range of IPv4`},
		"a range from its middle": {map[string]string{"CHAOTIC_TERRAFORM_ACCESS": "192.0.2.9/24"}, "192.0.2.9/24 begins in the middle of a range; 192.0.2.0/24 is the whole one"},
		"no e-mail address":       {map[string]string{"CHAOTIC_TERRAFORM_ADMIN_EMAIL": "admin"}, `terraform.admin_email: "admin" is no e-mail address`},
		"nor the player's":        {map[string]string{"CHAOTIC_TERRAFORM_PLAYER_EMAIL": "ana@home"}, `terraform.player_email: "ana@home" is no e-mail address`},
		"a budget of thousands":   {map[string]string{"CHAOTIC_TERRAFORM_BUDGET": "5000"}, "5000 USD do not lie between 1 and 200"},
		"a budget in words":       {map[string]string{"CHAOTIC_TERRAFORM_BUDGET": "ten"}, `read CHAOTIC_TERRAFORM_BUDGET: strconv.Atoi: parsing "ten"`},
		"a small monitoring host": {map[string]string{"CHAOTIC_TERRAFORM_MONITORING_TYPE": "t3.nano"}, `"t3.nano" is not a t3 or t3a, large or xlarge`},
		"perhaps a bastion":       {map[string]string{"CHAOTIC_TERRAFORM_BASTION": "perhaps"}, "read CHAOTIC_TERRAFORM_BASTION"},
		"no such backend":         {map[string]string{"CHAOTIC_TERRAFORM_BACKEND": "gcs"}, `terraform.backend: there is no "gcs": local, s3 or cloud`},
		"a bucket without name":   {map[string]string{"CHAOTIC_TERRAFORM_BACKEND": "s3"}, "terraform.backend: s3 needs a bucket and its region"},
		"a bucket kept locally":   {map[string]string{"CHAOTIC_TERRAFORM_BACKEND_BUCKET": "states"}, "terraform.backend: a bucket, a prefix, a region and a key are of the kind s3"},
		"nobody's workspaces":     {map[string]string{"CHAOTIC_TERRAFORM_BACKEND": "cloud"}, "terraform.backend: cloud needs an organization"},
		"a bucket that is code":   {map[string]string{"CHAOTIC_TERRAFORM_BACKEND": "s3", "CHAOTIC_TERRAFORM_BACKEND_BUCKET": "${x}"}, "the bucket holds characters that do not belong there"},
		"a region of nowhere":     {map[string]string{"CHAOTIC_AWS_REGION": "Frankfurt"}, `the region "Frankfurt" is not written like us-east-1`},
		"for the other maker":     {map[string]string{"CHAOTIC_AWS_MAKER": "sdk"}, "have no meaning unless aws.maker is terraform"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := readConfig("", byTerraformThen(c.env)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %q in it", err, c.says)
			}
		})
	}
	path := configFile(t, "terraform:\n  acces: [203.0.113.7/32]\n")
	if _, err := readConfig(path, byTerraformThen(nil)); err == nil || !strings.Contains(err.Error(), `unknown field "acces"`) {
		t.Errorf("a misspelt setting: %v", err)
	}
}

// Terraform has one stage, and the chat offers no other.
func TestOnlyStagesThatCanBeMadeAreOffered(t *testing.T) {
	all := []round.Scenario{{Stages: infra.Stages()}}
	for maker, want := range map[string][]string{bySDK: infra.Stages(), byTerraform: {infra.StageClassic}} {
		var c config
		c.AWS.Maker = maker
		if got := c.stages(all); !slices.Equal(got, want) {
			t.Errorf("%s makes %q, want %q", maker, got, want)
		}
	}
}
