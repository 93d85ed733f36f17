package discord

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/round"
)

// folder folds one event after the other, and says what is to be done.
func folder(t *testing.T, v *view) func(round.Kind, any) []step {
	n := uint64(0)
	return func(kind round.Kind, data any) []step {
		t.Helper()
		n++
		e := entry{at: time.Duration(n) * time.Minute, by: master, kind: kind, data: data}.event(t)
		e.Seq = n
		steps, err := v.fold(e)
		if err != nil {
			t.Fatal(err)
		}
		return steps
	}
}

// TestTheStartIsToldWhenItIsKnown: everybody reads when the round starts, not
// before that can be said, once, and anew only when it changes noticeably.
func TestTheStartIsToldWhenItIsKnown(t *testing.T) {
	v := newView()
	fold := folder(t, v)
	until := start.Add(20 * time.Minute)
	asked := round.ProvisionAsked{Player: ana, Stage: "classic", Expires: start.Add(4 * time.Hour), Attempt: 1}
	about := func(t time.Time) string { return "**R7** starts about " + clocks(t) + ", with ana on call." }
	for _, c := range []struct {
		kind round.Kind
		data any
		want string // of the card in the channel for everybody; empty: there is none
	}{
		{round.ProvisionRequested, asked, ""},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 1, Total: 61}, ""},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 2, Total: 61, Until: until}, about(until)},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 3, Total: 61, Until: until.Add(59 * time.Second)}, about(until)},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 4, Total: 61}, about(until)},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 5, Total: 61, Until: until.Add(-time.Minute)}, about(until.Add(-time.Minute))},
		{round.ProvisionFailed, round.Failure{Attempt: 1, Say: "No."}, "**R7** is late, with ana on call."},
		{round.ProvisionRequested, asked, "**R7** is late, with ana on call."},
		{round.ProvisionProgressed, round.Progress{Phase: "network", Done: 6, Total: 61, Until: until}, about(until)},
		{round.ProvisionDone, round.Provisioned{}, "**R7 has started**, with ana on call."},
		{round.DestroyRequested, round.DestroyAsked{Attempt: 1}, "**R7** has ended."},
		{round.DestroyDone, round.Destroyed{}, "**R7** has ended."},
	} {
		var card *card
		for _, s := range fold(c.kind, c.data) {
			if s.card != nil && s.card.place.channel == alerts {
				card = s.card
			}
		}
		got := ""
		if card != nil {
			got = card.draw().text
		}
		if got != c.want {
			t.Errorf("after %s everybody reads %q, want %q", c.kind, got, c.want)
		}
	}
	if n := len(v.cards()); n != 2 {
		t.Errorf("%d cards may still change after a restart, want 2", n)
	}
	v = newView()
	fold = folder(t, v)
	fold(round.ProvisionRequested, asked)
	fold(round.ProvisionProgressed, round.Progress{Until: until})
	fold(round.DestroyRequested, round.DestroyAsked{Attempt: 1})
	if got := v.last.start.draw().text; got != "**R7** does not take place." {
		t.Errorf("of a round that never was, everybody reads %q", got)
	}
}

func clocks(t time.Time) string {
	return strings.ReplaceAll("<t:N:t> (<t:N:R>)", "N", strconv.FormatInt(t.Unix(), 10))
}

// TestAStuckRoundPagesItsAdmin once for each failure that stays, with a button
// that ends it.
func TestAStuckRoundPagesItsAdmin(t *testing.T) {
	fold := folder(t, newView())
	asked := round.ProvisionAsked{Player: ana, Stage: "classic", Expires: start.Add(4 * time.Hour), Attempt: 1, Cost: round.Cost{Known: true, PerHour: 0.31}}
	fold(round.ProvisionRequested, asked)
	failed := func(n, of int, say string, last bool) round.Failure {
		f := round.Failure{Attempt: n, Of: of, Say: say, Ref: "0000aaaa"}
		if !last {
			f.RetryAt = start.Add(time.Hour)
		}
		return f
	}
	for _, c := range []struct {
		f    round.Failure
		want string // of the page; empty: it is edited only
	}{
		{failed(1, 3, "No capacity.", false), "<@" + master.ID + "> **R7 is stuck.** No capacity. That was try 1 of 3. Trying again <t:1795455300:R>. Details for the operator: ref 0000aaaa. Meanwhile what there is of it costs up to $0.31 an hour."},
		{failed(2, 3, "No capacity.", false), ""},
		{failed(2, 3, "A quota.", false), "That was try 2 of 3."},
		{failed(3, 3, "A quota.", true), "That was try 3 of 3. It is not tried again by itself; `/destroy` removes what there is."},
		{failed(1, 0, "Port 22 would be open.", true), "Port 22 would be open. It is not tried again"},
	} {
		var page *message
		var card message
		for _, s := range fold(round.ProvisionFailed, c.f) {
			if s.line != nil && s.place.channel == operations {
				page = s.line
			} else if s.card != nil {
				card = s.card.draw()
			}
		}
		if strings.Contains(card.text, "<@") || len(card.buttons) != 1 || card.buttons[0].ID != "destroy:R7" {
			t.Errorf("%+v: the card shows %+v", c.f, card)
		}
		switch {
		case page == nil && c.want != "":
			t.Errorf("%+v pages nobody", c.f)
		case page == nil:
		case c.want == "":
			t.Errorf("%+v pages once more: %s", c.f, page.text)
		case !strings.Contains(page.text, c.want) || len(page.ping) != 1 || page.ping[0] != master.ID || len(page.buttons) != 1:
			t.Errorf("%+v pages %+v, want %q", c.f, page, c.want)
		}
		fold(round.ProvisionRequested, asked)
	}
}

// TestTheLookAtAPlayer: whoever can be written to is told of, and for whom not,
// the other way to the keys is.
func TestTheLookAtAPlayer(t *testing.T) {
	t.Parallel()
	g := newGuild(t)
	b, err := New(g.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.session.Client.CloseIdleConnections()
	before := len(g.Texts())
	for id, want := range map[string]round.CheckState{ana.ID: round.CheckOK, "1271000000000000999": round.CheckWarns} {
		found, err := b.Look(within(t), round.Spec{}, round.Person{ID: id, Name: "ana"})
		if err != nil || len(found.Checks) != 1 || found.Checks[0].State != want || !strings.Contains(found.Checks[0].Says, "`/credentials`") {
			t.Errorf("%s: %+v, %v; want %s", id, found, err, want)
		}
	}
	if n := len(g.Texts()) - before; n != 0 {
		t.Errorf("%d messages were written", n)
	}
}
