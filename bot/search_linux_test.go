package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/alerts"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// search holds the very values that nobody may read, and everything that
// somebody could.
type search struct {
	*rehearsed
	values map[string]value  // by what it is
	read   map[string]string // files and the like, by where it is
}

// value is a secret, and the files of the run folder that must hold it, as
// patterns of path.Match.
type value struct {
	text   string
	holder []string
	reader string // the one person who is shown it, in one message
}

func newSearch(p *rehearsed) *search {
	return &search{rehearsed: p, values: map[string]value{}, read: map[string]string{}}
}

// learn reads a round's secrets while it is open, and what is on the disk and
// in the process table at that moment.
func (s *search) learn(ctx context.Context, t *testing.T, id round.ID, reveal string) {
	cfg, _, err := readReveal(reveal)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ana := s.stage.person(localdiscord.Player).ID
	s.know(t, "the secret key of the player of "+string(id), value{text: creds.SecretAccessKey, reader: ana})
	s.know(t, "the key id of the player of "+string(id), value{text: creds.AccessKeyID, reader: ana})

	names, vault := infra.NamesOf(id), secretsmanager.NewFromConfig(s.behind(t))
	for what, secret := range map[string]string{"shop's": names.DatabaseSecret, "operator's": names.OperatorSecret} {
		login, err := vault.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secret})
		if err != nil {
			t.Fatal(err)
		}
		var db infra.DatabaseSecret
		if err := json.Unmarshal([]byte(aws.ToString(login.SecretString)), &db); err != nil {
			t.Fatal(err)
		}
		s.know(t, "the "+what+" database password of "+string(id), value{text: db.Password})
	}

	own, err := ownKey(filepath.Join(s.stage.run, "bot"))
	if err != nil {
		t.Fatal(err)
	}
	s.know(t, "the bot's own key", value{text: own.Reveal(), holder: []string{"bot/key"}})
	token := alerts.Token(own, id).Reveal()
	hook, err := vault.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &names.WebhookSecret})
	if err != nil || !strings.Contains(aws.ToString(hook.SecretString), token) {
		t.Fatalf("the webhook's token is not what the monitoring was told: %v", err)
	}
	s.know(t, "the webhook token of "+string(id), value{text: token, holder: []string{"rounds/*/monitoring/webhook-token"}})
	s.know(t, "the bot's AWS secret", value{text: s.stage.world.Secret.Reveal()})
	s.know(t, "the Discord token", value{text: s.stage.setup.Token})

	for name, text := range files(t, s.stage.run) {
		s.read[fmt.Sprintf("%s, as %s ended", name, id)] = text
	}
	left, err := process.Remains(s.stage.run)
	if err != nil || len(left.Processes) < 5 {
		t.Fatalf("the processes of the run: %v, %v", left, err)
	}
	for _, p := range left.Processes {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID))
		if err == nil {
			s.read[fmt.Sprintf("the command line of %s (%d)", p.Command, p.PID)] = string(line)
		}
	}
}

func (s *search) know(t *testing.T, what string, v value) {
	t.Helper()
	if len(v.text) < 12 {
		t.Fatalf("%s is %d characters long; that is none", what, len(v.text))
	}
	s.values[what] = v
}

// secrets looks for every value everywhere.
func (s *search) secrets(t *testing.T) {
	for name, text := range files(t, s.stage.run) {
		s.read[name] = text
	}
	s.read["the transcript"] = s.transcript.String()
	s.read["the parent's own log"] = s.log.String()
	for _, name := range []string{"bot/ledger.db", "logs/bot.log", "logs/moto.log", "logs/postgres.log, as R1 ended"} {
		if len(s.read[name]) == 0 {
			t.Errorf("there is no %s among %q", name, slices.Sorted(maps.Keys(s.read)))
		}
	}
	texts := s.stage.discord.Texts()
	for what, v := range s.values {
		for name, text := range s.read {
			if !strings.Contains(text, v.text) {
				continue
			}
			file, _, _ := strings.Cut(name, ",")
			if !slices.ContainsFunc(v.holder, func(p string) bool { ok, _ := path.Match(p, file); return ok }) {
				t.Errorf("%s is in %s: %s", what, name, around(text, v.text))
			}
		}
		shown := map[string]bool{}
		for _, said := range texts {
			if !strings.Contains(said.Text, v.text) {
				continue
			}
			shown[said.MessageID] = true
			if v.reader == "" || !slices.Equal(said.Readers, []string{v.reader}) {
				t.Errorf("%s is in %s, for %v: %s", what, said.Channel, said.Readers, around(said.Text, v.text))
			}
		}
		if want := min(1, len(v.reader)); len(shown) != want {
			t.Errorf("%s was shown in %d messages, want %d", what, len(shown), want)
		}
	}
}

// around shows where a value stands, without the value.
func around(text, value string) string {
	i := strings.Index(text, value)
	from, to := max(0, i-60), min(len(text), i+len(value)+20)
	return fmt.Sprintf("%q", strings.ReplaceAll(text[from:to], value, "***"))
}

// targetID is what a receipt names that only its own incident has: a thing of
// EC2, or the mark of a deploy.
var targetID = regexp.MustCompile(`\b(sg|i|run)-[0-9a-z]{8,}\b`)

// spoilers looks for what gives an incident away between its beginning and its
// end. Only the admin who began it was told, and not when it was a surprise.
func (s *search) spoilers(t *testing.T) {
	all := s.events(t, 1)
	admin := s.stage.person(localdiscord.Admin).ID
	incidents := 0
	for _, begun := range all {
		if begun.Kind != round.FaultRequested {
			continue
		}
		incidents++
		var asked round.FaultAsked
		if err := begun.Into(&asked); err != nil {
			t.Fatal(err)
		}
		end := slices.IndexFunc(all, func(e round.Event) bool { return e.Kind == round.RollbackDone && e.Incident == begun.Incident })
		drawn, _ := s.catalog.Get(asked.Scenario)
		plan, known := drawn.As(asked.Variant)
		target := targetID.FindString(string(asked.Receipt))
		if end < 0 || target == "" || !known {
			t.Fatalf("%s: its end and what it touched are not in the ledger: %s", begun.Incident, asked.Receipt)
		}
		answers := 0
		for _, said := range s.stage.discord.Texts() {
			if said.At.Before(begun.At) || !said.At.Before(all[end].At) {
				continue
			}
			// Everybody's keys come with an example about a security group.
			text := strings.ReplaceAll(said.Text, "ResourceType=security-group", "")
			for _, word := range []string{plan.ID, plan.Title, plan.Debrief.Was, target} {
				if !strings.Contains(text, word) {
					continue
				}
				told := strings.Contains(said.Text, "has begun in") && slices.Equal(said.Readers, []string{admin})
				if asked.Surprise || !told {
					t.Errorf("%s: %q is in %s, for %v, before the end: %s", begun.Incident, word, said.Channel, said.Readers, said.Text)
				}
				answers++
			}
		}
		if !asked.Surprise && answers == 0 {
			t.Errorf("%s: not even the admin was told; the test looks in the wrong place", begun.Incident)
		}
	}
	if incidents != 2 {
		t.Errorf("%d incidents, want two", incidents)
	}
}
