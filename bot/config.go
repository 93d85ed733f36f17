package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/monitoring"
)

// config is what `serve` reads: a YAML file, and over it the environment, whose
// names are in the table below. deploy/README.md explains each.
type config struct {
	State string `yaml:"state"` // folder of the ledger and of the bot's own key

	Discord struct {
		Token       string `yaml:"token"` // better in the environment
		Application string `yaml:"application"`
		Guild       string `yaml:"guild"`
		AdminRole   string `yaml:"admin_role"`
		PlayerRole  string `yaml:"player_role"`
		Alerts      string `yaml:"alerts_channel"`
		Operations  string `yaml:"operations_channel"`
		URL         string `yaml:"url"` // of a Discord-compatible server; empty: Discord
	} `yaml:"discord"`

	Alerts string `yaml:"alerts"` // webhook: Alertmanagers call the bot; polling: the bot asks them

	Webhook struct {
		Listen  string `yaml:"listen"`       // where Alertmanagers are listened for
		Public  string `yaml:"public"`       // how a stack reaches that: https://bot.example.org
		Address string `yaml:"address_file"` // the bound address is written here
	} `yaml:"webhook"`

	AWS struct {
		Region   string   `yaml:"region"`
		Accounts []string `yaml:"accounts"` // in which stacks may be made; none: any, with a warning
		Endpoint string   `yaml:"endpoint"` // empty: AWS itself
		Maker    string   `yaml:"maker"`    // of the stack: sdk or terraform
		Pace     string   `yaml:"pace"`     // aws, rehearsal or autoplay: durations
	} `yaml:"aws"`

	Terraform terraformConfig `yaml:"terraform"` // of maker: terraform

	Cost struct {
		PerHour float64 `yaml:"per_hour"` // USD that a stack may cost in an hour; 0: any
	} `yaml:"cost"`

	Lifetime      time.Duration `yaml:"lifetime"`       // of a round
	Idle          time.Duration `yaml:"idle"`           // how long a round in which nobody does anything is kept
	IncidentLimit time.Duration `yaml:"incident_limit"` // 0: as each scenario says
}

// How alerts come in.
const (
	byWebhook = "webhook"
	byPolling = "polling"
)

var accountNumber = regexp.MustCompile(`^\d{12}$`)

// fields is the one list of settings that the environment may override.
func (c *config) fields() map[string]any {
	all := map[string]any{
		"CHAOTIC_STATE":                      &c.State,
		"CHAOTIC_DISCORD_TOKEN":              &c.Discord.Token,
		"CHAOTIC_DISCORD_APPLICATION":        &c.Discord.Application,
		"CHAOTIC_DISCORD_GUILD":              &c.Discord.Guild,
		"CHAOTIC_DISCORD_ADMIN_ROLE":         &c.Discord.AdminRole,
		"CHAOTIC_DISCORD_PLAYER_ROLE":        &c.Discord.PlayerRole,
		"CHAOTIC_DISCORD_ALERTS_CHANNEL":     &c.Discord.Alerts,
		"CHAOTIC_DISCORD_OPERATIONS_CHANNEL": &c.Discord.Operations,
		"CHAOTIC_DISCORD_URL":                &c.Discord.URL,
		"CHAOTIC_ALERTS":                     &c.Alerts,
		"CHAOTIC_WEBHOOK_LISTEN":             &c.Webhook.Listen,
		"CHAOTIC_WEBHOOK_PUBLIC":             &c.Webhook.Public,
		"CHAOTIC_WEBHOOK_ADDRESS_FILE":       &c.Webhook.Address,
		"CHAOTIC_AWS_REGION":                 &c.AWS.Region,
		"CHAOTIC_AWS_ACCOUNTS":               &c.AWS.Accounts, // with commas between
		"CHAOTIC_AWS_ENDPOINT":               &c.AWS.Endpoint,
		"CHAOTIC_AWS_MAKER":                  &c.AWS.Maker,
		"CHAOTIC_AWS_PACE":                   &c.AWS.Pace,
		"CHAOTIC_COST_PER_HOUR":              &c.Cost.PerHour,
		"CHAOTIC_LIFETIME":                   &c.Lifetime,
		"CHAOTIC_IDLE":                       &c.Idle,
		"CHAOTIC_INCIDENT_LIMIT":             &c.IncidentLimit,
	}
	maps.Copy(all, c.Terraform.fields())
	return all
}

// readConfig gives a configuration with which the bot may start.
func readConfig(path string, getenv func(string) string) (config, error) {
	c, err := loadConfig(path, getenv)
	if err != nil {
		return c, err
	}
	return c, c.check()
}

// loadConfig reads the file, if there is one, and the environment, and does not
// check what they say.
func loadConfig(path string, getenv func(string) string) (config, error) {
	var c config
	c.Alerts, c.Webhook.Listen, c.AWS.Maker, c.AWS.Pace, c.Lifetime, c.Idle = byWebhook, ":8080", bySDK, "aws", 4*time.Hour, time.Hour
	if path != "" {
		f, err := os.Open(path)
		if err != nil {
			return c, fmt.Errorf("read the configuration: %w", err)
		}
		defer func() { _ = f.Close() }() // it was only read
		if err := yaml.NewDecoder(f, yaml.Strict()).Decode(&c); err != nil && !errors.Is(err, io.EOF) {
			return c, fmt.Errorf("read the configuration %s: %w", path, err)
		}
	}
	for name, field := range c.fields() {
		value := getenv(name)
		if value == "" {
			continue
		}
		if err := readField(field, value); err != nil {
			return c, fmt.Errorf("read %s: %w", name, err)
		}
	}
	return c, nil
}

// readField reads a setting as the environment has it.
func readField(field any, value string) (err error) {
	switch field := field.(type) {
	case *string:
		*field = value
	case *time.Duration:
		*field, err = time.ParseDuration(value)
	case *[]string:
		*field = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	case *float64:
		*field, err = strconv.ParseFloat(value, 64)
	case *int:
		*field, err = strconv.Atoi(value)
	case *bool:
		*field, err = strconv.ParseBool(value)
	}
	return err
}

// check says everything that is missing at once.
func (c *config) check() error {
	var missing []string
	optional := c.Terraform.fields()
	for name, field := range c.fields() {
		text, ok := field.(*string)
		if _, may := optional[name]; may {
			continue
		}
		switch name {
		case "CHAOTIC_DISCORD_URL", "CHAOTIC_AWS_ENDPOINT", "CHAOTIC_WEBHOOK_ADDRESS_FILE":
			continue
		case "CHAOTIC_WEBHOOK_PUBLIC", "CHAOTIC_WEBHOOK_LISTEN":
			if c.Alerts == byPolling {
				continue
			}
		}
		if ok && *text == "" {
			missing = append(missing, name)
		}
	}
	var wrong []error
	if len(missing) > 0 {
		wrong = append(wrong, fmt.Errorf("the configuration lacks %s", strings.Join(sorted(missing), ", ")))
	}
	switch c.AWS.Maker {
	case byTerraform:
		if err := c.Terraform.check(c.AWS.Region); err != nil {
			wrong = append(wrong, err)
		}
	case bySDK, "":
		if !reflect.ValueOf(c.Terraform).IsZero() {
			wrong = append(wrong, errors.New("the settings of terraform have no meaning unless aws.maker is terraform"))
		}
	default:
		wrong = append(wrong, fmt.Errorf("there is no maker %q: %s or %s", c.AWS.Maker, bySDK, byTerraform))
	}
	if c.Alerts != byWebhook && c.Alerts != byPolling && c.Alerts != "" {
		wrong = append(wrong, fmt.Errorf("alerts come by webhook or by polling, and not by %q", c.Alerts))
	}
	for _, id := range c.AWS.Accounts {
		if !accountNumber.MatchString(id) {
			wrong = append(wrong, fmt.Errorf("the account %q has not twelve digits; in YAML, write it in quotes", id))
		}
	}
	if !(c.Cost.PerHour >= 0) || math.IsInf(c.Cost.PerHour, 0) {
		wrong = append(wrong, fmt.Errorf("a ceiling of %v USD an hour is no amount", c.Cost.PerHour))
	}
	if _, _, err := c.pace(); err != nil && c.AWS.Pace != "" {
		wrong = append(wrong, err)
	}
	if c.Lifetime < time.Minute || c.Lifetime > 24*time.Hour {
		wrong = append(wrong, fmt.Errorf("a round's lifetime of %s is not between a minute and a day", c.Lifetime))
	}
	if c.Idle < 15*time.Minute || c.Idle > 24*time.Hour {
		wrong = append(wrong, fmt.Errorf("an idle limit of %s is not between 15 minutes and a day", c.Idle))
	}
	if c.IncidentLimit < 0 {
		wrong = append(wrong, fmt.Errorf("an incident's limit of %s is below zero", c.IncidentLimit))
	}
	return errors.Join(wrong...)
}

// pace gives every duration that differs between AWS and a rehearsal.
func (c *config) pace() (infra.Pace, monitoring.Profile, error) {
	switch c.AWS.Pace {
	case "aws":
		return infra.AWSPace(), monitoring.AWS(), nil
	case "rehearsal":
		return infra.RehearsalPace(), monitoring.Rehearsal(), nil
	case "autoplay":
		return infra.RehearsalPace(), monitoring.Autoplay(), nil
	}
	return infra.Pace{}, monitoring.Profile{}, fmt.Errorf("there is no pace %q: aws, rehearsal or autoplay", c.AWS.Pace)
}

// ownKey reads the key of which the bot derives its rounds' tokens, and makes
// it at the first start. Losing it cuts open rounds off from their alerts.
func ownKey(state string) (round.Secret, error) {
	path := filepath.Join(state, "key")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		raw = []byte(newKey())
		err = writeWhole(path, raw)
	}
	if err != nil {
		return round.Secret{}, fmt.Errorf("read the bot's own key: %w", err)
	}
	if len(strings.TrimSpace(string(raw))) < 26 {
		return round.Secret{}, fmt.Errorf("read the bot's own key: %s is too short to be one", path)
	}
	return round.NewSecret(strings.TrimSpace(string(raw))), nil
}
