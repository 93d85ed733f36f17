package rehearsal

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/bot/round"
	"github.com/chaotic-good/scenarios/infra"
)

// mostSteps is how many steps of sessions are told in a minute, of one round: a
// script that works in a database must not fill the timeline.
const mostSteps = 60

// sessions tells the trail what people do on the box and in the database. The
// zero value tells nobody.
type sessions struct {
	mu     sync.Mutex
	record func(round string, event map[string]any)
	minute time.Time
	steps  map[string]int // by round, in that minute
}

func (s *sessions) open(record func(string, map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = record
}

func (s *sessions) tell(id string, step infra.Session) {
	s.mu.Lock()
	if now := time.Now().Truncate(time.Minute); !now.Equal(s.minute) {
		s.minute, s.steps = now, map[string]int{}
	}
	s.steps[strings.ToLower(id)]++
	record, full := s.record, s.steps[strings.ToLower(id)] > mostSteps
	s.mu.Unlock()
	if record != nil && !full {
		record(id, step.Event())
	}
}

// statementLine is what the server logs of a statement that it has completed, as
// postgres.Login's Logged asks for.
var statementLine = regexp.MustCompile(`^(\S+ \S+) UTC \[\d+\] \S+@(\S+) app=(.*?) LOG:  duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)`)

// statement tells of one that a person ran; any other line is none.
func (s *sessions) statement(id, line string) {
	m := statementLine.FindStringSubmatch(line)
	if m == nil || m[3] == shop.AsOperator {
		return
	}
	at, err := time.Parse("2006-01-02 15:04:05.000", m[1])
	if err != nil {
		return
	}
	text := strings.TrimSpace(m[4])
	if text == "" {
		text = "(a statement of several lines)"
	}
	s.tell(id, infra.Session{Service: round.Database, Target: m[2], At: at, Line: text, Looks: asks(text)})
}

var (
	question = regexp.MustCompile(`(?i)^(select|show|explain|table|values|with|begin|commit|rollback|end|set)\b`)
	act      = regexp.MustCompile(`(?i)\b(insert|update|delete|merge|into|alter|set_config|setval|nextval|pg_(terminate|cancel)_backend|pg_reload_conf)\b`)
)

// asks reports whether what was sent, which may be several statements, can only
// have asked.
func asks(sent string) bool {
	for statement := range strings.SplitSeq(strings.TrimRight(sent, "; "), ";") {
		if !question.MatchString(strings.TrimSpace(statement)) || act.MatchString(statement) {
			return false
		}
	}
	return true
}
