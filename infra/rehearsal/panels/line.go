package panels

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// levels in the order of their weight, by every name that our processes use.
var levels = map[string]string{
	"debug": "debug", "trace": "debug",
	"info": "info", "log": "info", "notice": "info", "statement": "info", "detail": "info", "hint": "info",
	"warn": "warn", "warning": "warn",
	"error": "error", "err": "error", "fatal": "error", "panic": "error", "critical": "error",
}

var weight = map[string]int{"debug": 1, "info": 2, "": 2, "warn": 3, "error": 4}

var (
	logfmtLevel   = regexp.MustCompile(`(?:^|\s)level=(\w+)`)
	postgresLevel = regexp.MustCompile(`(?:^|\s)(LOG|WARNING|NOTICE|ERROR|FATAL|PANIC|HINT|DETAIL|STATEMENT):\s`)
)

// read completes a line from its text: level, time and message.
func read(line Line) Line {
	line.Text = strings.TrimRight(line.Text, "\r\n")
	if len(line.Text) > maxText {
		line.Text = strings.ToValidUTF8(line.Text[:maxText], "") + " … (cut)"
	}
	if line.Fields == nil && strings.HasPrefix(strings.TrimSpace(line.Text), "{") {
		line = readJSON(line)
	}
	if !json.Valid(line.Fields) || len(line.Fields) > maxText {
		line.Fields = nil // one bad line must not spoil the page's JSON
	}
	if line.Level == "" && line.Fields == nil {
		line.Level = guessLevel(line.Text)
	}
	line.Level = level(line.Level)
	if line.At.IsZero() {
		line.At = time.Now()
	}
	return line
}

func readJSON(line Line) Line {
	var f struct {
		Time  time.Time `json:"time"`
		Level string    `json:"level"`
		Msg   *string   `json:"msg"`
	}
	if json.Unmarshal([]byte(line.Text), &f) != nil {
		return line
	}
	line.Fields = json.RawMessage(strings.TrimSpace(line.Text))
	if f.Msg != nil {
		line.Text = *f.Msg
	}
	if line.Level == "" {
		line.Level = f.Level
	}
	if line.At.IsZero() {
		line.At = f.Time
	}
	return line
}

func guessLevel(text string) string {
	for _, pattern := range []*regexp.Regexp{logfmtLevel, postgresLevel} {
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m[1]
		}
	}
	return ""
}

// level unifies the names; slog writes levels between its own as "INFO+2".
func level(name string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(name)), "+")
	if known, ok := levels[word]; ok {
		return known
	}
	return word
}
