package discord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// anaCalls is ana where the engine is asked without Discord.
var anaCalls = round.Caller{Person: ana, Guild: "1271000000000000001", Roles: []round.Role{round.Player}}

// absences are the ways in which Discord can be away. Each begins in the middle
// of an incident and ends five minutes later.
var absences = map[string]struct{ begin, end func(w *terrarium) }{
	"every answer is 500":        weather(localdiscord.Weather{Status: 500}),
	"502, but it acts":           weather(localdiscord.Weather{Status: 502, Acts: true}),
	"429 for 22 minutes":         weather(localdiscord.Weather{Status: 429, RetryAfter: 1336 * time.Second}),
	"429 for all, for an hour":   weather(localdiscord.Weather{Status: 429, RetryAfter: time.Hour, Global: true}),
	"slow":                       weather(localdiscord.Weather{Slow: 10 * time.Second}),
	"slower than the bot waits":  weather(localdiscord.Weather{Slow: 20 * time.Second}),
	"half-open":                  weather(localdiscord.Weather{Mute: true}),
	"half-open, but it acts":     weather(localdiscord.Weather{Mute: true, Acts: true}),
	"the gateway closes":         {func(w *terrarium) { w.CloseGateway(4000) }, func(w *terrarium) { w.CloseGateway(0) }},
	"the gateway refuses":        {func(w *terrarium) { w.RefuseGateway(true) }, func(w *terrarium) { w.RefuseGateway(false) }},
	"the gateway says nothing":   {func(w *terrarium) { w.Silent(true) }, func(w *terrarium) { w.Silent(false) }},
	"the network is unplugged":   {func(w *terrarium) { w.discord.unplug(true) }, func(w *terrarium) { w.discord.unplug(false) }},
	"all of it says nothing":     {func(w *terrarium) { w.Silent(true); w.Weather(localdiscord.Weather{Mute: true}) }, func(w *terrarium) { w.Silent(false); w.Weather(localdiscord.Weather{}) }},
	"REST 500, and no gateway":   {func(w *terrarium) { w.RefuseGateway(true); w.Weather(localdiscord.Weather{Status: 500}) }, func(w *terrarium) { w.RefuseGateway(false); w.Weather(localdiscord.Weather{}) }},
	"the network drops for once": {func(w *terrarium) { w.discord.unplug(true); w.discord.unplug(false) }, func(*terrarium) {}},
}

func weather(bad localdiscord.Weather) (a struct{ begin, end func(w *terrarium) }) {
	a.begin = func(w *terrarium) { w.Weather(bad) }
	a.end = func(w *terrarium) { w.Weather(localdiscord.Weather{}) }
	return a
}

// catchUp is how long after Discord's return everything has been told.
const catchUp = 90 * time.Second

// TestDiscordAway plays one incident on a calm day, and then once for each way
// in which Discord can be away in the middle of it. The incident goes on all the
// same; afterwards the channels read as on the calm day: nothing is lost, told
// twice or out of order, and every message that changes is in its newest state.
func TestDiscordAway(t *testing.T) {
	var calm told
	t.Run("a calm day", func(t *testing.T) {
		underGlass(t, func(t *testing.T, w *terrarium) {
			calm = playIncident(t, w, func(*terrarium) {}, func(*terrarium) {})
		})
		all := strings.Join(calm.messages, "\n")
		for _, want := range []string{errorRatio, "ShopLatencyHigh", "what do failing orders wait for?", "has waited for 2 min", "Not yet.", "**INC-1 is resolved.**", "**Timeline**", "InventoryDown"} {
			if !strings.Contains(all, want) {
				t.Errorf("nobody reads %q, so this test proves less than it seems:\n%s", want, all)
			}
		}
	})
	for name, a := range absences {
		t.Run(name, func(t *testing.T) {
			underGlass(t, func(t *testing.T, w *terrarium) {
				got := playIncident(t, w, a.begin, a.end)
				if !slices.Equal(got.kinds, calm.kinds) {
					t.Errorf("the incident went differently:\n%v\non a calm day\n%v", got.kinds, calm.kinds)
				}
				if !slices.Equal(got.messages, calm.messages) {
					t.Errorf("it was told differently:\n%s", firstDifference(got.messages, calm.messages))
				}
				if strings.Contains(w.log.String(), secretKey) || strings.Contains(w.log.String(), "panic") {
					t.Errorf("the log:\n%s", w.log)
				}
			})
		})
	}
}

func firstDifference(got, want []string) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return fmt.Sprintf("message %d is\n%s\non a calm day\n%s", i, strings.Join(got[i:min(i+1, len(got))], ""), want[i])
		}
	}
	return "there is more than on a calm day: " + strings.Join(got[len(want):], "\n")
}

// told is how an incident went, and what people read of it in the end.
type told struct {
	kinds    []round.Kind
	messages []string
}

// playIncident plays an incident from its injection to its post-mortem.
func playIncident(t *testing.T, w *terrarium, away, back func(*terrarium)) told {
	t.Helper()
	w.types(master, "operations", "provision", map[string]any{"player": ana.ID})
	w.saysYes()
	w.pass(10 * time.Second)
	w.injects(map[string]any{"scenario": "zebra-crash", "variant": "lost"})
	w.pass(5 * time.Second)
	page := w.fires(errorRatio)
	w.pass(7 * time.Second)

	away(w) // everything from here on is heard or done while Discord is not there
	began := time.Now()
	at := func(d time.Duration) { w.pass(d - time.Since(began)) }
	at(10 * time.Second)
	latency := w.fires("ShopLatencyHigh")
	w.tells("firing", page, latency) // and again, in another order
	at(time.Minute)
	w.must(w.engine.Note(t.Context(), anaCalls, "new connections hang"))
	_, _, err := w.engine.Hint(t.Context(), anaCalls)
	w.must("", err)
	at(3 * time.Minute) // two minutes after the page it came once more
	w.must(w.engine.Acknowledge(t.Context(), anaCalls))
	at(200 * time.Second)
	_, _, err = w.engine.Resolve(t.Context(), anaCalls)
	w.must("", err)
	at(209500 * time.Millisecond) // between two looks
	w.hands.set(round.Good)
	at(245 * time.Second) // it held
	w.tells("resolved", latency, page)
	at(270 * time.Second)
	other := w.fires("InventoryDown")
	at(290 * time.Second)
	w.tells("resolved", other)
	at(5 * time.Minute)
	back(w)

	w.pass(catchUp)
	got := told{w.kinds(), w.messages()}
	got.kinds = got.kinds[slices.Index(got.kinds, round.FaultRequested):] // what goes before is made side by side
	for _, status := range w.all {
		if status != 200 {
			t.Errorf("the senders of alerts were answered %v", w.all)
			break
		}
	}
	if m, err := w.as(ana.ID).Ask(within(t), "alerts", "status", nil); err != nil || !strings.Contains(m.Content, "**R1** is ready") {
		t.Errorf("afterwards /status is answered %q, %v", m.Content, err)
	}
	return got
}

func (w *terrarium) must(_ round.IncidentID, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// types types a command and returns what it is answered.
func (w *terrarium) types(as round.Person, channel, name string, options map[string]any) string {
	w.t.Helper()
	m, err := w.as(as.ID).Ask(within(w.t), channel, name, options)
	if err != nil {
		w.t.Fatalf("/%s: %v\n%s", name, err, w.log)
	}
	return m.Content
}

// alarm is an alert as Alertmanager writes it.
type alarm struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
	Fingerprint string            `json:"fingerprint"`
}

// fires lets an alert of this name fire now.
func (w *terrarium) fires(name string) alarm {
	a := alarm{Labels: map[string]string{"alertname": name, "severity": "critical"}, Annotations: map[string]string{"summary": name + " at 10.0.3.7"},
		StartsAt: time.Now().UTC(), Fingerprint: "f-" + name}
	w.tells("firing", a)
	return a
}

// tells notifies the bot of alerts, one group each.
func (w *terrarium) tells(status string, alarms ...alarm) {
	for _, a := range alarms {
		w.notify(notification(a.Labels["alertname"], status, a))
	}
}

// notification is one group as Alertmanager sends it.
func notification(group, status string, alarms ...alarm) string {
	for i := range alarms {
		if alarms[i].Status = status; status == "resolved" {
			alarms[i].EndsAt = time.Now().UTC()
		}
	}
	raw, err := json.Marshal(map[string]any{"version": "4", "groupKey": fmt.Sprintf("{}:{alertname=%q}", group), "status": status,
		"receiver": "bot", "alerts": alarms, "groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{}})
	if err != nil {
		panic(err) // our own types
	}
	return string(raw)
}

// messages is what stands in all channels in the end, oldest first in each, but
// for the answers that only one person sees.
func (w *terrarium) messages() (lines []string) {
	w.t.Helper()
	for _, reader := range []string{master.ID, ana.ID} {
		st, err := w.as(reader).State(within(w.t))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, c := range st.Channels {
			if reader == ana.ID && c.Type != localdiscord.DMChannel {
				continue
			}
			for _, m := range st.Messages[c.ID] {
				if m.EphemeralFor == "" {
					lines = append(lines, fmt.Sprintf("%s: %s", c.Name, shown(m)))
				}
			}
		}
	}
	return lines
}

// shown is a message as its readers see it.
func shown(m localdiscord.Message) string {
	text := m.Content
	for _, e := range m.Embeds {
		text += "\n| " + strings.ReplaceAll(e.Description, "\n", "\n| ")
	}
	for _, b := range m.Buttons() {
		text += fmt.Sprintf("\n[%s]%s", b.Label, map[bool]string{true: " (off)"}[b.Disabled])
	}
	for _, f := range m.Attachments {
		text += fmt.Sprintf("\nattached %s", f.Filename)
	}
	return text
}
