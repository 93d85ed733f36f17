// Package postmortem tells the story of an incident that has ended.
//
// It knows events and what they mean to a reader: summary, timeline, what fixed
// it and what did not, how long each part took. It writes Markdown. It does not
// know where the story is posted, and it reads nothing but the ledger.
package postmortem

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Ledger is where the events come from.
type Ledger interface {
	Replay(ctx context.Context, from uint64, each func(round.Event) error) error
}

// Report is one post-mortem. Each section is Markdown that stands by itself.
type Report struct {
	Incident round.IncidentID
	Round    round.ID
	Outcome  round.Outcome
	Title    string // INC-3 · a rule goes missing
	Sections []string
	Markdown string // the whole, with times in UTC
	File     string // a name for the whole: R1-INC-3.md
	Numbers  Numbers
	Calls    int // of the player, in the timeline
}

// Stamp writes a time. Chat clients show <t:unix:T> in each reader's own zone.
type Stamp func(time.Time) string

// Chat is the stamp for chat clients.
func Chat(t time.Time) string { return fmt.Sprintf("<t:%d:T>", t.Unix()) }

// UTC is the stamp for files.
func UTC(t time.Time) string { return "`" + t.UTC().Format("15:04:05") + "`" }

// Write tells the story of one incident, with the stamp in its sections. It is
// an error if the incident is not in the ledger or has not ended.
func Write(ctx context.Context, ledger Ledger, id round.IncidentID, stamp Stamp) (Report, error) {
	s, err := read(ctx, ledger, id)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		Incident: id, Round: s.in.Round, Outcome: s.in.Ending.Outcome,
		Title:    fmt.Sprintf("%s · %s", id, s.in.Asked.Title),
		Sections: s.sections(stamp),
		File:     fmt.Sprintf("%s-%s.md", s.in.Round, id),
		Numbers:  s.measured(),
		Calls:    s.calls,
	}
	r.Markdown = "# Post-mortem " + r.Title + "\n\n" +
		fmt.Sprintf("Round %s, %s. Times are UTC.\n\n", r.Round, s.in.Requested.UTC().Format("2 January 2006")) +
		s.document() + "\n\n" + Definitions + "\n"
	return r, nil
}

// story is an incident with its events and its player.
type story struct {
	in     round.Incident
	player round.Person
	events []round.Event
	calls  int
	acted  bool // something was changed before the good samples that proved recovery
	runs   map[uint64][]change
	move   round.Move // what probably repaired it; empty: nothing that is known
	fix    []change   // its calls
}

func read(ctx context.Context, ledger Ledger, id round.IncidentID) (*story, error) {
	state := round.NewState()
	var s story
	err := ledger.Replay(ctx, 1, func(e round.Event) error {
		if e.Incident == id {
			s.events = append(s.events, e)
			if e.Kind == round.CallObserved {
				s.calls++
			}
		}
		return state.Apply(e)
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", id, err)
	}
	for _, r := range state.Rounds {
		for _, in := range r.Past {
			if in.ID == id {
				s.in, s.player = *in, r.Player
				s.runs = s.runsOf()
				if in.Ending.Outcome == round.Resolved {
					changes := s.changesOf()
					s.acted = len(changes) > 0
					a := inSession(repair(in.Asked, changes), changes, s.brokenAgain())
					s.move, s.fix = a.move, whole(a.calls, s.runs)
				}
				return &s, nil
			}
		}
	}
	return nil, fmt.Errorf("read %s: no incident of that name has ended", id)
}

func (s *story) sections(stamp Stamp) []string {
	all := []string{
		s.summary(),
	}
	if text := s.hypothesis(); text != "" {
		all = append(all, text)
	}
	all = append(all,
		"**Timeline**\n"+strings.Join(s.timeline(stamp), "\n"),
		s.moves(),
		s.numbers(),
	)
	if why := s.in.Asked.Debrief.Why; why != "" {
		all = append(all, "**Why it happens**\n"+why)
	}
	if todo := s.in.Asked.Debrief.Action; len(todo) > 0 {
		all = append(all, "**Action items**\n- [ ] "+strings.Join(todo, "\n- [ ] "))
	}
	return all
}

// heading is a line that is one, in chat's way of writing.
var heading = regexp.MustCompile(`(?m)^\*\*[^*\n]+\*\*$`)

// document is the sections as a file. What renders Markdown, other than a chat
// client, joins lines that stand below each other, and lets a list run on.
func (s *story) document() string {
	all := s.sections(UTC)
	for i, text := range all {
		if strings.HasPrefix(text, "**Timeline**\n") {
			text = strings.ReplaceAll(text, "\n`", "\n- `")
		}
		all[i] = strings.TrimSpace(heading.ReplaceAllString(text, "\n$0\n"))
	}
	return strings.Join(all, "\n\n")
}

func (s *story) summary() string {
	in := s.in
	text := fmt.Sprintf("**Summary.** It was %s. ", in.Asked.Debrief.Was)
	n := s.measured()
	switch in.Ending.Outcome {
	case round.Resolved:
		text += s.resolved(n)
		switch {
		case in.Onset.IsZero():
			text += "; no sample was bad"
		case !in.Good.Before(in.Onset): // which only an old ledger says
			text += "; the outage lasted " + round.Spell(n.Outage)
		}
		text += "."
	case round.TimedOut:
		text += "Nobody repaired it in time, and the bot rolled it back. " + in.Ending.Say
	case round.Aborted:
		text += "It was ended early, and the bot rolled it back."
		if in.Ending.Say != "" {
			text += " Reason: " + strings.TrimSuffix(in.Ending.Say, ".") + "."
		}
	default:
		text += "The exercise itself failed, and the bot rolled it back; that says nothing about the player. " + in.Ending.Say
	}
	return strings.TrimSpace(text)
}

// Unaided says of an incident that nobody was seen to repair how it ended. It is
// half a sentence: how long the outage lasted follows.
const Unaided = "As far as the trail tells, it ended by itself (it need not tell all that is done over `ssh` or `psql`)"

// resolved says whose doing the end was. Who did nothing gets no credit.
func (s *story) resolved(n Numbers) string {
	service, known := s.session()
	switch {
	case !s.acted:
		return Unaided
	case len(s.fix) == 0 && service != "":
		return fmt.Sprintf("It was over %s after the page; what was done over `%s` before that is not seen", round.Spell(n.TTR), service)
	case len(s.fix) == 0:
		return fmt.Sprintf("It was over %s after the page, and no known repair was seen before that", round.Spell(n.TTR))
	case known:
		return fmt.Sprintf("%s repaired it %s after the page, probably over `%s`", Plain(s.player.Name), round.Spell(n.TTR), service)
	default:
		return fmt.Sprintf("%s repaired it %s after the page", Plain(s.player.Name), round.Spell(n.TTR))
	}
}

// moves tells what counted and what did not. What the player did comes first.
func (s *story) moves() string {
	d := s.in.Asked.Debrief
	var b strings.Builder
	if s.in.Ending.Outcome == round.Resolved {
		b.WriteString("**What fixes it**")
	} else {
		b.WriteString("**What would have fixed it**")
	}
	for _, m := range d.Fixes {
		fmt.Fprintf(&b, "\n- %s", m.Says)
	}
	if len(d.Wrong) > 0 {
		b.WriteString("\n**What does not**")
		for _, m := range d.Wrong {
			fmt.Fprintf(&b, "\n- %s", m.Says)
		}
	}
	return b.String()
}
