package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// variables are Terraform's inputs, as its var-file has them. None is secret.
type variables struct {
	Round          int      `json:"round"`
	Region         string   `json:"region"`
	Expires        string   `json:"expires"`
	Release        string   `json:"release"`
	BoxPublicKey   string   `json:"box_public_key"`
	DatabaseSecret string   `json:"database_secret"`
	PlayerEmail    string   `json:"player_email"`
	AdminEmail     string   `json:"admin_email"`
	Alerts         string   `json:"alerts"`
	Access         []string `json:"access"`
	Bastion        bool     `json:"bastion"`
	MonitoringType string   `json:"monitoring_type,omitempty"`
	Budget         int      `json:"budget,omitempty"`
	RenderedDir    string   `json:"rendered_dir"`
	SiteDir        string   `json:"site_dir"`
}

func (r *Runner) variables(h home, spec round.Spec, made infra.Prepared) variables {
	v := variables{
		Round: spec.Round.Number(), Region: r.cfg.Region, Expires: expires(spec), Release: r.cfg.Stack.Release,
		BoxPublicKey: made.BoxPublicKey, DatabaseSecret: made.DatabaseSecret, PlayerEmail: r.cfg.Stack.PlayerEmail, AdminEmail: r.cfg.Stack.AdminEmail,
		Alerts: "webhook", Access: r.cfg.Stack.Access, Bastion: r.cfg.Stack.Bastion,
		MonitoringType: r.cfg.Stack.MonitoringType, Budget: r.cfg.Stack.Budget,
		RenderedDir: h.rendered(), SiteDir: h.site(),
	}
	if spec.Webhook.URL == "" {
		v.Alerts = "polling"
	}
	if v.Access == nil {
		v.Access = []string{}
	}
	return v
}

func expires(spec round.Spec) string { return spec.Expires.UTC().Format(time.RFC3339) }

func (v variables) write(h home) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write Terraform's inputs: %w", err)
	}
	if err := os.MkdirAll(string(h), 0o700); err != nil {
		return fmt.Errorf("write Terraform's inputs: %w", err)
	}
	return writeWhole(h.vars(), append(text, '\n'))
}

// readVariables gives the inputs of the last run on this machine, if there was
// one.
func readVariables(h home) (v variables, there bool, err error) {
	text, err := os.ReadFile(h.vars())
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err != nil {
		return v, false, fmt.Errorf("read Terraform's inputs: %w", err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, false, fmt.Errorf("read Terraform's inputs in %s: %w", h.vars(), err)
	}
	return v, true, nil
}

// someKey is a key that Terraform takes for one: nothing is made with it.
const someKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA removed"

// unmade stands in for what is made before Terraform, where nothing will be made:
// on a machine that does not know the true key and secret and only removes or
// unlocks, and for a look.
func (r *Runner) unmade(id round.ID) infra.Prepared {
	return infra.Prepared{
		BoxPublicKey:   someKey,
		DatabaseSecret: "arn:aws:secretsmanager:" + r.cfg.Region + ":000000000000:secret:" + infra.NamesOf(id).DatabaseSecret + "-000000",
	}
}
