package discord

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// transcript is what happens in the chat, for a golden file: what people type,
// and everything that anybody reads, with the time by which it comes.
type transcript struct {
	w     *terrarium
	lines []string
	told  int             // how many texts are in it
	seen  map[string]bool // messages
}

func (w *terrarium) transcript() *transcript { return &transcript{w: w, seen: map[string]bool{}} }

// catchUp takes in what was written meanwhile. What comes in one moment is in a
// fixed order: answers first, then by channel.
func (s *transcript) catchUp() {
	s.w.t.Helper()
	texts := s.w.Texts()[s.told:]
	s.told += len(texts)
	names := map[string]string{master.ID: master.Name, ana.ID: ana.Name}
	alone := map[string]string{} // by message: the one for whom it is
	for id, name := range names {
		st, err := s.w.as(id).State(within(s.w.t))
		if err != nil {
			s.w.t.Fatal(err)
		}
		for _, list := range st.Messages {
			for _, m := range list {
				if m.EphemeralFor == id {
					alone[m.ID] = name
				}
			}
		}
	}
	public := func(t localdiscord.Text) int {
		return map[bool]int{true: 1}[alone[t.MessageID] == "" && t.MessageID != ""]
	}
	slices.SortStableFunc(texts, func(a, b localdiscord.Text) int {
		return cmp.Or(a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)), cmp.Compare(public(a), public(b)), cmp.Compare(a.ChannelID, b.ChannelID))
	})
	for _, t := range texts {
		if strings.TrimSpace(t.Text) == "" {
			continue // an answer that is awaited
		}
		where := "#" + t.Channel
		switch {
		case t.MessageID == "" && len(t.Readers) == 1:
			where = "offered to " + names[t.Readers[0]]
		case alone[t.MessageID] != "":
			where = "to " + alone[t.MessageID] + " alone"
		case t.Channel == s.w.cfg.Bot.Name:
			where = "to " + names[t.Readers[0]]
		}
		if s.seen[t.MessageID] && t.MessageID != "" {
			where += ", edited"
		}
		s.seen[t.MessageID] = true
		s.add(t.At, "bot, "+where, t.Text)
	}
}

// tickets are drawn, and a golden file cannot know them.
var tickets = regexp.MustCompile(`\b(inject|cancel|build|leave):[0-9a-f]{16}\b`)

func (s *transcript) add(at time.Time, who, text string) {
	text = tickets.ReplaceAllString(text, "$1:(ticket)")
	s.lines = append(s.lines, fmt.Sprintf("%s  %s\n    %s\n", at.UTC().Format("15:04:05"), who, strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")))
}

// types lets somebody type a command, and reads the answer.
func (s *transcript) types(as round.Person, channel, command string, options ...string) {
	s.w.t.Helper()
	s.catchUp()
	values, line := map[string]any{}, "/"+command
	for i := 0; i < len(options); i += 2 {
		values[options[i]] = options[i+1]
		if options[i+1] == "True" {
			values[options[i]] = true
		}
		line += " " + options[i] + ":" + options[i+1]
	}
	s.add(time.Now(), as.Name+", #"+channel, line)
	s.w.types(as, channel, command, values)
	s.pass(5 * time.Second)
}

// pass lets time pass.
func (s *transcript) pass(d time.Duration) {
	s.w.pass(d)
	s.catchUp()
}

// compare compares with a golden file, or writes it anew.
func (s *transcript) compare(name string) {
	s.w.t.Helper()
	s.catchUp()
	got, path := strings.Join(s.lines, ""), filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			s.w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.w.t.Fatal(err)
	}
	if got != string(want) {
		s.w.t.Errorf("%s reads differently; look at the difference and run with -update:\n%s", name, firstDifference(strings.SplitAfter(got, "\n"), strings.SplitAfter(string(want), "\n")))
	}
}

// TestStoryOfNobodyThere: nobody answers a page, nobody looks at the keys, and
// nobody does anything, until the bot ends the round.
func TestStoryOfNobodyThere(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		s := w.transcript()
		s.types(master, "operations", "provision", "player", ana.ID)
		s.add(time.Now(), master.Name+", #operations", "[Build]")
		w.saysYes()
		s.pass(6 * time.Second)
		offered, err := w.as(master.ID).Autocomplete(within(t), "operations", "inject", map[string]any{"scenario": "zebra-crash", "variant": ""}, "variant")
		if err != nil || len(offered) != 2 {
			t.Errorf("offered %v, %v", offered, err)
		}
		s.types(master, "operations", "inject", "scenario", "zebra-crash", "variant", "dead")
		s.types(master, "operations", "inject", "scenario", "surprise", "variant", "lost")
		s.types(master, "operations", "inject", "scenario", "zebra-crash", "variant", "lost", "dry_run", "True")
		s.types(master, "operations", "inject", "scenario", "surprise")
		s.types(master, "operations", "inject", "scenario", "zebra-crash", "variant", "lost")
		s.add(time.Now(), master.Name+", #operations", "[Inject]")
		w.saysYes()
		s.pass(5 * time.Second)
		page := w.fires(errorRatio)
		s.pass(2 * time.Minute) // the page again
		s.pass(2 * time.Minute) // and again
		s.pass(2 * time.Minute) // and the admin is told
		s.pass(time.Minute)
		for _, text := range w.Texts() {
			if strings.Contains(text.Text, "zebra") && (len(text.Readers) != 1 || text.Readers[0] != master.ID) {
				t.Errorf("%v read before the end: %s", text.Readers, text.Text)
			}
		}
		s.types(master, "operations", "abort", "reason", "nobody is there")
		w.tells("resolved", page)
		s.pass(25 * time.Minute) // the keys end unseen
		s.types(ana, "alerts", "credentials")
		s.types(ana, "alerts", "credentials", "new", "True")
		s.pass(50 * time.Minute) // ten minutes before the end of a round in which nothing happens
		s.types(master, "operations", "extend")
		for range 3 {
			s.types(master, "operations", "extend")
		}
		s.types(master, "operations", "extend")
		s.pass(time.Hour)
		s.pass(time.Minute)
		s.compare("nobody.txt")
		w.keptSecret(0)
	})
}
