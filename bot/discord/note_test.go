package discord

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/chaotic-good/scenarios/bot/postmortem"
	"github.com/chaotic-good/scenarios/bot/round"
)

// nasty is whatever a note can hold to do more than be read: it would notify
// people, turn the words around it round, hide some, and end the post-mortem.
const nasty = "@everyone @here <@" + viewer + "> <@!" + viewer + "> <@&1271000000000000012> <#1271000000000000022> \u202egnirts a\u202c \u202ab\u202bc\u202dd " +
	"\u2066e\u2067f\u2068g\u2069 \u200eh\u200fi\u061cj k\u200bl\u200cm\u200dn\u2060o\ufeffp\u00adq \x1b[31mred\x00\x07 `code` ``x`` ||spoiler|| **bold** __u__ ~~s~~ [a](http://example.org) \\` ![b](http://example.org/b.png)\n" +
	"```sh\nrm -rf /\n```\n# heading\n-# small\n> quote\n>>> all\n- [ ] item\n---\n~~~\n<details><script>alert(1)</script>"

// TestANoteOfTenKilobytes is refused with a sentence that says how long it may
// be; one that is long only by what nobody sees has no words at all.
func TestANoteOfTenKilobytes(t *testing.T) {
	underGlass(t, func(t *testing.T, w *terrarium) {
		w.paged()
		w.TakeAnyText(true)
		long := strings.Repeat(nasty, 25)
		if len(long) < 10<<10 {
			t.Fatalf("the note has only %d bytes", len(long))
		}
		for note, want := range map[string]string{
			long:                               "A note has at most 500 characters; yours has ",
			strings.Repeat("x", 10<<10):        "A note has at most 500 characters; yours has 10240. Nothing was kept.",
			strings.Repeat("\u202e", 10<<10):   "A note needs some words.",
			strings.Repeat("\u200b \x00", 999): "A note needs some words.",
			"AKIA\u200bIOSFODNN7EXAMPLE":       "That looks like it holds an access key",
		} {
			if got := w.types(ana, "alerts", "note", map[string]any{"text": note}); !strings.HasPrefix(got, want) {
				t.Errorf("a note of %d bytes is answered %q, want %q", len(note), got, want)
			}
		}
		if n := w.count(round.NoteAdded); n != 0 {
			t.Errorf("%d notes were kept", n)
		}
	})
}

// TestANoteThatWantsMore: everything that a note may not do, in one of the length
// that it may have. It notifies nobody, turns nothing round, and the post-mortem
// is built as with a note of one word.
func TestANoteThatWantsMore(t *testing.T) {
	if n := len([]rune(nasty)); n > 500 {
		t.Fatalf("the note has %d characters and would be refused", n)
	}
	var harmless []string
	for _, note := range []string{"word", nasty} {
		underGlass(t, func(t *testing.T, w *terrarium) {
			w.paged()
			if got := w.types(ana, "alerts", "note", map[string]any{"text": note}); got != "Noted for **INC-1**." {
				t.Fatalf("answered %q", got)
			}
			m := w.sees(ana, "ana notes")
			if m.MentionEveryone || len(m.Mentions)+len(m.MentionRoles) > 0 {
				t.Errorf("it notifies people: %q", m.Content)
			}
			w.hands.set(round.Good)
			w.pass(time.Minute)
			w.sees(ana, "**Timeline**")
			for _, text := range w.Texts() {
				plainlyRead(t, text.Text)
			}
			p, err := postmortem.Write(t.Context(), w.book, "INC-1", postmortem.UTC)
			if err != nil {
				t.Fatal(err)
			}
			got := structure([]byte(p.Markdown))
			if harmless == nil {
				harmless = got
			}
			if !slices.Equal(got, harmless) {
				t.Errorf("the note builds the post-mortem anew:\n%s\n%v\nwant\n%v", p.Markdown, got, harmless)
			}
		})
	}
}

// parsed is what Discord would read as more than words, whatever it is told of
// whom it may notify.
var parsed = regexp.MustCompile(`@everyone|@here|<@!?` + viewer + `>|<@&\d+>|<#\d+>`)

// plainlyRead checks that a text holds nothing that acts. The joiner, with which
// mentions are broken, is the one invisible character in it.
func plainlyRead(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\u200b' && (unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n') {
			t.Errorf("it has %U: %q", r, text)
		}
	}
	if found := parsed.FindString(text); found != "" {
		t.Errorf("it has %q: %q", found, text)
	}
}

// structure is what a Markdown document is built of: its blocks, links and the
// like, without the words and what is set in bold.
func structure(source []byte) (kinds []string) {
	_ = ast.Walk(goldmark.New().Parser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if k := n.Kind(); entering && k != ast.KindText && k != ast.KindString {
			kinds = append(kinds, k.String())
		}
		return ast.WalkContinue, nil
	})
	return kinds
}
