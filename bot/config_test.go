package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// settings is an environment with which the bot would start.
func settings(state string) map[string]string {
	return map[string]string{
		"CHAOTIC_STATE": state, "CHAOTIC_DISCORD_TOKEN": "token", "CHAOTIC_DISCORD_APPLICATION": "1", "CHAOTIC_DISCORD_GUILD": "2",
		"CHAOTIC_DISCORD_ADMIN_ROLE": "3", "CHAOTIC_DISCORD_PLAYER_ROLE": "4",
		"CHAOTIC_DISCORD_ALERTS_CHANNEL": "5", "CHAOTIC_DISCORD_OPERATIONS_CHANNEL": "6",
		"CHAOTIC_WEBHOOK_LISTEN": "127.0.0.1:0", "CHAOTIC_WEBHOOK_PUBLIC": "http://127.0.0.1:1", "CHAOTIC_AWS_REGION": "us-west-2",
	}
}

func lookup(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// configFile writes a file without the indentation of the test.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEnvironmentGoesOverTheFile(t *testing.T) {
	path := configFile(t, "state: /file\nlifetime: 90m\nincident_limit: 5m\naws:\n  region: eu-central-1\n")
	env := settings("/environment")
	delete(env, "CHAOTIC_AWS_REGION")
	env["CHAOTIC_INCIDENT_LIMIT"] = "7m"
	c, err := readConfig(path, lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	if c.State != "/environment" || c.IncidentLimit != 7*time.Minute {
		t.Errorf("state %s and limit %s; want the environment's", c.State, c.IncidentLimit)
	}
	if c.AWS.Region != "eu-central-1" || c.Lifetime != 90*time.Minute {
		t.Errorf("region %s and lifetime %s; want the file's", c.AWS.Region, c.Lifetime)
	}
	if c.AWS.Maker != "sdk" || c.AWS.Pace != "aws" {
		t.Errorf("maker %s, pace %s; want the defaults", c.AWS.Maker, c.AWS.Pace)
	}
}

// TestWhatMoneyDependsOn: the accounts and the ceiling, from the file as from the
// environment, and a bot that polls needs no public address.
func TestWhatMoneyDependsOn(t *testing.T) {
	path := configFile(t, "alerts: polling\naws:\n  accounts: [\"012345678901\"]\ncost:\n  per_hour: 0.75\n")
	env := settings("/s")
	delete(env, "CHAOTIC_WEBHOOK_PUBLIC")
	c, err := readConfig(path, lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	if c.Alerts != byPolling || !slices.Equal(c.AWS.Accounts, []string{"012345678901"}) || c.Cost.PerHour != 0.75 {
		t.Errorf("read %+v", c)
	}
	env["CHAOTIC_AWS_ACCOUNTS"], env["CHAOTIC_COST_PER_HOUR"] = "123456789012, 210987654321", "1.5"
	if c, err = readConfig(path, lookup(env)); err != nil || len(c.AWS.Accounts) != 2 || c.Cost.PerHour != 1.5 {
		t.Errorf("read %+v, %v", c, err)
	}
}

func TestAWrongConfigurationIsASentence(t *testing.T) {
	cases := []struct {
		name, file string
		env        map[string]string
		says       []string
	}{
		{"an unknown field", "state: /s\ndiscord:\n  tokn: x\n", nil, []string{"bot.yaml", "[3:3]", `unknown field "tokn"`}},
		{"a field twice", "state: /s\nstate: /t\n", nil, []string{"bot.yaml", "[2:1]", "already defined"}},
		{"a text for a duration", "lifetime: soon\n", nil, []string{"bot.yaml", `"soon"`}},
		{"a bad duration in the environment", "", map[string]string{"CHAOTIC_LIFETIME": "soon"}, []string{"CHAOTIC_LIFETIME", `"soon"`}},
		{"an idle limit of a minute", "idle: 1m\n", nil, []string{"1m0s", "15 minutes"}},
		{"a lifetime of a week", "", map[string]string{"CHAOTIC_LIFETIME": "168h"}, []string{"168h0m0s", "between a minute and a day"}},
		{"alerts by pigeon", "alerts: pigeon\n", nil, []string{`"pigeon"`, "polling"}},
		{"an account that YAML took for a number", "aws:\n  accounts: [1234]\n", nil, []string{`"1234"`, "quotes"}},
		{"accounts that are none", "", map[string]string{"CHAOTIC_AWS_ACCOUNTS": "123456789012,12345678901x"}, []string{`"12345678901x"`}},
		{"a cost that is none", "", map[string]string{"CHAOTIC_COST_PER_HOUR": "cheap"}, []string{"CHAOTIC_COST_PER_HOUR", `"cheap"`}},
		{"a cost below zero", "cost:\n  per_hour: -1\n", nil, []string{"-1 USD"}},
		{"a webhook that nobody can reach", "", map[string]string{"CHAOTIC_WEBHOOK_PUBLIC": ""}, []string{"lacks CHAOTIC_WEBHOOK_PUBLIC"}},
		{"a limit below zero", "", map[string]string{"CHAOTIC_INCIDENT_LIMIT": "-5m"}, []string{"-5m0s", "limit"}},
		{"several missing", "", map[string]string{"CHAOTIC_STATE": "", "CHAOTIC_DISCORD_TOKEN": "", "CHAOTIC_AWS_REGION": ""},
			[]string{"lacks CHAOTIC_AWS_REGION, CHAOTIC_DISCORD_TOKEN, CHAOTIC_STATE"}},
		{"several wrong", "", map[string]string{"CHAOTIC_AWS_PACE": "lunar", "CHAOTIC_AWS_MAKER": "magic"}, []string{`pace "lunar"`, `maker "magic"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			env := settings("/s")
			for k, v := range c.env {
				env[k] = v
			}
			path := ""
			if c.file != "" {
				path = configFile(t, c.file)
			}
			_, err := readConfig(path, lookup(env))
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, part := range c.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v\nwant %q in it", err, part)
				}
			}
		})
	}
	if _, err := readConfig("/nowhere/bot.yaml", lookup(settings("/s"))); err == nil || !strings.Contains(err.Error(), "/nowhere/bot.yaml") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestTheKeyIsMadeOnceAndOurs(t *testing.T) {
	state := t.TempDir()
	first, err := ownKey(state)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ownKey(state)
	if err != nil || again.Reveal() != first.Reveal() {
		t.Errorf("the key changed, %v", err)
	}
	info, err := os.Stat(filepath.Join(state, "key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v; want one that only we may read", info, err)
	}
	if err := os.WriteFile(filepath.Join(state, "key"), []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ownKey(state); err == nil || !strings.Contains(err.Error(), "too short") {
		t.Errorf("a key that was cut off is taken: %v", err)
	}
}

// TestTheExampleIsAConfiguration reads what people copy, with the token from
// where they should keep it.
func TestTheExampleIsAConfiguration(t *testing.T) {
	const path = "../deploy/bot.example.yaml"
	c, err := readConfig(path, lookup(map[string]string{"CHAOTIC_DISCORD_TOKEN": "token"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.AWS.Maker != byTerraform || c.Terraform.AdminEmail == "" || c.Cost.PerHour == 0 {
		t.Errorf("it makes its stacks by %q: %+v", c.AWS.Maker, c.Terraform)
	}
	if c.AWS.Endpoint != "" || c.Discord.URL != "" || c.AWS.Pace != "aws" {
		t.Errorf("it is not for AWS and Discord: %+v", c)
	}
	if _, err := readConfig(path, lookup(nil)); err == nil || !strings.Contains(err.Error(), "lacks CHAOTIC_DISCORD_TOKEN") {
		t.Errorf("%v; want that the token, and nothing else, is missing", err)
	}
}
