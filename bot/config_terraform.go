package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"regexp"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/runner"
)

// The makers of a stack.
const (
	bySDK       = "sdk"
	byTerraform = "terraform"
)

// terraformConfig is what stacks have in common that Terraform makes, and where
// their states are kept.
type terraformConfig struct {
	Access         []string `yaml:"access"`          // who reaches the monitoring's pages, the bot among them: CIDR ranges
	PlayerEmail    string   `yaml:"player_email"`    // where the shop's sign-in writes to the player
	AdminEmail     string   `yaml:"admin_email"`     // where sign-in, budget and billing alarm write to the admin
	Budget         int      `yaml:"budget"`          // USD for a round, of which the admin is warned; 0: the stack's own
	MonitoringType string   `yaml:"monitoring_type"` // of the monitoring's host; empty: the stack's own
	Bastion        bool     `yaml:"bastion"`         // whether there is a host with an open SSH port

	Backend struct {
		Kind         string `yaml:"kind"` // local, s3 or cloud
		Bucket       string `yaml:"bucket"`
		Region       string `yaml:"region"` // of the bucket
		Prefix       string `yaml:"prefix"`
		KMSKey       string `yaml:"kms_key"`
		Hostname     string `yaml:"hostname"`
		Organization string `yaml:"organization"`
		Project      string `yaml:"project"`
	} `yaml:"backend"`
}

// fields adds these settings to the list of those that the environment may
// override. None is needed.
func (t *terraformConfig) fields() map[string]any {
	return map[string]any{
		"CHAOTIC_TERRAFORM_ACCESS":               &t.Access, // with commas between
		"CHAOTIC_TERRAFORM_PLAYER_EMAIL":         &t.PlayerEmail,
		"CHAOTIC_TERRAFORM_ADMIN_EMAIL":          &t.AdminEmail,
		"CHAOTIC_TERRAFORM_BUDGET":               &t.Budget,
		"CHAOTIC_TERRAFORM_MONITORING_TYPE":      &t.MonitoringType,
		"CHAOTIC_TERRAFORM_BASTION":              &t.Bastion,
		"CHAOTIC_TERRAFORM_BACKEND":              &t.Backend.Kind,
		"CHAOTIC_TERRAFORM_BACKEND_BUCKET":       &t.Backend.Bucket,
		"CHAOTIC_TERRAFORM_BACKEND_REGION":       &t.Backend.Region,
		"CHAOTIC_TERRAFORM_BACKEND_PREFIX":       &t.Backend.Prefix,
		"CHAOTIC_TERRAFORM_BACKEND_KMS_KEY":      &t.Backend.KMSKey,
		"CHAOTIC_TERRAFORM_BACKEND_HOSTNAME":     &t.Backend.Hostname,
		"CHAOTIC_TERRAFORM_BACKEND_ORGANIZATION": &t.Backend.Organization,
		"CHAOTIC_TERRAFORM_BACKEND_PROJECT":      &t.Backend.Project,
	}
}

// What Terraform would refuse, in the same words; but it would do so only at a
// round's plan.
var (
	someRegion     = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	someEmail      = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	monitoringHost = regexp.MustCompile(`^t3a?\.(large|xlarge)$`)
)

// check holds the settings to what a stack takes, when Terraform makes it.
func (t *terraformConfig) check(region string) error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if region != "" && !someRegion.MatchString(region) {
		say("the region %q is not written like us-east-1", region)
	}
	if len(t.Access) == 0 {
		say("terraform.access names nobody, and the bot would not reach the monitoring of its own stacks: list its address and the people's, like 203.0.113.7/32")
	}
	for _, text := range t.Access {
		if err := someRange(text); err != nil {
			say("terraform.access: %w", err)
		}
	}
	for name, text := range map[string]string{"player_email": t.PlayerEmail, "admin_email": t.AdminEmail} {
		if text != "" && !someEmail.MatchString(text) {
			say("terraform.%s: %q is no e-mail address", name, text)
		}
	}
	if t.Budget < 0 || t.Budget > 200 {
		say("terraform.budget: %d USD do not lie between 1 and 200", t.Budget)
	}
	if t.MonitoringType != "" && !monitoringHost.MatchString(t.MonitoringType) {
		say("terraform.monitoring_type: %q is not a t3 or t3a, large or xlarge", t.MonitoringType)
	}
	if err := t.backend().Check(); err != nil {
		say("terraform.backend: %w", err)
	}
	return errors.Join(wrong...)
}

// someRange takes a range of IPv4 addresses, /16 or narrower, written as AWS
// gives it back.
func someRange(text string) error {
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil || !p.Addr().Is4():
		return fmt.Errorf("%q is not a range of IPv4 addresses like 203.0.113.7/32", text)
	case p.Bits() < 16:
		return fmt.Errorf("%s is wider than /16: never the whole internet", text)
	case p.Masked() != p:
		return fmt.Errorf("%s begins in the middle of a range; %s is the whole one", text, p.Masked())
	}
	return nil
}

// stacksBy is what a runner is told.
func (c *config) stacksBy() stacksBy {
	return stacksBy{state: c.State, region: c.AWS.Region, backend: c.Terraform.backend(), stack: c.Terraform.stack(), ceiling: c.Cost.PerHour}
}

// scout is what is told to who looks at the account before a round.
func (c *config) scout(log *slog.Logger) infra.ScoutConfig {
	sc := infra.ScoutConfig{Log: log, Accounts: c.AWS.Accounts}
	if c.AWS.Maker == byTerraform { // the other one makes no such hosts
		sc.MonitoringType, sc.Bastion = c.Terraform.MonitoringType, c.Terraform.Bastion
	}
	return sc
}

func (t *terraformConfig) backend() runner.Backend {
	b := t.Backend
	return runner.Backend{
		Kind: b.Kind, Bucket: b.Bucket, Region: b.Region, Prefix: b.Prefix, KMSKey: b.KMSKey,
		Hostname: b.Hostname, Organization: b.Organization, Project: b.Project,
	}
}

func (t *terraformConfig) stack() runner.Stack {
	return runner.Stack{
		Release: shopRelease, Access: t.Access, PlayerEmail: t.PlayerEmail, AdminEmail: t.AdminEmail,
		Budget: t.Budget, MonitoringType: t.MonitoringType, Bastion: t.Bastion,
	}
}
