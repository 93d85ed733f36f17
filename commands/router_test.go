package commands

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/chaotic-good/scenarios/bot/round"
)

var sorry = regexp.MustCompile(`^Something went wrong on our side\. Ref ([0-9a-f]{8}); the operator can look it up\.$`)

func TestErrorsAreTheOperators(t *testing.T) {
	for name, fake := range map[string]*fakeRounds{"error": {err: errBroken}, "panic": {panics: true}} {
		t.Run(name, func(t *testing.T) {
			r, log := testRouter(t, fake)
			got := r.Handle(t.Context(), Call{Command: "status", Caller: ana})
			m := sorry.FindStringSubmatch(got.Text)
			if m == nil {
				t.Fatalf("the person reads %q", got.Text)
			}
			if !strings.Contains(log.String(), "ref="+m[1]) || !strings.Contains(log.String(), "10.0.0.7") {
				t.Errorf("the log does not lead from the reference to the cause:\n%s", log)
			}
		})
	}
}

func TestHandlerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan struct{})
		defer close(hung)
		slow := status
		slow.Run = func(context.Context, Rounds, Call) (Reply, error) { <-hung; return Reply{}, nil }
		r, _ := testRouter(t, &fakeRounds{})
		r.commands["status"] = slow
		if got := r.Handle(t.Context(), Call{Command: "status", Caller: ana}); !sorry.MatchString(got.Text) {
			t.Errorf("the person reads %q", got.Text)
		}
	})
}

func TestWrappedRefusalIsShown(t *testing.T) {
	r, log := testRouter(t, &fakeRounds{err: fmt.Errorf("open: %w", round.Refuse("one round", "R7 is open already."))})
	if got := r.Handle(t.Context(), Call{Command: "destroy", Caller: gamemaster}); got.Text != "R7 is open already." {
		t.Errorf("the person reads %q", got.Text)
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("a refusal is no error:\n%s", log)
	}
}

func TestComplete(t *testing.T) {
	var many []round.Scenario
	for i := range 40 {
		many = append(many, round.Scenario{ID: fmt.Sprintf("s-%d", i), Title: strings.Repeat("long ", 40)})
	}
	two := []round.Scenario{{ID: "security-group", Title: "a rule goes missing"}, {ID: "bad-deploy", Title: "a version too far"}}
	tests := []struct {
		name  string
		as    round.Caller
		typed string
		cmd   string
		fake  fakeRounds
		want  []string
	}{
		{"all", gamemaster, "", "inject", fakeRounds{scenarios: two}, []string{"security-group", "bad-deploy", "surprise"}},
		{"by id", gamemaster, "SEC", "inject", fakeRounds{scenarios: two}, []string{"security-group"}},
		{"by title", gamemaster, "too far", "inject", fakeRounds{scenarios: two}, []string{"bad-deploy"}},
		{"no match", gamemaster, "zzz", "inject", fakeRounds{scenarios: two}, []string{"zzz"}},
		{"none there", gamemaster, "", "inject", fakeRounds{}, []string{"-"}},
		{"a player", ana, "", "inject", fakeRounds{scenarios: two}, []string{"-"}},
		{"refused", gamemaster, "", "inject", fakeRounds{err: round.Refuse("x", "No.")}, []string{"-"}},
		{"broken", gamemaster, "", "inject", fakeRounds{err: errBroken}, []string{"-"}},
		{"panic", gamemaster, "", "inject", fakeRounds{panics: true}, []string{"-"}},
		{"other command", gamemaster, "", "status", fakeRounds{}, []string{"-"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := testRouter(t, &tt.fake)
			got := r.Complete(t.Context(), Call{Command: tt.cmd, Caller: tt.as, Texts: text("scenario", tt.typed), Typing: "scenario"})
			var values []string
			for _, c := range got {
				values = append(values, c.Value)
			}
			if fmt.Sprint(values) != fmt.Sprint(tt.want) {
				t.Errorf("offers %v, want %v", values, tt.want)
			}
		})
	}
	r, _ := testRouter(t, &fakeRounds{scenarios: many})
	got := r.Complete(t.Context(), Call{Command: "inject", Caller: gamemaster})
	if len(got) != choiceCount {
		t.Errorf("offers %d, Discord takes %d", len(got), choiceCount)
	}
	for _, c := range got {
		if n := len([]rune(c.Name)); n > choiceLimit {
			t.Errorf("a choice's name has %d characters", n)
		}
	}
}

func TestOneNameTwice(t *testing.T) {
	r, _ := testRouter(t, &fakeRounds{})
	if _, err := newRouter(r.cfg, []Command{status, status}, nil); err == nil {
		t.Error("two commands of one name were taken")
	}
	if _, err := newRouter(r.cfg, nil, []Press{pressAck, pressAck}); err == nil {
		t.Error("two buttons of one verb were taken")
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"ssh to 10.0.1.5:22 now":                   "ssh to (address) now",
		"arn:aws:ec2::123456789012:x":              "arn:aws:ec2::(account):x",
		"AKIAIOSFODNN7EXAMPLE":                     "(key)",
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "(key)",
		"0123456789abcdef0123456789abcdef01234567": "0123456789abcdef0123456789abcdef01234567",
		"<t:1795459260:R> INC-3 1.2 s":             "<t:1795459260:R> INC-3 1.2 s",
		"<@123456789012345678>":                    "<@123456789012345678>",
	} {
		if got := Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestStagesOnOffer: /provision offers what can be had here, and no other test
// sees it.
func TestStagesOnOffer(t *testing.T) {
	for _, c := range []struct{ stages, want []string }{{nil, []string{"classic"}}, {[]string{"classic", "eks", "moon"}, []string{"classic", "eks", "moon"}}} {
		r, err := NewRouter(Config{Rounds: &fakeRounds{}, Log: slog.New(slog.DiscardHandler), Stages: c.stages})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range r.Defs()[0].Options[1].Choices {
			if o.Name == "" {
				t.Error("a choice without a name")
			}
			got = append(got, o.Value.(string))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("offered %v, want %v", got, c.want)
		}
	}
}
