package shell

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// sed knows s with its flags g, I and p, and d and p, each behind an address:
// a number, $, or an expression, or two of them.
func sed(c *call) int {
	on, with, rest, ok := c.sedFlags()
	if !ok {
		return 1
	}
	script := with['e']
	if !on['e'] {
		if len(rest) == 0 {
			fmtUsage(c)
			return 1
		}
		script, rest = rest[0], rest[1:]
	}
	commands, err := edits(script, on['E'] || on['r'])
	if err != nil {
		return c.fail("-e expression #1: %v", err)
	}
	if !on['i'] {
		return c.texts(rest, func(_ string, r io.Reader) error {
			return c.edit(commands, r, c.out, on['n'])
		})
	}
	code := 0
	for _, name := range rest {
		var out bytes.Buffer
		err := c.text(name, func(_ string, r io.Reader) error { return c.edit(commands, io.LimitReader(r, mostRead), &out, on['n']) })
		if err == nil {
			err = c.files.write(c.path(name), out.Bytes())
		}
		if err != nil {
			code = c.fail("can't edit %s: %s", name, reason(err))
		}
	}
	return code
}

// sedFlags: -i may carry a suffix, which keeps no copy here.
func (c *call) sedFlags() (map[byte]bool, map[byte]string, []string, bool) {
	own := *c
	own.args = nil
	for _, a := range c.args {
		if strings.HasPrefix(a, "-i") || strings.HasPrefix(a, "--in-place") {
			a = "-i"
		}
		own.args = append(own.args, a)
	}
	return own.flags("niEr", "e")
}

// edit is one command of a sed script.
type edit struct {
	from, to address
	verb     byte
	find     *regexp.Regexp
	with     string
	all      bool
	print    bool
	inside   bool // of its range, while it is used
}

type address struct {
	line int // 0: none; -1: the last
	re   *regexp.Regexp
}

func (a address) none() bool { return a.line == 0 && a.re == nil }

func (a address) is(n int, last bool, line string) bool {
	return a.re != nil && a.re.MatchString(line) || a.line == n || a.line == -1 && last
}

// edits reads a script: commands, parted by semicolons or new lines.
func edits(script string, extended bool) (all []*edit, err error) {
	for script = strings.TrimLeft(script, " ;\n\t"); script != ""; script = strings.TrimLeft(script, " ;\n\t") {
		e := new(edit)
		if e.from, script, err = readAddress(script, extended); err != nil {
			return nil, err
		}
		if rest, ok := strings.CutPrefix(script, ","); ok {
			if e.to, script, err = readAddress(rest, extended); err != nil {
				return nil, err
			}
		}
		if script = strings.TrimLeft(script, " "); script == "" {
			return nil, errors.New("missing command")
		}
		e.verb, script = script[0], script[1:]
		switch e.verb {
		case 'd', 'p':
		case 's':
			if script, err = e.substitution(script, extended); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("unknown command: '%c'", e.verb)
		}
		all = append(all, e)
	}
	return all, nil
}

func readAddress(s string, extended bool) (a address, rest string, err error) {
	switch {
	case strings.HasPrefix(s, "$"):
		return address{line: -1}, s[1:], nil
	case strings.HasPrefix(s, "/"):
		pattern, rest, ok := delimited(s[1:], '/')
		if !ok {
			return a, "", errors.New("unterminated address regex")
		}
		a.re, err = expression(pattern, false, extended, false, false, false)
		return a, rest, err
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end > 0 {
		a.line, err = strconv.Atoi(s[:end])
		return a, s[end:], err
	}
	return a, s, nil
}

// delimited takes the text up to the mark; a mark behind a backslash is text.
func delimited(s string, mark byte) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != mark {
				b.WriteByte('\\')
			}
			i++
			b.WriteByte(s[i])
		case s[i] == mark:
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

func (e *edit) substitution(s string, extended bool) (rest string, err error) {
	if s == "" {
		return "", errors.New("unterminated 's' command")
	}
	mark := s[0]
	pattern, s, ok := delimited(s[1:], mark)
	with, s, ok2 := delimited(s, mark)
	if !ok || !ok2 {
		return "", errors.New("unterminated 's' command")
	}
	fold := false
	for ; s != "" && strings.IndexByte("gIip", s[0]) >= 0; s = s[1:] {
		e.all, fold, e.print = e.all || s[0] == 'g', fold || s[0] == 'I' || s[0] == 'i', e.print || s[0] == 'p'
	}
	e.with = template(with)
	e.find, err = expression(pattern, false, extended, fold, false, false)
	return s, err
}

// template turns \1 and & into what regexp expands.
func template(with string) string {
	var b strings.Builder
	for i := 0; i < len(with); i++ {
		switch {
		case with[i] == '\\' && i+1 < len(with):
			i++
			switch {
			case with[i] >= '0' && with[i] <= '9':
				b.WriteString("${" + with[i:i+1] + "}")
			case with[i] == 'n':
				b.WriteByte('\n')
			default:
				b.WriteByte(with[i])
			}
		case with[i] == '&':
			b.WriteString("${0}")
		case with[i] == '$':
			b.WriteString("$$")
		default:
			b.WriteByte(with[i])
		}
	}
	return b.String()
}

func (c *call) edit(commands []*edit, r io.Reader, out io.Writer, quiet bool) error {
	var all []string
	if err := c.lines(r, func(line string) bool { all = append(all, line); return true }); err != nil {
		return err
	}
	for i, line := range all {
		gone := false
		for _, e := range commands {
			if !e.applies(i+1, i+1 == len(all), line) {
				continue
			}
			switch e.verb {
			case 'd':
				gone = true
			case 'p':
				fmt.Fprintln(out, line)
			case 's':
				changed := e.replace(line)
				if e.print && changed != line {
					fmt.Fprintln(out, changed)
				}
				line = changed
			}
			if gone {
				break
			}
		}
		if !gone && !quiet {
			if _, err := fmt.Fprintln(out, line); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *edit) applies(n int, last bool, line string) bool {
	switch {
	case e.from.none():
		return true
	case e.to.none():
		return e.from.is(n, last, line)
	case e.inside:
		e.inside = !e.to.is(n, last, line)
		return true
	}
	e.inside = e.from.is(n, last, line)
	return e.inside
}

func (e *edit) replace(line string) string {
	if e.all {
		return e.find.ReplaceAllString(line, e.with)
	}
	at := e.find.FindStringSubmatchIndex(line)
	if at == nil {
		return line
	}
	return line[:at[0]] + string(e.find.ExpandString(nil, e.with, line, at)) + line[at[1]:]
}
