package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

var update = flag.Bool("update", false, "write the golden reports anew")

// patient is a configuration for a Discord and an AWS that are there.
type patient struct {
	c   config
	m   machine
	env map[string]string
}

// awsSays is an AWS with one answer to who the bot is, one to what it may do, and
// room for a stack.
func awsSays(t *testing.T, status int, identity, decision string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		switch r.Form.Get("Action") {
		case "GetCallerIdentity":
			w.WriteHeader(status)
			fmt.Fprint(w, identity)
			return
		case "":
			fmt.Fprint(w, `{"Quota":{"Value":100}}`)
			return
		case "DescribeAvailabilityZones":
			fmt.Fprint(w, `<R><availabilityZoneInfo><item><zoneName>us-west-2a</zoneName><zoneState>available</zoneState></item><item><zoneName>us-west-2b</zoneName><zoneState>available</zoneState></item></availabilityZoneInfo></R>`)
			return
		case "DescribeDBInstances":
			fmt.Fprint(w, `<R><DescribeDBInstancesResult><DBInstances/></DescribeDBInstancesResult></R>`)
			return
		case "SimulatePrincipalPolicy":
		default:
			fmt.Fprint(w, `<R/>`)
			return
		}
		fmt.Fprint(w, `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>`)
		for name, values := range r.Form {
			if strings.HasPrefix(name, "ActionNames.") {
				fmt.Fprintf(w, `<member><EvalActionName>%s</EvalActionName><EvalDecision>%s</EvalDecision></member>`, values[0], decision)
			}
		}
		fmt.Fprint(w, `</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func awsKnows(arn string) string {
	return `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>` + arn + `</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
}

func awsRefuses(code string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>no</Message></Error></ErrorResponse>`
}

// newPatient is one that has nothing.
func newPatient(t *testing.T) *patient {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-the-key")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"} {
		t.Setenv(name, "")
	}
	for _, name := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "none"))
	}
	guild := localdiscord.Rehearsal()
	server, err := localdiscord.New(guild)
	if err != nil {
		t.Fatal(err)
	}
	chat := httptest.NewServer(server.Handler())
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		chat.Close()
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close() // only its port is wanted
	p := &patient{m: machine{now: time.Now, writable: func(string) error { return nil }}}
	p.m.fetch = func(context.Context) error { return errors.New("no way out") }
	t.Setenv("PATH", t.TempDir())
	p.m.free = func(string) (uint64, error) { return 20 << 30, nil }
	p.env = map[string]string{
		"CHAOTIC_STATE": filepath.Join(t.TempDir(), "state"), "CHAOTIC_DISCORD_URL": chat.URL, "CHAOTIC_DISCORD_TOKEN": guild.Token,
		"CHAOTIC_DISCORD_APPLICATION": guild.Bot.ID, "CHAOTIC_DISCORD_GUILD": guild.Guild.ID,
		"CHAOTIC_DISCORD_ADMIN_ROLE": guild.Guild.Roles[0].ID, "CHAOTIC_DISCORD_PLAYER_ROLE": guild.Guild.Roles[1].ID,
		"CHAOTIC_DISCORD_ALERTS_CHANNEL": guild.Channels[0].ID, "CHAOTIC_DISCORD_OPERATIONS_CHANNEL": guild.Channels[1].ID,
		"CHAOTIC_WEBHOOK_LISTEN": l.Addr().String(), "CHAOTIC_WEBHOOK_PUBLIC": "http://" + l.Addr().String(),
		"CHAOTIC_AWS_REGION": "us-west-2", "CHAOTIC_AWS_ACCOUNTS": "123456789012", "CHAOTIC_AWS_ENDPOINT": awsSays(t, http.StatusOK, awsKnows("arn:aws:iam::123456789012:user/bot"), "allowed"),
	}
	return p
}

// examined gives the report and whether the bot would work.
func (p *patient) examined(t *testing.T) (report string, healthy bool) {
	t.Helper()
	var err error
	if p.c, err = loadConfig("", lookup(p.env)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = examine(t.Context(), p.c, p.m, &out)
	var code exitCode
	if err != nil && (!errors.As(err, &code) || code != 1) {
		t.Fatal(err)
	}
	for _, secret := range []string{p.c.Discord.Token, "the-secret-of-the-key", "AKIATEST"} {
		if secret != "" && strings.Contains(out.String(), secret) {
			t.Errorf("it tells a secret:\n%s", out.String())
		}
	}
	if _, err := os.Stat(p.c.State); p.env["CHAOTIC_STATE"] != "" && !os.IsNotExist(err) {
		t.Errorf("it made the state folder: %v", err)
	}
	return out.String(), err == nil
}

var ports = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`)

// golden compares a report with the file of that name, without what differs from
// run to run.
func (p *patient) golden(t *testing.T, name, report string) {
	t.Helper()
	report = ports.ReplaceAllString(report, "127.0.0.1:PORT")
	if p.c.State != "" {
		report = strings.ReplaceAll(report, p.c.State, "STATE")
	}
	file := filepath.Join("testdata", "doctor", name)
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(report), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if report != string(want) {
		t.Errorf("%s is\n%s\nwant (rewrite it with -update)\n%s", name, report, want)
	}
}

func TestTheDoctorOfAHealthyBot(t *testing.T) {
	p := newPatient(t)
	report, healthy := p.examined(t)
	if !healthy {
		t.Error("something is wrong")
	}
	p.golden(t, "well.txt", report)
}

// TestTheDoctorOfASickBot has a token that is not taken, keys that AWS does not
// know, no Terraform, a clock that is an hour ahead, a disk that is full.
func TestTheDoctorOfASickBot(t *testing.T) {
	p := newPatient(t)
	p.env["CHAOTIC_DISCORD_TOKEN"] = "a-token-of-long-ago"
	p.env["CHAOTIC_AWS_ENDPOINT"] = awsSays(t, http.StatusForbidden, awsRefuses("InvalidClientTokenId"), "")
	p.env["CHAOTIC_WEBHOOK_PUBLIC"] = "bot.example.org"
	p.env["CHAOTIC_AWS_MAKER"] = "terraform"
	p.env["CHAOTIC_TERRAFORM_ACCESS"] = "0.0.0.0/0"
	p.env["CHAOTIC_LIFETIME"] = "20m"
	p.m.now = func() time.Time { return time.Now().Add(time.Hour) }
	p.m.fetch = func(context.Context) error { return errors.New("no way out") }
	t.Setenv("PATH", t.TempDir())
	p.m.free = func(string) (uint64, error) { return 7 << 20, nil }
	report, healthy := p.examined(t)
	if healthy {
		t.Error("nothing is wrong")
	}
	p.golden(t, "sick.txt", report)
}

// TestTheDoctorWithoutAnything: an empty configuration is a list of what to do,
// and nothing is asked of anybody.
func TestTheDoctorWithoutAnything(t *testing.T) {
	p := newPatient(t)
	p.env = map[string]string{"CHAOTIC_DISCORD_URL": "http://127.0.0.1:1"}
	report, healthy := p.examined(t)
	if healthy {
		t.Error("nothing is wrong")
	}
	p.golden(t, "empty.txt", report)
}

func TestWhatAWSSaysOfTheBot(t *testing.T) {
	known := awsKnows("arn:aws:sts::123456789012:assumed-role/bot/i-1")
	for name, c := range map[string]struct {
		status             int
		identity, decision string
		says               []string
	}{
		"a wrong secret":    {http.StatusForbidden, awsRefuses("SignatureDoesNotMatch"), "", []string{"wrong    AWS identity", "the secret is not the key's, or the clock"}},
		"ended credentials": {http.StatusForbidden, awsRefuses("ExpiredToken"), "", []string{"have ended"}},
		"anything else":     {http.StatusForbidden, awsRefuses("RegionDisabledException"), "", []string{"answers RegionDisabledException", "Not looked at: AWS does not say who"}},
		"no rights":         {http.StatusOK, awsKnows("arn:aws:iam::123456789012:user/bot"), "explicitDeny", []string{"wrong    AWS rights", "The bot may not do "}},
		"no answer of IAM":  {http.StatusOK, known, "allowed", []string{"warning  AWS rights", "is not known"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t)
			p.env["CHAOTIC_AWS_ENDPOINT"] = awsSays(t, c.status, c.identity, c.decision)
			report, _ := p.examined(t)
			for _, want := range c.says {
				if !strings.Contains(report, want) {
					t.Errorf("%q is not in\n%s", want, report)
				}
			}
		})
	}
	t.Run("no keys", func(t *testing.T) {
		p := newPatient(t)
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "")
		if report, _ := p.examined(t); !strings.Contains(report, "There are no AWS credentials.\n") {
			t.Error(report)
		}
	})
	t.Run("no such profile", func(t *testing.T) {
		p := newPatient(t)
		t.Setenv("AWS_PROFILE", "nobody")
		if report, _ := p.examined(t); !strings.Contains(report, "The AWS settings cannot be read: ") || !strings.Contains(report, "nobody") {
			t.Error(report)
		}
	})
}

// TestTheDoctorBesideARunningBot, whose ledger it leaves alone.
func TestTheDoctorBesideARunningBot(t *testing.T) {
	state := t.TempDir()
	book, err := ledger.Open(filepath.Join(state, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	if f := keptIn(state); f.State != "ok" || !strings.Contains(f.Says, "A bot is running") {
		t.Errorf("%+v", f)
	}
	if _, err := book.Append(t.Context(), round.Event{Round: "R1"}); err != nil {
		t.Fatal(err)
	}
	if err := book.Close(); err != nil {
		t.Fatal(err)
	}
	if f := keptIn(state); f.State != "warning" || !strings.Contains(f.Says, "own key") {
		t.Errorf("%+v", f)
	}
	if _, err := ownKey(state); err != nil {
		t.Fatal(err)
	}
	if f := keptIn(state); f.State != "ok" || !strings.Contains(f.Says, "1 events") {
		t.Errorf("%+v", f)
	}
	if err := os.WriteFile(filepath.Join(state, "ledger.db"), bytes.Repeat([]byte("x"), 1<<14), 0o600); err != nil {
		t.Fatal(err)
	}
	if f := keptIn(state); f.State != "wrong" || f.Mend == "" {
		t.Errorf("%+v", f)
	}
}

// TestADoctorWhoCannotRead tells what is wrong with the file, and nothing else.
func TestADoctorWhoCannotRead(t *testing.T) {
	var out, errs bytes.Buffer
	err := run(t.Context(), []string{"doctor", "-config", configFile(t, "discord:\n  tokn: x\n")}, lookup(nil), strings.NewReader(""), &out, &errs)
	var code exitCode
	if !errors.As(err, &code) || code != 1 || !strings.Contains(out.String(), `unknown field "tokn"`) || !strings.HasSuffix(out.String(), "\n1 checks: 0 ok, 0 warning, 1 wrong\n") {
		t.Errorf("%v: %s%s", err, out.String(), errs.String())
	}
}

func TestInvite(t *testing.T) {
	env := map[string]string{"CHAOTIC_DISCORD_APPLICATION": "42"}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "https://discord.com/oauth2/authorize?client_id=42&permissions=309237763072&scope=bot+applications.commands\n"},
		{[]string{"-application", "43", "-guild", "7"}, "https://discord.com/oauth2/authorize?client_id=43&guild_id=7&permissions=309237763072&scope=bot+applications.commands\n"},
	} {
		var out, errs bytes.Buffer
		err := run(t.Context(), append([]string{"invite"}, c.args...), lookup(env), strings.NewReader(""), &out, &errs)
		if err != nil || out.String() != c.want || !strings.Contains(errs.String(), "Attach Files") {
			t.Errorf("%v: %s%s\nwant %s", err, out.String(), errs.String(), c.want)
		}
	}
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"invite"}, lookup(nil), strings.NewReader(""), &out, &errs); err == nil || !strings.Contains(err.Error(), "CHAOTIC_DISCORD_APPLICATION") || out.Len() > 0 {
		t.Errorf("without an application: %v, %s", err, out.String())
	}
}
