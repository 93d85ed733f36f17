package postmortem_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

var full = round.Debrief{Was: "a full disk", Fixes: []round.Move{
	{Name: "truncate", Calls: []string{"ssm:SendCommand"}},
	{Name: "grow", Calls: []string{"ec2:ModifyVolume", "ssm:SendCommand"}},
	{Name: "reboot", Calls: []string{"ec2:RebootInstances"}},
}}

// does adds a step of a session, or a call, at seconds after t0: "ssh: rm x" was
// typed on the box, "ssh? df" only looks, "ssh" is a login, "ssm:X" is a call.
func (h *history) does(at int, step string) {
	h.t.Helper()
	c := round.Call{EventID: fmt.Sprint(at), At: t0.Add(time.Duration(at)*time.Second + 1), Target: "i-1"}
	who := round.Person{ID: "somebody", Name: "somebody"}
	switch service, line, typed := strings.Cut(step, ": "); {
	case typed:
		c.Service, c.Action, c.With = service, round.LineTyped, line
	case strings.Contains(step, "? "):
		c.Service, c.With, _ = strings.Cut(step, "? ")
		c.Action, c.ReadOnly = round.LineTyped, true
	case strings.Contains(step, ":"):
		c.Service, c.Action, _ = strings.Cut(step, ":")
		c.User, who = "r7-player-ana", ana
	default:
		service, ours := strings.CutSuffix(step, "!") // on AWS: ana's, and nothing else of it is known
		c.Service, c.Action, c.ReadOnly = service, round.SessionOpened, !ours
		if ours {
			c.User, who = "r7-player-ana", ana
		}
	}
	h.add(at, who, "INC-12", round.CallObserved, c)
}

// TestWhatWasTyped: a repair in a session is one, where no call explains it better.
func TestWhatWasTyped(t *testing.T) {
	for name, c := range map[string]struct {
		steps   []string
		summary string
		want    string
	}{
		"over ssh": {[]string{"ssh", "ssh? df -h", "ssh: sed -i x y", "ssh: restart", "ssh? df -h"},
			"ana repaired it 56 s after the page, probably over `ssh`; the outage lasted 1 min 6 s.",
			"a shell on the box was opened\nlooked: `df -h` on the box\npart of the **fix**, probably: `sed -i x y` on the box\npart of the **fix**, probably: `restart` on the box\nlooked: `df -h` on the box"},
		"over psql": {[]string{"psql: ALTER ROLE report NOLOGIN"}, "probably over `psql`", "**fix**, probably: `ALTER ROLE report NOLOGIN` in the database"},
		"a call that is known explains it": {[]string{"ssh: rm x", "ec2:RebootInstances", "ssh: ls >x"}, "ana repaired it 36 s after the page; the",
			"changed: `rm x` on the box\n**fix**, probably: `ec2 reboot-instances` on `i-1`\nchanged: `ls >x` on the box"},
		"a command that may be anything": {[]string{"ssm:SendCommand", "ssh: restart"}, "probably over `ssh`",
			"tried, no lasting effect seen: `ssm send-command` on `i-1`\n**fix**, probably: `restart` on the box"},
		"a command that came later": {[]string{"ssh: restart", "ssm:SendCommand"}, "ana repaired it 26 s after the page; the",
			"changed: `restart` on the box\n**fix**, probably: `ssm send-command` on `i-1`"},
		"only looked": {[]string{"ssh", "ssh? df"}, "it ended by itself", "a shell on the box was opened\nlooked: `df` on the box"},
		"on AWS":      {[]string{"ssh!"}, "It was over 16 s after the page; what was done over `ssh` before that is not seen", "ana opened a shell on the box; what is done there is not seen"},
		"the database, on AWS": {[]string{"psql!"}, "what was done over `psql` before that is not seen",
			"ana opened a tunnel to the database; what is done there is not seen"},
	} {
		t.Run(name, func(t *testing.T) {
			h := beginWith(t, full)
			at := 90
			for _, step := range c.steps {
				at += 10
				h.does(at, step)
			}
			h.ends(at + 10)
			r := write(t, h)
			if !strings.Contains(r.Sections[0], c.summary) {
				t.Errorf("summary %q, want %q", r.Sections[0], c.summary)
			}
			lines, _ := timelineOf(t, r)
			if got := strings.Join(lines[3:3+strings.Count(c.want, "\n")+1], "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestMuchWasTyped: a timeline stays one that is read.
func TestMuchWasTyped(t *testing.T) {
	h := beginWith(t, full)
	for i := range 40 {
		h.does(100+i, fmt.Sprintf("ssh: rm %d", i))
	}
	h.ends(145)
	lines, _ := timelineOf(t, write(t, h))
	text := strings.Join(lines, "\n")
	if n := strings.Count(text, "rm "); n != 25 || !strings.Contains(text, "\n15 more lines were typed from here on\npart of the **fix**, probably: `rm 35` on the box") {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

// TestBrokenAgain: what was typed before the shop was seen broken again is no part
// of the repair.
func TestBrokenAgain(t *testing.T) {
	h := beginWith(t, full)
	h.does(100, "psql: SELECT pg_terminate_backend(1)")
	h.add(102, bot, "INC-12", round.RecoveryObserved, round.Recovery{At: t0.Add(102 * time.Second)})
	h.add(110, bot, "INC-12", round.RecoveryLost, round.Recovery{At: t0.Add(110 * time.Second)})
	h.does(120, "psql: ALTER ROLE mailer NOLOGIN")
	h.does(121, "psql: SELECT pg_terminate_backend(2)")
	h.ends(125)
	lines, _ := timelineOf(t, write(t, h))
	text := strings.Join(lines, "\n")
	want := "part of the **fix**, probably: `ALTER ROLE mailer NOLOGIN` in the database\npart of the **fix**, probably: `SELECT pg_terminate_backend(2)` in the database"
	if !strings.Contains(text, want) || strings.Count(text, "**fix**") != 2 {
		t.Errorf("told is\n%s", text)
	}
}
