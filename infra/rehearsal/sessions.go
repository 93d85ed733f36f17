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

// mostSteps is how many steps of sessions are told in a minute, of one round and
// of one kind, looks and changes: a script that asks a database again and again
// must neither fill the timeline nor hide what is changed beside it.
const mostSteps = 60

// sessions tells the trail what people do on the box and in the database. The
// zero value tells nobody.
type sessions struct {
	mu     sync.Mutex
	record func(round string, event map[string]any)
	minute time.Time
	steps  map[string]int      // by round and kind, in that minute
	begun  map[string]*partial // by round: the statement whose lines come in
}

// partial is a statement of which there may be more lines.
type partial struct {
	step  infra.Session
	whole *time.Timer
}

const (
	wholeTime     = 200 * time.Millisecond // the server writes all lines at once
	mostStatement = 16 << 10               // bytes that are read of one
)

func (s *sessions) open(record func(string, map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record = record
}

func (s *sessions) tell(id string, step infra.Session) {
	kind := strings.ToLower(id)
	if step.Looks {
		kind += "?"
	}
	s.mu.Lock()
	if now := time.Now().Truncate(time.Minute); !now.Equal(s.minute) {
		s.minute, s.steps = now, map[string]int{}
	}
	s.steps[kind]++
	record, full := s.record, s.steps[kind] > mostSteps
	s.mu.Unlock()
	if record != nil && !full {
		record(id, step.Event())
	}
}

// statementLine is what the server logs of a statement that it has completed, as
// postgres.Login's Logged asks for.
var statementLine = regexp.MustCompile(`^(\S+ \S+) UTC \[\d+\] \S+@(\S+) app=(.*?) LOG:  duration: [\d.]+ ms  (?:statement|execute [^:]*): (.*)`)

// shopsOwn is what the shop does as the operator. Its name alone is no proof: a
// player's program may call itself what it likes.
var shopsOwn = regexp.MustCompile(`^(?i:begin|commit|select pg_advisory_xact_lock\(|select exists \(select from pg_roles |(create|alter) role \S+ login )`)

// statement tells of one that a person ran, once its last line is there; any
// other line is none.
func (s *sessions) statement(id, line string) {
	if more, ok := strings.CutPrefix(line, "\t"); ok { // so the server writes the lines after the first
		s.goOn(id, more)
		return
	}
	s.complete(id, nil)
	m := statementLine.FindStringSubmatch(line)
	if m == nil || m[3] == shop.AsOperator && shopsOwn.MatchString(m[4]) {
		return
	}
	at, err := time.Parse("2006-01-02 15:04:05.000", m[1])
	if err != nil {
		return
	}
	p := &partial{step: infra.Session{Service: round.Database, Target: m[2], At: at, Line: m[4]}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun == nil {
		s.begun = map[string]*partial{}
	}
	s.begun[id] = p
	p.whole = time.AfterFunc(wholeTime, func() { s.complete(id, p) })
}

func (s *sessions) goOn(id, more string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.begun[id]; p != nil && len(p.step.Line) < mostStatement {
		p.step.Line += "\n" + more
	}
}

// complete tells of the statement that has begun: of that one, or of any if it is
// nil.
func (s *sessions) complete(id string, only *partial) {
	s.mu.Lock()
	p := s.begun[id]
	if p == nil || only != nil && p != only {
		s.mu.Unlock()
		return
	}
	delete(s.begun, id)
	s.mu.Unlock()
	p.whole.Stop()
	p.step.Line = strings.TrimSpace(p.step.Line)
	p.step.Looks = asks(p.step.Line)
	if p.step.Line != "" && !bracket.MatchString(p.step.Line) {
		s.tell(id, p.step)
	}
}

var (
	bracket  = regexp.MustCompile(`(?i)^(begin|start transaction|commit|end|rollback)\b[^;]*;?$`) // around a change, and none itself
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
