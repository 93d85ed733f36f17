// Package round decides what may happen in a game day, and in what order.
//
// It knows rounds, incidents, scenarios, players, and the time that it is
// told. It does not know Discord, AWS, HTTP, Prometheus or bbolt: requests
// come in as values, events go out to a Ledger, and every act on the world
// goes through one of the small interfaces in ports.go.
package round

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID names a round: R1, R2, ... counted in the whole bot.
type ID string

// IncidentID names an incident: INC-1, INC-2, ... counted in the whole bot.
type IncidentID string

// RoundID returns the name of the n-th round.
func RoundID(n int) ID { return ID("R" + strconv.Itoa(n)) }

// NewIncidentID returns the name of the n-th incident.
func NewIncidentID(n int) IncidentID { return IncidentID("INC-" + strconv.Itoa(n)) }

// Number returns the n of Rn, or 0 for a name that is not a round's.
func (id ID) Number() int { return numberAfter("R", string(id)) }

// Number returns the n of INC-n, or 0 for a name that is not an incident's.
func (id IncidentID) Number() int { return numberAfter("INC-", string(id)) }

func numberAfter(prefix, s string) int {
	digits, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// Role is what a person may do in a guild.
type Role string

// The roles, from most to least allowed. The bot itself acts as Operator.
const (
	Admin    Role = "admin"
	Player   Role = "player"
	Viewer   Role = "viewer"
	Operator Role = "operator"
)

// Person is somebody as the chat service names them.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Caller is a person who asked for something, with the roles that they hold in
// the guild where they asked.
type Caller struct {
	Person
	Guild string
	Roles []Role
}

// Is reports whether the caller holds role.
func (c Caller) Is(role Role) bool {
	for _, r := range c.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Refusal is an error that is shown word for word to the person who asked.
// Every other error is for the operator.
type Refusal struct {
	Rule string // a short name of the rule that said no, for logs and tests
	Say  string // a sentence that one would say aloud

	Passing bool // it may be otherwise a moment later, without anybody asking anew
}

func (r *Refusal) Error() string { return "refused by " + r.Rule + ": " + r.Say }

// Refuse makes a Refusal; the sentence is formatted as by fmt.Sprintf.
func Refuse(rule, format string, args ...any) error {
	return &Refusal{Rule: rule, Say: fmt.Sprintf(format, args...)}
}

// Secret holds a value that must not be printed. Every way in which Go formats,
// logs or encodes it shows a placeholder; only Reveal gives the value.
type Secret struct{ value string }

// NewSecret wraps a value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value. Its callers are few and each shows it to one person
// or hands it to the service that it is for.
func (s Secret) Reveal() string { return s.value }

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return s.value == "" }

const hidden = "(secret)"

func (s Secret) String() string               { return hidden }
func (s Secret) GoString() string             { return hidden }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(hidden)) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Spell writes a duration as a person says it: 31 s, 4 min 7 s, 1 h 19 min.
func Spell(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := int(d/time.Hour), int(d%time.Hour/time.Minute), int(d%time.Minute/time.Second)
	switch {
	case h > 0 && m > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case h > 0:
		return fmt.Sprintf("%d h", h)
	case m > 0 && s > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	case m > 0:
		return fmt.Sprintf("%d min", m)
	default:
		return fmt.Sprintf("%d s", s)
	}
}
