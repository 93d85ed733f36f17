package commands

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Reply is an answer to a call. It may hold a secret: never log one.
type Reply struct {
	Text      string
	Ephemeral bool // only the caller sees it
	Buttons   []Button
	Embeds    []Embed
}

// Embed is a coloured box under a message.
type Embed struct {
	Title string
	URL   string
	Text  string
	Color int // 0xRRGGBB
	Foot  string
}

// Look is a button's colour.
type Look int

// The looks.
const (
	Plain Look = iota
	Primary
	Danger
)

// Button is something to press under a message.
type Button struct {
	Label    string
	ID       string // verb:arg
	Look     Look
	Disabled bool
}

// AckButton acknowledges the open incident.
func AckButton(incident string) Button {
	return Button{Label: "Acknowledge", ID: pressAck.Verb + ":" + incident, Look: Primary}
}

// HintButton asks for the incident's next hint.
func HintButton(incident string) Button {
	return Button{Label: "Hint", ID: pressHint.Verb + ":" + incident}
}

// RevealButton shows the caller's access to a round, once.
func RevealButton(round string) Button {
	return Button{Label: "Show once", ID: pressReveal.Verb + ":" + round, Look: Primary}
}

// DestroyButton closes a round.
func DestroyButton(round string) Button {
	return Button{Label: "Destroy", ID: pressDestroy.Verb + ":" + round, Look: Danger}
}

// Limits of Discord, in characters.
const (
	TextLimit   = 2000
	choiceLimit = 100
	buttonLimit = 100 // of its id
	choiceCount = 25
)

// Tell makes a reply that only the caller sees, formatted as by fmt.Sprintf.
func Tell(format string, args ...any) Reply {
	return Reply{Text: Cut(fmt.Sprintf(format, args...), TextLimit), Ephemeral: true}
}

// Cut shortens s to at most n characters, with a visible mark.
func Cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// Clock writes a moment as each reader's own clock shows it.
func Clock(t time.Time) string { return fmt.Sprintf("<t:%d:t>", t.Unix()) }

// Due writes when something is expected, after these words; nothing, when that
// is not known.
func Due(words string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s %s (%s)", words, Clock(t), Ago(t))
}

// Ago writes a moment as "in 5 minutes" or "10 seconds ago".
func Ago(t time.Time) string { return fmt.Sprintf("<t:%d:R>", t.Unix()) }
