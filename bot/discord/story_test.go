package discord

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

var (
	ana    = round.Person{ID: "1271000000000000102", Name: "ana"}
	master = round.Person{ID: "1271000000000000101", Name: "gamemaster"}
	bot    = round.Person{Name: "bot"}
	start  = time.Date(2026, 11, 23, 16, 35, 0, 0, time.UTC)
)

// entry is one event of a story: how long after the start, who, what.
type entry struct {
	at   time.Duration
	by   round.Person
	inc  round.IncidentID
	kind round.Kind
	data any
}

func (en entry) event(t testing.TB) round.Event {
	t.Helper()
	e := round.Event{Round: "R7", Incident: en.inc, At: start.Add(en.at), Actor: en.by, Kind: en.kind}
	if en.data != nil {
		raw, err := json.Marshal(en.data)
		if err != nil {
			t.Fatal(err)
		}
		e.Data = raw
	}
	return e
}

const errorRatio = "ShopErrorRatioHigh"

func firing(name string, began time.Duration) round.Alert {
	return round.Alert{Fingerprint: "f-" + name, Group: "g-" + name, Name: name, Severity: "critical", Summary: "every order fails at 10.0.3.7",
		Runbook: "https://example.org/runbook", StartsAt: start.Add(began), Firing: true}
}

func resolved(a round.Alert, ended time.Duration) round.Alert {
	a.Firing, a.EndsAt = false, start.Add(ended)
	return a
}

// secretFault holds every word that nobody may read before the end.
func secretFault() round.FaultAsked {
	return round.FaultAsked{
		Scenario: "zebra-scenario", Title: "zebra title", Fault: round.Fault{Kind: "zebra-revoke", Params: map[string]string{"zebra": "zebra"}},
		Receipt: json.RawMessage(`{"zebra":"sg-zebra"}`), Blast: "1 zebra", Expect: []string{errorRatio},
		Onset: 20 * time.Second, Page: 31 * time.Second, Hold: 45 * time.Second, Limit: 15 * time.Minute,
		Debrief: round.Debrief{Was: "a zebra that went missing", Why: "zebra", Fixes: []round.Move{{Name: "zebra", Says: "zebra"}}},
	}
}

// wholeRound is a round as it should read, from the first event to the last.
func wholeRound() []entry {
	keys := round.CredentialsGiven{Person: ana, User: "r7-ana", Expires: start.Add(3 * time.Hour)}
	m, s := time.Minute, time.Second
	return []entry{
		{0, master, "", round.ProvisionRequested, round.ProvisionAsked{Guild: "1", Player: ana, Stage: "classic", Expires: start.Add(3 * time.Hour), Attempt: 1}},
		{s, bot, "", round.ProvisionProgressed, round.Progress{Phase: "network", Done: 4, Total: 61}},
		{2 * s, bot, "", round.ProvisionProgressed, round.Progress{Phase: "database", Done: 38, Total: 61, PerHour: 0.31}},
		{3 * s, bot, "", round.CredentialsRequested, round.CredentialsAsked{Person: ana, Role: round.Player, User: "r7-ana"}},
		{4 * s, bot, "", round.CredentialsIssued, keys},
		{4*m + 10*s, bot, "", round.ProvisionDone, round.Provisioned{Outputs: round.Outputs{Shop: "http://10.0.0.9/"}}},
		{5 * m, ana, "", round.CredentialsRevealed, keys},
		{6 * m, master, "INC-3", round.FaultRequested, secretFault()},
		{6*m + s, bot, "INC-3", round.FaultInjected, nil},
		{6*m + 21*s, bot, "INC-3", round.OnsetObserved, round.Onset{Probe: "orders", Say: "every order fails", At: start.Add(6*m + 21*s)}},
		{6*m + 31*s, bot, "INC-3", round.AlertFired, firing(errorRatio, 6*m+24*s)},
		{6*m + 40*s, bot, "INC-3", round.AlertFired, firing("ShopLatencyHigh", 6*m+35*s)},
		{7*m + 2*s, ana, "INC-3", round.Acknowledged, nil},
		{8 * m, ana, "INC-3", round.CallObserved, round.Call{EventID: "1", At: start.Add(8 * m), Service: "ecs", Action: "DescribeServices", User: "r7-ana", ReadOnly: true}},
		{9 * m, ana, "INC-3", round.HintTaken, round.Hint{N: 1, Of: 3, Text: "which of the shop's two dependencies does a failing order wait for?"}},
		{9*m + 10*s, ana, "INC-3", round.NoteAdded, round.Note{Text: "new connections to 10.0.3.7 hang, old ones still work"}},
		{10 * m, ana, "INC-3", round.ClaimMade, round.Claim{Say: "every order fails (needs under 2 %)"}},
		{10*m + 20*s, bot, "INC-3", round.RecoveryObserved, round.Recovery{At: start.Add(10*m + 20*s)}},
		{10*m + 22*s, ana, "INC-3", round.CallObserved, round.Call{EventID: "2", At: start.Add(10*m + 18*s), Service: "ec2", Action: "AuthorizeSecurityGroupIngress", User: "r7-ana"}},
		{10*m + 25*s, bot, "INC-3", round.RecoveryLost, round.Recovery{At: start.Add(10*m + 25*s)}},
		{10*m + 38*s, bot, "INC-3", round.RecoveryObserved, round.Recovery{At: start.Add(10*m + 38*s)}},
		{10*m + 50*s, bot, "INC-3", round.AlertResolved, resolved(firing(errorRatio, 6*m+24*s), 10*m+50*s)},
		{11*m + 23*s, bot, "INC-3", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1}},
		{11*m + 24*s, bot, "INC-3", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1}},
		{11*m + 40*s, bot, "", round.AlertResolved, resolved(firing("ShopLatencyHigh", 6*m+35*s), 11*m+40*s)},
		{20 * m, bot, "", round.AlertFired, firing("InventoryDown", 20*m)},
		{21 * m, bot, "", round.AlertResolved, resolved(firing("InventoryDown", 20*m), 21*m)},
		{150 * m, bot, "", round.LifetimeWarned, round.Warning{Left: 30 * m}},
		{155 * m, master, "", round.DestroyRequested, round.DestroyAsked{Why: "command", Attempt: 1}},
		{155*m + s, bot, "", round.DestroyProgressed, round.Progress{Phase: "network", Done: 40, Total: 61, Until: start.Add(158 * m), PerHour: 0.31}},
		{156 * m, bot, "", round.DestroyFailed, round.Failure{Attempt: 1, Ref: "8f2c1a7b", Say: "The stack could not be removed completely.", RetryAt: start.Add(157 * m)}},
		{157 * m, bot, "", round.DestroyRequested, round.DestroyAsked{Why: "command", Attempt: 2}},
		{158 * m, bot, "", round.CredentialsRevoked, keys},
		{159 * m, bot, "", round.DestroyDone, round.Destroyed{Removed: 61}},
	}
}

// endlessRound goes wrong wherever it can.
func endlessRound() []entry {
	m, s := time.Minute, time.Second
	keys := round.CredentialsGiven{Person: ana, User: "r7-ana", Expires: start.Add(3 * time.Hour)}
	asked := round.ProvisionAsked{Guild: "1", Player: ana, Stage: "classic", Expires: start.Add(3 * time.Hour), Attempt: 1}
	return []entry{
		{0, master, "", round.ProvisionRequested, asked},
		{m, bot, "", round.ProvisionFailed, round.Failure{Attempt: 1, Of: 3, Ref: "0000aaaa", Say: "The stack could not be built.", RetryAt: start.Add(2 * m)}},
		{2 * m, master, "", round.ProvisionRequested, asked},
		{3 * m, bot, "", round.CredentialsIssued, keys},
		{4 * m, bot, "", round.ProvisionDone, round.Provisioned{}},
		{5 * m, bot, "", round.CredentialsIssued, keys}, // after a restart
		{6 * m, master, "INC-4", round.FaultRequested, secretFault()},
		{7 * m, bot, "INC-4", round.RollbackRequested, round.Ending{Outcome: round.Failed, Say: "The fault showed no effect: no alert came within 31 s.", Attempt: 1}},
		{8 * m, bot, "INC-4", round.RollbackFailed, round.Failure{Attempt: 1, Ref: "0000bbbb", Say: "The fault could not be rolled back.", RetryAt: start.Add(9 * m)}},
		{9 * m, bot, "INC-4", round.RollbackDone, round.Ending{Outcome: round.Failed, Say: "The fault showed no effect: no alert came within 31 s.", Attempt: 2}},
		{10 * m, master, "INC-5", round.FaultRequested, secretFault()},
		{11 * m, bot, "INC-5", round.AlertFired, firing(errorRatio, 11*m)},
		{12 * m, master, "INC-5", round.RollbackDone, round.Ending{Outcome: round.Aborted, Say: "bored"}},
		{12*m + 5*s, bot, "", round.AlertResolved, resolved(firing(errorRatio, 11*m), 12*m+5*s)},
		// It is over before anybody did anything: a look, a call that AWS refused, and one that came too late.
		{12*m + 10*s, master, "INC-6", round.FaultRequested, secretFault()},
		{12*m + 20*s, bot, "INC-6", round.OnsetObserved, round.Onset{Say: "every order fails", At: start.Add(12*m + 20*s)}},
		{12*m + 22*s, bot, "INC-6", round.AlertFired, firing(errorRatio, 12*m+20*s)},
		{12*m + 22*s, bot, "INC-6", round.CallObserved, round.Call{EventID: "0", At: start.Add(6 * m), Service: "ec2", Action: "StopInstances"}},
		{12*m + 23*s, ana, "INC-6", round.CallObserved, round.Call{EventID: "1", At: start.Add(12*m + 23*s), Service: "ecs", Action: "DescribeServices", ReadOnly: true}},
		{12*m + 24*s, ana, "INC-6", round.CallObserved, round.Call{EventID: "2", At: start.Add(12*m + 24*s), Service: "ec2", Action: "StartInstances", Error: "IncorrectState"}},
		{12*m + 26*s, bot, "INC-6", round.RecoveryObserved, round.Recovery{At: start.Add(12*m + 26*s)}},
		{12*m + 30*s, ana, "INC-6", round.CallObserved, round.Call{EventID: "3", At: start.Add(12*m + 30*s), Service: "ec2", Action: "StartInstances"}},
		{12*m + 40*s, bot, "INC-6", round.RollbackRequested, round.Ending{Outcome: round.Resolved, Attempt: 1}},
		{12*m + 41*s, bot, "INC-6", round.RollbackDone, round.Ending{Outcome: round.Resolved, Attempt: 1}},
		{13 * m, bot, "", round.DestroyRequested, round.DestroyAsked{Why: "lifetime", Attempt: 1}},
		{14 * m, bot, "", round.DestroyDone, round.Destroyed{Removed: 60, Left: 1, What: []string{"security group"}}},
	}
}

// recorder is a Discord that writes down what it is told.
type recorder struct {
	mu     sync.Mutex
	lines  []string
	nonces map[string]string
	shown  map[string]string // by id: what the message shows now
	sent   int
	fails  func(what, channel string, m message) error
}

func (r *recorder) note(what, where string, m message) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", what, where)
	for _, l := range strings.Split(m.text, "\n") {
		fmt.Fprintf(&b, "    %s\n", l)
	}
	for _, e := range m.embeds {
		for _, l := range strings.Split(e.Text, "\n") {
			fmt.Fprintf(&b, "    | %s\n", l)
		}
	}
	for _, button := range m.buttons {
		fmt.Fprintf(&b, "    [%s]%s %s\n", button.Label, map[bool]string{true: " (off)"}[button.Disabled], button.ID)
	}
	if m.file != nil {
		fmt.Fprintf(&b, "    attached %s: %q\n", m.file.name, m.file.body)
	}
	_, id, _ := strings.Cut(what, " ")
	_, r.shown[id], _ = strings.Cut(b.String(), "\n")
	if len(m.ping) > 0 {
		fmt.Fprintf(&b, "    notifies %s\n", strings.Join(m.ping, ", "))
	}
	r.lines = append(r.lines, b.String())
}

func (r *recorder) post(_ context.Context, channel string, m message, nonce string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(nonce) > 25 {
		return "", &refused{400, 50035, "nonce too long"}
	}
	if r.fails != nil {
		if err := r.fails("post", channel, m); err != nil {
			return "", err
		}
	}
	if id, again := r.nonces[nonce]; again {
		return id, nil
	}
	r.sent++
	id := fmt.Sprintf("m%d", r.sent)
	r.nonces[nonce] = id
	r.note("post "+id, channel, m)
	return id, nil
}

func (r *recorder) edit(_ context.Context, channel, id string, m message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails != nil {
		if err := r.fails("edit", channel, m); err != nil {
			return err
		}
	}
	m.ping = nil
	r.note("edit "+id, channel, m)
	return nil
}

func (r *recorder) direct(_ context.Context, person string) (string, error) { return "@" + person, nil }

func (r *recorder) thread(_ context.Context, channel, on, name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("thread on %s in %s\n    %s\n", on, channel, name))
	return "thread-" + on, nil
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, "")
}

type reporterFunc func(round.IncidentID) (Report, error)

func (f reporterFunc) Report(_ context.Context, id round.IncidentID) (Report, error) { return f(id) }

func someReport(id round.IncidentID) (Report, error) {
	return Report{Title: "Post-mortem " + string(id) + " · zebra title", File: "R7-" + string(id) + ".md", Markdown: "# zebra in account 123456789012",
		Sections: []string{"**Summary.** The zebra went missing from 10.1.2.3.", "**Timeline**\n`16:41:03` fault injected"}}, nil
}

func openLedger(t testing.TB, path string) *ledger.Ledger {
	t.Helper()
	book, err := ledger.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	return book
}

func newRecorder() *recorder {
	return &recorder{nonces: map[string]string{}, shown: map[string]string{}}
}

func announcerOf(book Book, out speaker) *announcer {
	return &announcer{book: book, reports: reporterFunc(someReport), out: out, log: slog.New(slog.DiscardHandler), now: time.Now,
		alerts: "#alerts", operations: "#operations"}
}

// tell runs an announcer over the entries, one after the other, each with time
// for its edits. It returns what was told before each entry's end.
func tell(t *testing.T, book *ledger.Ledger, out *recorder, story []entry) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- announcerOf(book, out).run(ctx) }()
	for _, en := range story {
		out.mu.Lock()
		out.lines = append(out.lines, fmt.Sprintf("--- %s %s\n", en.kind, en.inc))
		out.mu.Unlock()
		if _, err := book.Append(ctx, en.event(t)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(2 * editEvery)
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestStories(t *testing.T) {
	for name, story := range map[string][]entry{"whole": wholeRound(), "endless": endlessRound()} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			out := newRecorder()
			synctest.Test(t, func(t *testing.T) { tell(t, openLedger(t, path), out, story) })
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(out.text()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := out.text(); got != string(want) {
				t.Errorf("the story reads differently; look at the difference and run with -update:\n%s", got)
			}
		})
	}
}

// TestNoSpoilers reads every version of every message: before an incident's
// end, no word of its fault is in any of them.
func TestNoSpoilers(t *testing.T) {
	for name, story := range map[string][]entry{"whole": wholeRound(), "endless": endlessRound()} {
		out := newRecorder()
		path := filepath.Join(t.TempDir(), name)
		synctest.Test(t, func(t *testing.T) { tell(t, openLedger(t, path), out, story) })
		open, seen := false, false
		for _, l := range out.lines {
			switch {
			case strings.HasPrefix(l, "--- "+string(round.FaultRequested)):
				open = true
			case strings.HasPrefix(l, "--- "+string(round.RollbackDone)):
				open = false
			case open && strings.Contains(l, "zebra"):
				t.Errorf("told too early:\n%s", l)
			}
			seen = seen || strings.Contains(l, "zebra")
		}
		if !seen {
			t.Error("what it was is told nowhere, so this test proves nothing")
		}
	}
}

var (
	anAddress = regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`)
	anAccount = regexp.MustCompile(`\b\d{12}\b`)
)

// TestNothingPrivate looks for addresses and account numbers, of which the
// stories' texts hold some.
func TestNothingPrivate(t *testing.T) {
	out := newRecorder()
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) { tell(t, openLedger(t, path), out, wholeRound()) })
	if found := append(anAddress.FindAllString(out.text(), -1), anAccount.FindAllString(out.text(), -1)...); len(found) > 0 {
		t.Errorf("viewers may read %q", found)
	}
}
