package discord

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaotic-good/scenarios/bot/ledger"
	"github.com/chaotic-good/scenarios/bot/round"
)

// tellAll runs an announcer over everything that the book holds, until it has
// nothing to do any more or fails.
func tellAll(t *testing.T, a *announcer) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	time.Sleep(time.Minute)
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func keep(t *testing.T, book *ledger.Ledger, story []entry) {
	t.Helper()
	var events []round.Event
	for _, en := range story {
		events = append(events, en.event(t))
	}
	if _, err := book.Append(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

func (r *recorder) posts() []string {
	var posts []string
	for _, l := range r.lines {
		if first, _, _ := strings.Cut(l, "\n"); strings.HasPrefix(first, "post") {
			posts = append(posts, first)
		}
	}
	return posts
}

// brittle is a book whose n-th write does not happen, as when the bot is killed
// just before it.
type brittle struct {
	*ledger.Ledger
	left int
}

var errKilled = errors.New("killed")

func (b *brittle) SetCursor(ctx context.Context, name string, seq uint64) error {
	if b.left--; b.left == 0 {
		return errKilled
	}
	return b.Ledger.SetCursor(ctx, name, seq)
}

func (b *brittle) SetNote(ctx context.Context, key, value string) error {
	if b.left--; b.left == 0 {
		return errKilled
	}
	return b.Ledger.SetNote(ctx, key, value)
}

// TestKilledAtEveryWrite kills the announcer before each of its writes and
// starts it again: nothing is told twice, left out, out of order, or left as it
// was before.
func TestKilledAtEveryWrite(t *testing.T) {
	whole := func(t *testing.T, kill int) (*recorder, bool) {
		out := newRecorder()
		path := filepath.Join(t.TempDir(), "ledger.db")
		killed := false
		synctest.Test(t, func(t *testing.T) {
			book := openLedger(t, path)
			keep(t, book, wholeRound())
			err := tellAll(t, announcerOf(&brittle{book, kill}, out))
			if killed = errors.Is(err, errKilled); err != nil && !killed {
				t.Fatal(err)
			}
			if err := tellAll(t, announcerOf(book, out)); err != nil {
				t.Fatal(err)
			}
		})
		return out, killed
	}
	want, _ := whole(t, 0)
	n := 1
	for ; ; n++ {
		got, killed := whole(t, n)
		if !slices.Equal(got.posts(), want.posts()) {
			t.Errorf("killed at write %d, it posted\n%s\nwant\n%s", n, strings.Join(got.posts(), "\n"), strings.Join(want.posts(), "\n"))
		}
		if !maps.Equal(got.shown, want.shown) {
			t.Errorf("killed at write %d, the messages end as\n%q\nwant\n%q", n, got.shown, want.shown)
		}
		if !killed {
			break
		}
	}
	if n < 40 {
		t.Errorf("only %d writes were tried; the test is not what it seems", n)
	}
}

// TestClosedDirect: no direct message can be sent, so the words go elsewhere,
// without a secret, and the person is told where.
func TestClosedDirect(t *testing.T) {
	out := newRecorder()
	out.fails = func(_, channel string, _ message) error {
		if strings.HasPrefix(channel, "@") {
			return fmt.Errorf("post a message: %w", &refused{403, 50007, "Cannot send messages to this user"})
		}
		return nil
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		book := openLedger(t, path)
		keep(t, book, wholeRound())
		if err := tellAll(t, announcerOf(book, out)); err != nil {
			t.Fatal(err)
		}
	})
	got := out.text()
	for _, want := range []string{
		"#operations\n    ana takes no direct messages.",
		"#alerts\n    <@" + ana.ID + "> your access to **R7** is ready. Type `/credentials` here; only you will see the answer.\n    notifies " + ana.ID,
		"**R7 is destroyed.**",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("nobody reads %q:\n%s", want, got)
		}
	}
}

// TestPoison: messages that Discord will never take are marked and left out;
// the rest is told.
func TestPoison(t *testing.T) {
	out := newRecorder()
	out.fails = func(what, _ string, m message) error {
		if strings.Contains(m.text, "hint 1") || what == "edit" && strings.Contains(m.text, "is destroyed") {
			return fmt.Errorf("post a message: %w", &refused{400, 50035, "Invalid Form Body"})
		}
		return nil
	}
	var log bytes.Buffer
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		book := openLedger(t, path)
		keep(t, book, wholeRound())
		a := announcerOf(book, out)
		a.log = slog.New(slog.NewTextHandler(&log, nil))
		if err := tellAll(t, a); err != nil {
			t.Fatal(err)
		}
		var hint uint64
		for i, en := range wholeRound() {
			if en.kind == round.HintTaken {
				hint = uint64(i + 1)
			}
		}
		if _, marked, err := book.Note(t.Context(), fmt.Sprintf("skipped:%d:a", hint)); err != nil || !marked {
			t.Errorf("no mark where the hint was left out (%v)", err)
		}
	})
	if got := out.text(); strings.Contains(got, "hint 1") || !strings.Contains(got, "ana notes") || !strings.Contains(got, "**R7 is over**") {
		t.Errorf("the rest was not told:\n%s", got)
	}
	if !strings.Contains(log.String(), "50035") {
		t.Errorf("the operator is not told why:\n%s", &log)
	}
}

// TestStorm: hundreds of alerts of one group are one message and few edits.
func TestStorm(t *testing.T) {
	out := newRecorder()
	path := filepath.Join(t.TempDir(), "ledger.db")
	story := wholeRound()[:8]
	for i := range 400 {
		a := firing(errorRatio, 6*time.Minute)
		a.Fingerprint, a.Group = fmt.Sprint(i), "one group"
		story = append(story, entry{7 * time.Minute, bot, "INC-3", round.AlertFired, a})
	}
	synctest.Test(t, func(t *testing.T) {
		book := openLedger(t, path)
		keep(t, book, story)
		if err := tellAll(t, announcerOf(book, out)); err != nil {
			t.Fatal(err)
		}
	})
	var posts, edits int
	for _, l := range out.lines {
		if strings.Contains(l, "#alerts") && strings.HasPrefix(l, "post") {
			posts++
		} else if strings.Contains(l, "#alerts") {
			edits++
		}
	}
	if posts != 1 || edits > 3 {
		t.Errorf("%d messages and %d edits", posts, edits)
	}
	if last := out.lines[len(out.lines)-1]; !strings.Contains(last, "(400 of 400 firing)") || !strings.Contains(last, "… and 395 more.") {
		t.Errorf("the message ends as\n%s", last)
	}
}

// TestOldMessage: a message that is too old to be edited moves on to a new one.
func TestOldMessage(t *testing.T) {
	out := newRecorder()
	out.fails = func(what, _ string, m message) error {
		if what == "edit" && strings.Contains(m.text, "being destroyed") {
			return fmt.Errorf("edit: %w", &refused{400, codeManyEdits, "Maximum number of edits"})
		}
		return nil
	}
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) { tell(t, openLedger(t, path), out, wholeRound()) })
	if !strings.Contains(out.text(), "#operations\n    **R7 is being destroyed** · begun <t:1795461000:R> · about $0.31 an hour\n--- destroy.progressed") {
		t.Errorf("the message did not move on:\n%s", out.text())
	}
}

// TestNoReport: a post-mortem that cannot be written stops nothing.
func TestNoReport(t *testing.T) {
	out := newRecorder()
	path := filepath.Join(t.TempDir(), "ledger.db")
	synctest.Test(t, func(t *testing.T) {
		book := openLedger(t, path)
		keep(t, book, wholeRound())
		a := announcerOf(book, out)
		a.reports = reporterFunc(func(round.IncidentID) (Report, error) { return Report{}, errors.New("no such incident at 10.0.0.1") })
		if err := tellAll(t, a); err != nil {
			t.Fatal(err)
		}
	})
	if got := out.text(); !strings.Contains(got, "The post-mortem of **INC-3** could not be written. Ref ") || !strings.Contains(got, "**R7 is over**") {
		t.Errorf("told:\n%s", got)
	}
}

func TestPaginate(t *testing.T) {
	para := strings.Repeat("word ", 30)
	tests := map[string][]string{
		"nothing":    nil,
		"short":      {"one", "two"},
		"paragraphs": {strings.Repeat(para+"\n\n", 9)},
		"lines":      {strings.Repeat(para+"\n", 9)},
		"words":      {strings.Repeat(para, 9)},
		"one word":   {strings.Repeat("x", 999)},
		"code":       {"```sh\n" + strings.Repeat("echo hello\n", 60) + "```\nafter"},
		"mixed":      {"a", para + para, "", strings.Repeat(para+"\n\n", 3), "z"},
	}
	for name, sections := range tests {
		t.Run(name, func(t *testing.T) {
			const limit = 200
			pages := paginate(sections, limit)
			for i, p := range pages {
				if length(p) > limit+30 || p == "" {
					t.Errorf("page %d has %d characters", i, length(p))
				}
				if strings.Count(p, "```")%2 != 0 {
					t.Errorf("page %d leaves a block open:\n%s", i, p)
				}
			}
			squeeze := func(s string) string {
				return strings.Join(strings.Fields(strings.NewReplacer("```sh", "", "```", "").Replace(s)), "")
			}
			if got, want := squeeze(strings.Join(pages, "")), squeeze(strings.Join(sections, "")); got != want {
				t.Errorf("pages hold %q, want %q", got, want)
			}
		})
	}
	if got := paginate([]string{"one", "two"}, 200); len(got) != 1 || got[0] != "one\n\ntwo" {
		t.Errorf("short sections are not put together: %q", got)
	}
}
