package commands

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chaotic-good/scenarios/bot/round"
)

func person(id string, roles ...round.Role) map[string]Someone {
	return map[string]Someone{"player": {Person: round.Person{ID: id, Name: "ana"}, Known: true, Roles: roles}}
}

func text(name, value string) map[string]string { return map[string]string{name: value} }

// TestReplies goes through every command and button: who calls, what reaches
// the rounds, and what the caller reads.
func TestReplies(t *testing.T) {
	long := strings.Repeat("x y", noteLimit)
	tests := []struct {
		name    string
		call    Call
		as      round.Caller
		fake    fakeRounds
		buttons []string // labels and ids
		asked   string   // the method and its arguments, "" when nothing was asked
		want    []string
		not     []string
	}{
		{name: "provision", call: Call{Command: "provision", People: person("2", round.Player)}, as: gamemaster,
			fake: fakeRounds{prospect: someProspect()}, asked: "prepare 2 classic", buttons: []string{"Build build:c3d4", "Cancel leave:c3d4"},
			want: []string{"**R7** would be built: stage classic, with ana on call, for 4 h.", "✅ **account** · It is on the list.\n", "⚠️ **quotas** · Not known.\n",
				"about **$0.31 an hour**, and at most **$1.24** in 4 h. Traffic comes on top.", "-# 2 × Fargate task $0.024 · 1 × database $0.29", "Nothing has been touched yet.** Build it in spite of ⚠️? The buttons work until <t:"}},
		{name: "provision, nothing to warn of", call: Call{Command: "provision", People: person("2", round.Player)}, as: gamemaster,
			fake:  fakeRounds{prospect: round.Prospect{Ticket: "c3d4", Round: "R7", Preflight: round.Preflight{Cost: round.Cost{Known: true, Says: "it runs on this machine"}}}},
			asked: "prepare 2 classic", buttons: []string{"Build build:c3d4", "Cancel leave:c3d4"}, want: []string{"It costs nothing. It runs on this machine.\n", "yet.** The buttons"}, not: []string{"⚠️", "$"}},
		{name: "provision, refused", call: Call{Command: "provision", People: person("2", round.Player)}, as: gamemaster,
			fake:  fakeRounds{prospect: round.Prospect{Round: "R7", Preflight: round.Preflight{Checks: []round.Check{{Name: "account", State: round.CheckFails, Says: "It is not on the list."}}}}},
			asked: "prepare 2 classic", want: []string{"❌ **account** · It is not on the list.", "It cannot be built like this, and nothing was."}, not: []string{"costs", "buttons"}},
		{name: "provision, refused after much that is well", call: Call{Command: "provision", People: person("2", round.Player)}, as: gamemaster,
			fake:  fakeRounds{prospect: round.Prospect{Round: "R7", Preflight: round.Preflight{Checks: []round.Check{{Name: "x", State: round.CheckOK, Says: long + long}, {Name: "y", State: round.CheckWarns, Says: long + long}, {Name: "webhook", State: round.CheckFails, Says: "Nobody answers there."}}}}},
			asked: "prepare 2 classic", want: []string{"on call, for 0 s.\n❌ **webhook** · Nobody answers there.\n⚠️ **y**"}},
		{name: "provision, too much to say", call: Call{Command: "provision", People: person("2", round.Player)}, as: gamemaster,
			fake:  fakeRounds{prospect: round.Prospect{Ticket: "c3d4", Round: "R7", Preflight: round.Preflight{Checks: []round.Check{{Name: "x", State: round.CheckWarns, Says: long + long}}}}},
			asked: "prepare 2 classic", buttons: []string{"Build build:c3d4", "Cancel leave:c3d4"}, want: []string{"The buttons work until <t:"}},
		{name: "say build", call: Call{Button: "build:c3d4"}, as: gamemaster, asked: "provision c3d4", want: []string{"**R7** is on its way."}},
		{name: "say build as a player", call: Call{Button: "build:c3d4"}, as: ana, want: []string{"that button is not yours"}},
		{name: "say not to build", call: Call{Button: "leave:c3d4"}, as: gamemaster, asked: "decline c3d4", want: []string{"Nothing was built."}},
		{name: "provision, not a player", call: Call{Command: "provision", People: person("2", round.Viewer)}, as: gamemaster,
			want: []string{"does not hold the player's role"}},
		{name: "provision, a bot", call: Call{Command: "provision", People: map[string]Someone{"player": {Person: round.Person{ID: "9", Name: "b"}, Bot: true}}}, as: gamemaster,
			want: []string{"is a bot"}},
		{name: "provision, nobody", call: Call{Command: "provision"}, as: gamemaster, want: []string{"Name the player"}},
		{name: "provision by a player", call: Call{Command: "provision", People: person("2", round.Player)}, as: ana,
			want: []string{"You are not an admin here, so `/provision` is not yours to use. Admins are people with the role <@&77>."}},

		{name: "inject", call: Call{Command: "inject", Texts: text("scenario", " security-group ")}, as: gamemaster, fake: fakeRounds{offer: someOffer()},
			asked: "preview security-group", buttons: []string{"Inject inject:a1b2", "Cancel cancel:a1b2"},
			want: []string{"This would begin in **R7**: a rule goes missing.", "Watch.", "**Hypothesis:** Somebody will.", "**Targets:** `sg-1`, `sgr-2`", "**Blast radius:** One rule.", "ShopErrorRatioHigh or ShopLatencyHigh, at most 31 s after", "**Time limit:** 15 min", "Nothing has been touched yet.", "until <t:"}},
		{name: "inject, only to see", call: Call{Command: "inject", Texts: text("scenario", "security-group"), Flags: map[string]bool{"dry_run": true}}, as: gamemaster, fake: fakeRounds{offer: someOffer()},
			asked: "preview security-group dry", want: []string{"**Blast radius:** One rule.", "a dry run"}, not: []string{"buttons"}},
		{name: "inject a surprise", call: Call{Command: "inject", Texts: text("scenario", "surprise")}, as: gamemaster,
			fake:  fakeRounds{offer: round.Offer{Round: "R7", Ticket: "a1b2", Surprise: true}},
			asked: "preview surprise", buttons: []string{"Inject inject:a1b2", "Cancel cancel:a1b2"}, want: []string{"hidden, from you too"}, not: []string{"Blast", "alert", "limit"}},
		{name: "inject a variant", call: Call{Command: "inject", Texts: map[string]string{"scenario": "instance-crash", "variant": "stopped"}}, as: gamemaster,
			fake:  fakeRounds{offer: round.Offer{Round: "R7", Title: "the box falls over", Variant: "stopped"}},
			asked: "preview instance-crash stopped", want: []string{"the box falls over (variant stopped)"}},
		{name: "say yes", call: Call{Button: "inject:a1b2"}, as: gamemaster,
			fake:  fakeRounds{inject: round.Injection{Round: "R7", Incident: "INC-3", Title: "a rule goes missing", Limit: 15 * time.Minute, Page: 31 * time.Second}},
			asked: "inject a1b2", want: []string{"**INC-3** has begun in **R7**: a rule goes missing.", "31 s", "15 min"}},
		{name: "say yes to a surprise", call: Call{Button: "inject:a1b2"}, as: gamemaster,
			fake:  fakeRounds{inject: round.Injection{Round: "R7", Incident: "INC-3", Surprise: true, Limit: time.Minute, Page: 31 * time.Second}},
			asked: "inject a1b2", want: []string{"hidden, from you too"}, not: []string{"31 s"}},
		{name: "say no", call: Call{Button: "cancel:a1b2"}, as: gamemaster, asked: "decline a1b2", want: []string{"Nothing was injected."}},
		{name: "say yes as a player", call: Call{Button: "inject:a1b2"}, as: ana, want: []string{"that button is not yours"}},
		{name: "inject nothing", call: Call{Command: "inject"}, as: gamemaster, want: []string{"Name a scenario"}},
		{name: "inject by a viewer", call: Call{Command: "inject", Texts: text("scenario", "x")}, as: bystander, want: []string{"not an admin"}},

		{name: "destroy", call: Call{Command: "destroy"}, as: gamemaster, asked: "destroy", want: []string{"**R7** is being destroyed"}},
		{name: "destroy in an incident", call: Call{Command: "destroy"}, as: gamemaster, fake: fakeRounds{closing: round.Closing{Incident: "INC-3", Open: 4 * time.Minute}},
			asked: "destroy", buttons: []string{"Destroy end:R7.INC-3", "Cancel keep:R7.INC-3"}, want: []string{"**INC-3** is open in **R7**, 4 min in.", "Nothing has been touched yet."}, not: []string{"is being destroyed"}},
		{name: "destroy all the same", call: Call{Button: "end:R7.INC-3"}, as: gamemaster, asked: "destroy R7 INC-3", want: []string{"**R7** is being destroyed"}},
		{name: "destroy all the same, a player", call: Call{Button: "end:R7.INC-3"}, as: ana, want: []string{"that button is not yours"}},
		{name: "do not destroy", call: Call{Button: "keep:R7.INC-3"}, as: gamemaster, want: []string{"**R7** goes on."}},
		{name: "destroy by its button", call: Call{Button: "destroy:R7"}, as: gamemaster, asked: "destroy R7", want: []string{"**R7** is being destroyed"}},
		{name: "destroy by its button, a player", call: Call{Button: "destroy:R7"}, as: ana, want: []string{"that button is not yours"}},
		{name: "destroy by a player", call: Call{Command: "destroy"}, as: ana, want: []string{"not an admin"}},

		{name: "abort", call: Call{Command: "abort", Texts: text("reason", "@everyone `go` home")}, as: gamemaster,
			asked: "abort @\u200beveryone \\`go\\` home", want: []string{"**INC-3** is aborted"}},
		{name: "abort by a player", call: Call{Command: "abort", Texts: text("reason", "bored")}, as: ana, want: []string{"not an admin"}},
		{name: "abort without a reason", call: Call{Command: "abort", Texts: text("reason", "  ")}, as: gamemaster, want: []string{"A reason needs some words."}},

		{name: "scenarios", call: Call{Command: "scenarios"}, as: gamemaster,
			fake: fakeRounds{scenarios: []round.Scenario{
				{ID: "security-group", Title: "a rule goes missing", Difficulty: "easy", Stages: []string{"classic"}, Limit: 15 * time.Minute},
				{ID: "node-capacity", Title: "too many", Difficulty: "hard", Cost: 0.1, Stages: []string{"eks"}, Limit: 20 * time.Minute},
			}},
			asked: "scenarios", want: []string{"2 scenarios:", "`security-group` · a rule goes missing · easy · time limit 15 min · no extra cost · stage classic\n",
				"hard · time limit 20 min · $0.1 more an hour on AWS · stage eks\n", "surprise"}},
		{name: "extend", call: Call{Command: "extend"}, as: gamemaster, asked: "extend", want: []string{"**R7** now lasts until <t:"}},
		{name: "extend by a player", call: Call{Command: "extend"}, as: ana, want: []string{"not an admin"}},
		{name: "scenarios for a player", call: Call{Command: "scenarios"}, as: ana, want: []string{"not an admin"}},

		{name: "status, nothing open", call: Call{Command: "status"}, as: bystander, asked: "status", want: []string{"No round is open"}},
		{name: "status for a player", call: Call{Command: "status"}, as: ana, fake: fakeRounds{status: openRound()}, asked: "status",
			want: []string{"**R7** is ready", "ana is on call", "<t:1795459260:R>", "**INC-3** is open", "Well for 12 s of 30 s. ", "2 hints taken", "Firing: ShopErrorRatioHigh", "🔴 every order fails", "The shop is at <http://127.0.0.1:1/>", "**Graphs** <https://203.0.113.9/grafana/d/shop> · **Logs** <https://203.0.113.9/kibana/app/discover> · **Runbooks** <https://203.0.113.9/runbooks/>", "about $0.31 an hour, and has cost about $0.62 so far"}},
		{name: "status for a viewer", call: Call{Command: "status"}, as: bystander, fake: fakeRounds{status: openRound()}, asked: "status",
			want: []string{"**R7** is ready"}, not: []string{"127.0.0.1", "203.0.113.9", "Graphs", "Runbooks", "ref", "cost"}},
		{name: "status while it is built", call: Call{Command: "status"}, as: ana, asked: "status",
			fake: fakeRounds{status: round.Status{Open: true, Round: "R7", Phase: round.Provisioning, Cost: round.Cost{Known: true}, Progress: &round.Progress{Phase: "database", Done: 3, Total: 61, Until: now}}},
			want: []string{"database: 3 of 61, done about <t:1795452060:t> (<t:1795452060:R>)\n", "It costs nothing."}},

		{name: "ack", call: Call{Command: "ack"}, as: ana, asked: "ack", want: []string{"**INC-3** is yours."}},
		{name: "ack by a viewer", call: Call{Command: "ack"}, as: bystander, want: []string{"You are not a player here, so `/ack` is not yours"}},
		{name: "the button", call: Call{Button: "ack:INC-3"}, as: ana, asked: "ack", want: []string{"**INC-3** is yours."}, not: []string{"ended"}},
		{name: "an old button", call: Call{Button: "ack:INC-1"}, as: ana, asked: "ack", want: []string{"**INC-3** is yours.", "INC-1, which has ended"}},
		{name: "the button, a viewer", call: Call{Button: "ack:INC-3"}, as: bystander, want: []string{"that button is not yours"}},
		{name: "a button nobody knows", call: Call{Button: "launch:1"}, as: ana, want: []string{"That button is from another time"}},
		{name: "a command nobody knows", call: Call{Command: "dance"}, as: ana, want: []string{"There is no such command"}},

		{name: "hint", call: Call{Command: "hint"}, as: ana, asked: "hint", want: []string{"Hint 1 of 3 is taken for **INC-3**"}},
		{name: "hint by its button", call: Call{Button: "hint:INC-3"}, as: ana, asked: "hint", want: []string{"Hint 1 of 3"}},
		{name: "runbook", call: Call{Button: "runbook:ShopErrorRatioHigh"}, as: ana, fake: fakeRounds{status: openRound()}, asked: "status",
			want: []string{"The runbook of **ShopErrorRatioHigh**: <https://203.0.113.9/runbooks/ShopErrorRatioHigh>"}},
		{name: "runbook, of no stack", call: Call{Button: "runbook:ShopErrorRatioHigh"}, as: ana, asked: "status", want: []string{"No stack is there now"}},
		{name: "runbook, a viewer", call: Call{Button: "runbook:ShopErrorRatioHigh"}, as: bystander, want: []string{"not a player"}},

		{name: "hint, a viewer", call: Call{Button: "hint:INC-3"}, as: bystander, want: []string{"not a player"}},

		{name: "note", call: Call{Command: "note", Texts: text("text", "# new *connections*\nhang <@1>")}, as: ana,
			asked: "note \\# new \\*connections\\* hang <\u200b@\u200b1>", want: []string{"Noted for **INC-3**."}},
		{name: "a note too long", call: Call{Command: "note", Texts: text("text", long)}, as: ana, want: []string{"A note has at most 500 characters; yours has 1500."}},
		{name: "a note with a key", call: Call{Command: "note", Texts: text("text", "mine is AKIAIOSFODNN7EXAMPLE")}, as: ana, want: []string{"access key"}},
		{name: "note, a viewer", call: Call{Command: "note", Texts: text("text", "hm")}, as: bystander, want: []string{"not a player"}},

		{name: "resolve, too early", call: Call{Command: "resolve"}, as: ana, fake: fakeRounds{claim: round.Claim{Say: "every order fails"}}, asked: "resolve",
			want: []string{"not yet. Every order fails. Nothing is closed by saying so."}},
		{name: "resolve", call: Call{Command: "resolve"}, as: ana, fake: fakeRounds{claim: round.Claim{Green: true, Say: "the steady state holds"}}, asked: "resolve",
			want: []string{"checked just now: The steady state holds. It closes by itself"}},
		{name: "resolve, a viewer", call: Call{Command: "resolve"}, as: bystander, want: []string{"not a player"}},

		{name: "credentials", call: Call{Command: "credentials"}, as: ana, fake: fakeRounds{access: someAccess("")}, asked: "reveal",
			want: []string{"export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nexport AWS_SECRET_ACCESS_KEY='a b'\\''c'\nexport AWS_DEFAULT_REGION=us-east-1\naws sts", "shown once", "user `r7-ana`", "The shop is at <http://shop/>"},
			not:  []string{"AWS_ENDPOINT_URL", "Graphs", "They ask for"}},
		{name: "credentials, where pages ask for a login", call: Call{Command: "credentials"}, as: ana, fake: fakeRounds{access: lockedAccess()}, asked: "reveal",
			want: []string{"export AWS_DEFAULT_REGION=ap-southeast-2\naws sts get-caller-identity\n```", "**Graphs** <https://203.0.113.200/grafana/d/shop> · **Logs** <https://203.0.113.200/kibana/app/discover> · **Runbooks** <https://203.0.113.200/runbooks/>\n",
				"user `chaotic`, password `" + strings.Repeat("0f", 20) + "`", "fingerprint must be `" + strings.Repeat("AB:", 31) + "AB`", "makes new keys and kills these."}, // to its very end: nothing is cut off
		},
		{name: "show once", call: Call{Button: "reveal:R7"}, as: ana, fake: fakeRounds{access: someAccess("http://127.0.0.1:1")}, asked: "reveal",
			want: []string{"export AWS_ENDPOINT_URL=http://127.0.0.1:1\n", "1.29 or 2.13"}},
		{name: "new credentials", call: Call{Command: "credentials", Flags: map[string]bool{"new": true}}, as: ana, asked: "reissue", want: []string{"New keys for **R7**"}},
		{name: "credentials, a viewer", call: Call{Button: "reveal:R7"}, as: bystander, want: []string{"not a player"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := testRouter(t, &tt.fake)
			tt.call.Caller = tt.as
			got := r.Handle(t.Context(), tt.call)
			if asked := strings.Join(append([]string{tt.fake.asked}, tt.fake.args...), " "); asked != tt.asked {
				t.Errorf("asked %q, want %q", asked, tt.asked)
			}
			for _, want := range tt.want {
				if !strings.Contains(got.Text, want) {
					t.Errorf("reply lacks %q:\n%s", want, got.Text)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got.Text, not) {
					t.Errorf("reply holds %q:\n%s", not, got.Text)
				}
			}
			var buttons []string
			for _, b := range got.Buttons {
				buttons = append(buttons, b.Label+" "+b.ID)
			}
			if !slices.Equal(buttons, tt.buttons) {
				t.Errorf("buttons %q, want %q", buttons, tt.buttons)
			}
			if !got.Ephemeral {
				t.Error("everybody would see this reply")
			}
			if n := utf8.RuneCountInString(got.Text); n == 0 || n > TextLimit {
				t.Errorf("reply has %d characters", n)
			}
		})
	}
}

func someOffer() round.Offer {
	return round.Offer{Ticket: "a1b2", Round: "R7", Title: "a rule goes missing", Does: "Watch.", Hypothesis: "Somebody will.", Targets: []string{"sg-1", "sgr-2"}, Blast: "One rule.",
		Expect: []string{"ShopErrorRatioHigh", "ShopLatencyHigh"}, Limit: 15 * time.Minute, Page: 31 * time.Second, Expires: now}
}

func someProspect() round.Prospect {
	return round.Prospect{Ticket: "c3d4", Round: "R7", Player: ana.Person, Stage: "classic", Lifetime: 4 * time.Hour, Expires: now, Preflight: round.Preflight{
		Checks: []round.Check{{Name: "account", State: round.CheckOK, Says: "It is on the list."}, {Name: "quotas", State: round.CheckWarns, Says: "Not known."}},
		Cost: round.Cost{Known: true, PerHour: 0.31, Says: "traffic comes on top",
			Items: []round.CostItem{{What: "Fargate task", Count: 2, PerHour: 0.024}, {What: "database", Count: 1, PerHour: 0.286}}},
	}}
}

func openRound() round.Status {
	return round.Status{
		Cost: round.Cost{Known: true, PerHour: 0.31}, Spent: 0.62,
		Open: true, Round: "R7", Phase: round.Ready, Player: ana.Person, Stage: "classic", Expires: time.Unix(1795459260, 0),
		Outputs: round.Outputs{Shop: "http://127.0.0.1:1/", Graphs: "https://203.0.113.9/grafana/d/shop", Logs: "https://203.0.113.9/kibana/app/discover", Runbooks: "https://203.0.113.9/runbooks/"},
		Incident: &round.IncidentStatus{ID: "INC-3", Phase: round.Active, Since: now, Hints: 2, Limit: time.Minute, Held: 12 * time.Second, Hold: 30 * time.Second,
			Alerts: []round.Alert{{Name: "ShopErrorRatioHigh"}}},
		Readings: []round.Reading{{Probe: "orders", Health: round.Bad, Say: "every order fails at 127.0.0.1"}},
		Failure:  &round.Failure{Say: "It failed.", Ref: "8f2c1a7b"},
	}
}

func someAccess(endpoint string) round.Access {
	return round.Access{Round: "R7", Person: ana.Person, User: "r7-ana",
		AccessKeyID: round.NewSecret("AKIAIOSFODNN7EXAMPLE"), SecretAccessKey: round.NewSecret("a b'c"),
		Region: "us-east-1", Endpoint: endpoint, Shop: "http://shop/", Expires: now}
}

// lockedAccess is the longest that AWS gives: pages with a login, a long name.
func lockedAccess() round.Access {
	a := someAccess("")
	a.Round, a.User, a.Region = "R12345", "r12345-player-"+strings.Repeat("a", 32)+"-0123", "ap-southeast-2"
	a.SecretAccessKey = round.NewSecret(strings.Repeat("s/+0", 10))
	a.Shop, a.Graphs, a.Logs, a.Runbooks = "https://d111111abcdef8.cloudfront.net", "https://203.0.113.200/grafana/d/shop", "https://203.0.113.200/kibana/app/discover", "https://203.0.113.200/runbooks/"
	a.Login = round.Login{User: "chaotic", Password: round.NewSecret(strings.Repeat("0f", 20)), Fingerprint: strings.Repeat("AB:", 31) + "AB"}
	return a
}

// TestEveryCommand checks what no command may lack, and that a missing round
// is told in the engine's own words whoever asks.
func TestEveryCommand(t *testing.T) {
	const say = round.NoRoundOpen
	calls := map[string]Call{
		"provision": {People: person("2", round.Player)}, "inject": {Texts: text("scenario", "x")},
		"abort": {Texts: text("reason", "x")}, "note": {Texts: text("text", "x")},
	}
	for _, c := range All() {
		if c.Def.Description == "" || c.Def.DefaultMemberPermissions == nil || c.Run == nil {
			t.Errorf("/%s lacks a description, permissions or a handler", c.Def.Name)
		}
		call := calls[c.Def.Name]
		call.Command, call.Caller = c.Def.Name, ana
		if c.Def.DefaultMemberPermissions == &forAdmins {
			call.Caller = gamemaster
		}
		r, _ := testRouter(t, &fakeRounds{err: round.Refuse("no round", say)})
		if got := r.Handle(t.Context(), call); got.Text != say {
			t.Errorf("/%s says %q", c.Def.Name, got.Text)
		}
	}
}
