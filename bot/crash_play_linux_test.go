package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// story is how a round goes.
type story string

const (
	whole   story = "whole"                // page, acknowledgement, repair, post-mortem, /destroy
	aborted story = "aborted"              // /abort after the page
	inside  story = "ended in an incident" // /destroy after the page
	early   story = "ended early"          // /destroy while the stack is built
)

// crashRound is a round that people play with a bot that dies all the time. At
// each moment they do what the round needs next, and again when that was lost.
type crashRound struct {
	*rehearsed
	*crasher
	id     round.ID
	story  story
	keys   string // the text that was revealed
	keysOf uint64 // the event by which they were issued
	fixed  map[round.IncidentID]bool
	check  func(context.Context) // before the end
	calm   *untouched            // the stack before the first injection, where that is compared
}

// play plays until the round is closed.
func (p *crashRound) play(ctx context.Context) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var last string
	for {
		var todo string
		grown := p.look(func(s *round.State, all []round.Event) { todo = p.next(s.Rounds[p.id], all) })
		if todo == "closed" {
			return nil
		}
		last = todo
		if act := p.acts()[todo]; act != nil {
			act(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not end by itself; to do was %q", p.id, last)
		case <-grown:
		case <-tick.C:
		}
	}
}

// next says what the round needs, as the people know who play it.
func (p *crashRound) next(r *round.Round, all []round.Event) string {
	switch {
	case r == nil:
		return "provision"
	case r.Phase == round.Closed:
		return "closed"
	case r.Phase == round.Provisioning && p.story == early && r.Progress != nil:
		return "end early"
	case r.Phase != round.Ready:
		return "wait"
	}
	if todo := p.access(r, all); todo != "" {
		return todo
	}
	if r.Open != nil {
		return p.inside(r.Open, all)
	}
	switch n := len(r.Past); {
	case p.story == early: // it was there before anybody could type
		return "end early"
	case n == 0 || r.Past[n-1].Ending.Outcome == round.Failed:
		return "inject"
	}
	return "destroy"
}

// access says what is to be done about the player's keys.
func (p *crashRound) access(r *round.Round, all []round.Event) string {
	issued := issuedLast(all, p.id)
	for _, u := range r.Users {
		switch {
		case !u.Issued:
			return "wait"
		case !u.Revealed:
			return "reveal"
		case p.keys == "" || p.keysOf != issued:
			return "new keys"
		}
	}
	return ""
}

func issuedLast(all []round.Event, id round.ID) (seq uint64) {
	for _, e := range all {
		if e.Round == id && e.Kind == round.CredentialsIssued {
			seq = e.Seq
		}
	}
	return seq
}

// inside says what the open incident needs.
func (p *crashRound) inside(in *round.Incident, all []round.Event) string {
	has := func(kind round.Kind) (n int) {
		for _, e := range all {
			if e.Incident == in.ID && e.Kind == kind {
				n++
			}
		}
		return n
	}
	switch {
	case in.Phase != round.Active || in.Paged.IsZero():
		return "wait"
	case in.Acked.IsZero():
		return "ack"
	case p.story == aborted:
		return "abort"
	case p.story == inside:
		return "end early"
	case has(round.HintTaken) == 0:
		return "hint"
	case has(round.NoteAdded) == 0:
		return "note"
	case !p.fixed[in.ID]:
		return "repair"
	case has(round.ClaimMade) == 0:
		return "resolve"
	}
	return "wait"
}

func (p *crashRound) acts() map[string]func(context.Context) {
	admin := func(name string, options map[string]any) func(context.Context) {
		return func(ctx context.Context) { p.says(ctx, p.admin, "operations", name, options) }
	}
	player := func(name string, options map[string]any) func(context.Context) {
		return func(ctx context.Context) { p.says(ctx, p.player, "alerts", name, options) }
	}
	return map[string]func(context.Context){
		"provision": p.provision,
		"inject":    p.inject,
		"reveal":    p.reveal,
		"new keys":  player("credentials", map[string]any{"new": true}),
		"ack":       p.ack,
		"hint":      player("hint", nil),
		"note":      player("note", map[string]any{"text": "the bot comes and goes"}),
		"repair":    p.mend,
		"resolve":   player("resolve", nil),
		"abort":     admin("abort", map[string]any{"reason": "the bot is not well"}),
		"end early": p.endEarly,
		"destroy":   p.end,
	}
}

// stageName is the stage that the scenario needs.
func (p *crashRound) stageName() string {
	s, _ := p.catalog.Get(p.scenario)
	return stageOf(s)
}

// inject says yes to what /inject shows. Of a bot that dies in between nothing is
// asked any more: it forgot what it showed.
func (p *crashRound) inject(ctx context.Context) {
	if p.about != "" && p.calm == nil {
		calm, ok := p.seen(ctx)
		if !ok {
			return // again in a moment
		}
		p.calm = &calm
	}
	var shown localdiscord.Message
	p.waits(ctx, p.admin, "/inject", func(ctx context.Context) (m localdiscord.Message, err error) {
		m, err = p.admin.Ask(ctx, "operations", "inject", p.fault(map[string]any{}))
		shown = m
		return m, err
	})
	if strings.Contains(textOf(shown), "Wait until") { // the wake of the last injection
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
		}
	}
	if id := buttonOf(shown, "Inject"); id != "" {
		p.waits(ctx, p.admin, "[Inject]", func(ctx context.Context) (localdiscord.Message, error) {
			return p.admin.answered(ctx, shown, id)
		})
	}
}

// provision says yes to what /provision shows, which a bot that dies in between
// forgets.
func (p *crashRound) provision(ctx context.Context) {
	var shown localdiscord.Message
	p.waits(ctx, p.admin, "/provision", func(ctx context.Context) (m localdiscord.Message, err error) {
		m, err = p.admin.Ask(ctx, "operations", "provision", map[string]any{"player": p.player.ID, "stage": p.stageName()})
		shown = m
		return m, err
	})
	if id := buttonOf(shown, "Build"); id != "" {
		p.waits(ctx, p.admin, "[Build]", func(ctx context.Context) (localdiscord.Message, error) {
			return p.admin.answered(ctx, shown, id)
		})
	}
}

// reveal presses the button of the newest message about keys.
func (p *crashRound) reveal(ctx context.Context) {
	st, err := p.player.State(ctx)
	if err != nil {
		return
	}
	var issued uint64
	p.look(func(_ *round.State, all []round.Event) { issued = issuedLast(all, p.id) })
	m, ok := newest(st, func(m localdiscord.Message) bool {
		return buttonOf(m, "Show once") != "" && strings.Contains(textOf(m), string(p.id)+"**")
	})
	if !ok {
		return // it is still to come
	}
	text := p.waits(ctx, p.player, "[Show once]", func(ctx context.Context) (localdiscord.Message, error) {
		return p.player.answered(ctx, m, buttonOf(m, "Show once"))
	})
	if strings.Contains(text, "AWS_SECRET_ACCESS_KEY") {
		p.keys, p.keysOf = text, issued
	}
}

// ack presses the page's button.
func (p *crashRound) ack(ctx context.Context) {
	st, err := p.player.State(ctx)
	if err != nil {
		return
	}
	var in round.IncidentID
	p.look(func(s *round.State, _ []round.Event) {
		if open := s.Rounds[p.id].Open; open != nil {
			in = open.ID
		}
	})
	m, ok := newest(st, func(m localdiscord.Message) bool {
		return buttonOf(m, "Acknowledge") != "" && strings.Contains(textOf(m), "· "+string(in)+" ·")
	})
	if ok {
		p.waits(ctx, p.player, "[Acknowledge]", func(ctx context.Context) (localdiscord.Message, error) {
			return p.player.Click(ctx, m, buttonOf(m, "Acknowledge"))
		})
	}
}

func newest(st localdiscord.State, fits func(localdiscord.Message) bool) (found localdiscord.Message, ok bool) {
	for _, list := range st.Messages {
		for _, m := range list {
			if !m.Loading && fits(m) && (!ok || m.Timestamp.After(found.Timestamp)) {
				found, ok = m, true
			}
		}
	}
	return found, ok
}

// mend repairs with the keys that were revealed, whatever died since then. Keys
// that are not the latest any more may be dead.
func (p *crashRound) mend(ctx context.Context) {
	var in round.IncidentID
	p.look(func(s *round.State, _ []round.Event) {
		if open := s.Rounds[p.id].Open; open != nil {
			in = open.ID
		}
	})
	if err := fixInChild(ctx, p.keys, p.made, p.scenario, p.out); err != nil {
		var issued uint64
		p.look(func(_ *round.State, all []round.Event) { issued = issuedLast(all, p.id) })
		if issued == p.keysOf {
			p.fails("the keys that were revealed do not repair: %v", err)
		}
		return
	}
	p.fixed[in] = true
}

// endEarly says yes where an incident would end with the round.
func (p *crashRound) endEarly(ctx context.Context) {
	var shown localdiscord.Message
	p.waits(ctx, p.admin, "/destroy", func(ctx context.Context) (m localdiscord.Message, err error) {
		m, err = p.admin.Ask(ctx, "operations", "destroy", nil)
		shown = m
		return m, err
	})
	if id := buttonOf(shown, "Destroy"); id != "" {
		p.waits(ctx, p.admin, "[Destroy]", func(ctx context.Context) (localdiscord.Message, error) {
			return p.admin.answered(ctx, shown, id)
		})
	}
}

// end asks for the end of the round once the post-mortem is there.
func (p *crashRound) end(ctx context.Context) {
	st, err := p.player.State(ctx)
	if err != nil {
		return
	}
	var in round.IncidentID
	p.look(func(s *round.State, _ []round.Event) { in = s.Rounds[p.id].Past[len(s.Rounds[p.id].Past)-1].ID })
	for _, c := range st.Channels {
		if c.Type != localdiscord.PublicThread || !strings.Contains(c.Name, string(in)+" ") {
			continue
		}
		for _, m := range st.Messages[c.ID] {
			if strings.Contains(textOf(m), "Numbers.") {
				if p.check != nil {
					p.check(ctx)
				}
				p.says(ctx, p.admin, "operations", "destroy", nil)
				return
			}
		}
	}
}
