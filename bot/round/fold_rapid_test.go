package round_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chaotic-good/scenarios/bot/round"
)

// story is a random history, told to the fold and to the model.
type story struct {
	state *round.State
	model *plain
	kept  []round.Event
	after []*plain // how it stood after each of kept
	at    time.Time
	bad   *round.Event // the latest that was refused
	seen  map[string]int
}

// tell gives one event to both, which must be of one mind.
func (s *story) tell(t *rapid.T, e round.Event, readable bool) {
	s.at = s.at.Add(time.Duration(rapid.Int64Range(0, int64(90*time.Minute)).Draw(t, "later")))
	e.Seq, e.At = uint64(len(s.kept)+1), s.at
	before, want := s.model.clone(), readable && s.model.legal(e)
	err := s.state.Apply(e)
	if (err == nil) != want {
		t.Fatalf("%s: the fold says %v, and the model says that it is legal: %v", spell(e), err, want)
	}
	if err != nil {
		s.seen["illegal"]++
		s.bad = &e
		if !strings.Contains(err.Error(), fmt.Sprintf("event %d of %s", e.Seq, e.Round)) {
			t.Fatalf("%s: the error does not say which event: %v", spell(e), err)
		}
		same(t, spell(e)+", which was refused", s.state, before)
		return
	}
	s.model.take(e)
	s.kept, s.after = append(s.kept, e), append(s.after, s.model.clone())
	s.seen["legal"]++
	phase := s.model.Rounds[e.Round].Phase
	if in := s.model.Rounds[e.Round].Open; in != nil {
		phase += "/" + in.Phase
	}
	s.seen[string(phase)]++
	same(t, spell(e), s.state, s.model)
}

func spell(e round.Event) string {
	return fmt.Sprintf("event %d, %s of %s %s %s", e.Seq, e.Kind, e.Round, e.Incident, e.Data)
}

func same(t *rapid.T, what string, s *round.State, want *plain) {
	got := picture(s)
	if !slices.Equal(got.Order, want.Order) || got.Incidents != want.Incidents {
		t.Fatalf("after %s: rounds %v with %d incidents, want %v with %d", what, got.Order, got.Incidents, want.Order, want.Incidents)
	}
	for _, id := range want.Order {
		a, b := got.Rounds[id], want.Rounds[id]
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("after %s, %s is\n%+v\n%+v\nwant\n%+v\n%+v", what, id, *a, a.Open, *b, b.Open)
		}
	}
}

// The kinds that move a round or an incident, and those that end it: without a
// push, random histories seldom come far. rapid prefers what stands first.
var (
	onward = []round.Kind{
		round.FaultInjected, round.FaultRequested, round.ProvisionDone, round.RollbackDone, round.ProvisionRequested,
		round.RollbackRequested, round.ProvisionFailed,
	}
	ending = []round.Kind{round.DestroyRequested, round.DestroyDone}
	within = slices.DeleteFunc(slices.Clone(kinds), func(k round.Kind) bool { return k == round.DestroyRequested })
)

// legal lists every event that the model would take now, by kind.
func (s *story) legal(kinds []round.Kind) (can []round.Kind, all map[round.Kind][]round.Event) {
	all = map[round.Kind][]round.Event{}
	for _, k := range kinds {
		for _, id := range roundIDs {
			for _, in := range incidentIDs {
				if e := (round.Event{Round: id, Incident: in, Kind: k}); s.model.legal(e) {
					all[k] = append(all[k], e)
				}
			}
		}
		if len(all[k]) > 0 {
			can = append(can, k)
		}
	}
	return can, all
}

// ends are the ends of the rounds, in order.
func (s *story) ends() (all []time.Time) {
	for _, id := range s.model.Order {
		all = append(all, s.model.Rounds[id].Expires)
	}
	return all
}

// next tells a legal event of one of the kinds.
func (s *story) next(t *rapid.T, kinds []round.Kind) {
	can, all := s.legal(kinds)
	if len(can) == 0 {
		t.Skip("there is none")
	}
	e := rapid.SampledFrom(all[rapid.SampledFrom(can).Draw(t, "kind")]).Draw(t, "event")
	e.Actor = rapid.SampledFrom(people).Draw(t, "actor")
	e.Data = encode(t, drawData(t, e.Kind, s.at, s.ends()...))
	s.tell(t, e, true)
}

// any tells whatever kind, mostly of something that is there.
func (s *story) any(t *rapid.T) {
	e := round.Event{
		Round: rapid.SampledFrom(roundIDs).Draw(t, "round"), Kind: rapid.SampledFrom(append(unknown, kinds...)).Draw(t, "kind"),
		Incident: rapid.SampledFrom(incidentIDs).Draw(t, "incident"), Actor: rapid.SampledFrom(people).Draw(t, "actor"),
	}
	if r := s.model.Rounds[e.Round]; r != nil && r.Open != nil && rapid.Bool().Draw(t, "inside") {
		e.Incident = r.Open.ID
	} else if rapid.Bool().Draw(t, "outside") {
		e.Incident = ""
	}
	e.Data = encode(t, drawData(t, e.Kind, s.at, s.ends()...))
	s.tell(t, e, true)
}

// almost tells what the tables alone would take: a fault in place of one that
// has ended, and the end of a round whose incident is open.
func (s *story) almost(t *rapid.T) {
	var all []round.Event
	for _, id := range s.model.Order {
		switch r := s.model.Rounds[id]; {
		case r.Phase == round.Destroying && r.Open != nil:
			all = append(all, round.Event{Round: id, Kind: round.DestroyDone})
		case r.Phase == round.Ready && r.Open == nil:
			for _, in := range incidentIDs {
				if s.model.begun[in] {
					all = append(all, round.Event{Round: id, Kind: round.FaultRequested, Incident: in})
				}
			}
		}
	}
	if len(all) == 0 {
		t.Skip("there is none")
	}
	e := rapid.SampledFrom(all).Draw(t, "event")
	e.Actor, e.Data = people[0], encode(t, drawData(t, e.Kind, s.at, s.ends()...))
	s.tell(t, e, true)
}

// unreadable tells a legal event whose data is damaged: missing, cut off, or
// wrong somewhere behind a beginning that can be read.
func (s *story) unreadable(t *rapid.T) {
	can, all := s.legal(slices.Collect(maps.Keys(damaged)))
	slices.Sort(can) // a map has no order, and a failure is to come again
	if len(can) == 0 {
		t.Skip("all rounds are over")
	}
	e := rapid.SampledFrom(all[rapid.SampledFrom(can).Draw(t, "kind")]).Draw(t, "event")
	whole := encode(t, drawData(t, e.Kind, s.at, s.ends()...))
	e.Data = rapid.SampledFrom([]json.RawMessage{nil, whole[:len(whole)-1], damaged[e.Kind]}).Draw(t, "data")
	s.tell(t, e, false)
}

func encode(t *rapid.T, data any) json.RawMessage {
	if data == nil {
		return nil
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestTheFoldIsWhatTheModelSays walks legal and illegal histories of two
// rounds. What was accepted is accepted again, from the start, from any prefix
// and through JSON, and an engine starts on it; one event that is illegal stops
// the start and is named.
func TestTheFoldIsWhatTheModelSays(t *testing.T) {
	seen := map[string]int{}
	history := func(t *rapid.T) {
		s := &story{state: round.NewState(), model: newPlain(), at: time.Unix(1e9, 0).UTC(), seen: seen}
		t.Repeat(map[string]func(*rapid.T){
			"onward":  func(t *rapid.T) { s.next(t, onward) },
			"further": func(t *rapid.T) { s.next(t, onward) },
			"legal": func(t *rapid.T) {
				for range 6 {
					s.next(t, within)
				}
			},
			"ending": func(t *rapid.T) {
				if rapid.IntRange(0, 7).Draw(t, "end") < 7 {
					t.Skip("not yet")
				}
				s.next(t, ending)
			},
			"any":        func(t *rapid.T) { s.any(t); s.any(t); s.any(t) },
			"almost":     s.almost,
			"unreadable": s.unreadable,
		})
		s.again(t)
		seen["histories"]++
	}
	for range 2 { // they are cheap, and some mistakes need one history in a hundred
		rapid.Check(t, history)
	}
	t.Log(seen)
	for _, phase := range []string{
		"provisioning", "stuck", "ready", "destroying", "closed", "ready/injecting", "ready/active", "ready/rolling_back",
	} {
		if seen[phase] == 0 {
			t.Errorf("no history came to %s", phase)
		}
	}
}

func (s *story) again(t *rapid.T) {
	whole, through := round.NewState(), round.NewState()
	for i, e := range s.kept {
		raw := encode(t, e)
		var read round.Event
		if err := json.Unmarshal(raw, &read); err != nil {
			t.Fatal(err)
		}
		if err := whole.Apply(e); err != nil {
			t.Fatalf("%s is not accepted again: %v", spell(e), err)
		}
		if err := through.Apply(read); err != nil {
			t.Fatalf("%s is not accepted from disk: %v", spell(e), err)
		}
		same(t, "a second reading of "+spell(e), whole, s.after[i])
	}
	if !reflect.DeepEqual(whole, s.state) {
		t.Fatal("a replay gives another state than the events did as they came")
	}
	same(t, "a reading from disk", through, s.model)
	if _, err := round.New(context.Background(), config(&memory{events: s.kept}, newWorld())); err != nil {
		t.Fatalf("no engine starts on what was accepted: %v", err)
	}
	if s.bad == nil {
		return
	}
	// The same event where it came from: behind all that was accepted before it.
	ledger := append(slices.Clone(s.kept[:s.bad.Seq-1]), *s.bad)
	_, err := round.New(context.Background(), config(&memory{events: ledger}, newWorld()))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("event %d of %s", s.bad.Seq, s.bad.Round)) {
		t.Fatalf("an engine started on %s: %v", spell(*s.bad), err)
	}
}
