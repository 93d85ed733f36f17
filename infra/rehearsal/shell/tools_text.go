package shell

import (
	"bufio"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// texts opens the named files one after another, or the input where none is.
func (c *call) texts(names []string, read func(name string, r io.Reader) error) int {
	if len(names) == 0 {
		names = []string{"-"}
	}
	code := 0
	for _, name := range names {
		err := c.text(name, read)
		if errors.Is(err, errTooMuch) {
			return 1
		}
		if err != nil {
			code = c.fail("%s: %s", name, reason(err))
		}
	}
	return code
}

func (c *call) text(name string, read func(string, io.Reader) error) error {
	if name == "-" {
		return read(name, c.input())
	}
	if info, err := c.files.stat(c.path(name), true); err == nil && info.IsDir() {
		//lint:ignore ST1005 the tool's own words
		return errors.New("Is a directory")
	}
	f, err := c.files.open(c.path(name), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return read(name, f)
}

// until stops reading when the script is over.
type until struct {
	c *call
	r io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.c.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func cat(c *call) int {
	_, _, names, ok := c.flags("nAvetN", "")
	if !ok {
		return 1
	}
	return c.texts(names, func(_ string, r io.Reader) error {
		_, err := io.Copy(c.out, until{c, r})
		return err
	})
}

// lines calls each with every line until it says stop.
func (c *call) lines(r io.Reader, each func(line string) (more bool)) error {
	s := bufio.NewScanner(until{c, r})
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if !each(s.Text()) {
			return nil
		}
	}
	return s.Err()
}

// count takes -n 5, -5 or what is usual.
func (c *call) count(usual int) (int, []string, map[byte]bool, bool) {
	args := slices.Clone(c.args)
	for i, a := range args {
		if len(a) > 1 && a[0] == '-' && a[1] >= '0' && a[1] <= '9' {
			args[i] = "-n" + a[1:]
		}
	}
	own := *c
	own.args = args
	on, with, names, ok := own.flags("fFqv", "nc")
	if !ok {
		return 0, nil, nil, false
	}
	if with['n'] != "" {
		n, err := strconv.Atoi(strings.TrimLeft(with['n'], "+-"))
		if err != nil {
			c.fail("invalid number of lines: '%s'", with['n'])
			return 0, nil, nil, false
		}
		usual = n
	}
	return usual, names, on, true
}

func head(c *call) int {
	n, names, _, ok := c.count(10)
	if !ok {
		return 1
	}
	return c.texts(names, func(_ string, r io.Reader) error {
		left := n
		return c.lines(r, func(line string) bool {
			if left--; left >= 0 {
				c.printf("%s\n", line)
			}
			return left > 0
		})
	})
}

func tail(c *call) int {
	n, names, on, ok := c.count(10)
	if !ok {
		return 1
	}
	return c.texts(names, func(name string, r io.Reader) error {
		// The end of a large file is enough, and all that is read of it.
		if f, ok := r.(*os.File); ok {
			if info, err := f.Stat(); err == nil && info.Size() > 4<<20 {
				if _, err := f.Seek(-4<<20, io.SeekEnd); err != nil {
					return err
				}
			}
		}
		var last []string
		if err := c.lines(r, func(line string) bool {
			if last = append(last, line); len(last) > n {
				last = last[1:]
			}
			return true
		}); err != nil {
			return err
		}
		for _, line := range last {
			c.printf("%s\n", line)
		}
		if name == "-" || !on['f'] && !on['F'] {
			return nil
		}
		return c.follow(r)
	})
}

// follow prints what is added until the script is ended.
func (c *call) follow(r io.Reader) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return nil
		case <-tick.C:
			if _, err := io.Copy(c.out, r); err != nil {
				return err
			}
		}
	}
}

func wc(c *call) int {
	on, _, names, ok := c.flags("lcw", "")
	if !ok {
		return 1
	}
	return c.texts(names, func(name string, r io.Reader) error {
		var lines, words, size int
		if err := c.lines(r, func(line string) bool {
			lines, words, size = lines+1, words+len(strings.Fields(line)), size+len(line)+1
			return true
		}); err != nil {
			return err
		}
		var parts []string
		for flag, n := range map[byte]int{'l': lines, 'w': words, 'c': size} {
			if on[flag] {
				parts = append(parts, strconv.Itoa(n))
			}
		}
		if len(on) == 0 {
			parts = []string{strconv.Itoa(lines), strconv.Itoa(words), strconv.Itoa(size)}
		}
		if name != "-" {
			parts = append(parts, name)
		}
		c.printf("%s\n", strings.Join(parts, " "))
		return nil
	})
}

func grep(c *call) int {
	on, with, rest, ok := c.flags("ivcqnxFEohHrslw", "emABC")
	if !ok {
		return 2
	}
	pattern := with['e']
	if !on['e'] {
		if len(rest) == 0 {
			fmtUsage(c)
			return 2
		}
		pattern, rest = rest[0], rest[1:]
	}
	re, err := expression(pattern, on['F'], on['E'] || c.name == "egrep", on['i'], on['x'], on['w'])
	if err != nil {
		c.fail("%v", err)
		return 2
	}
	if on['r'] {
		rest = c.below(rest)
	}
	most, _ := strconv.Atoi(with['m'])
	found := false
	code := c.texts(rest, func(name string, r io.Reader) error {
		n, at := 0, 0
		err := c.lines(r, func(line string) bool {
			at++
			if re.MatchString(line) == on['v'] {
				return true
			}
			n, found = n+1, true
			if !on['c'] && !on['q'] && !on['l'] {
				if len(rest) > 1 && !on['h'] || on['H'] {
					c.printf("%s:", name)
				}
				if on['n'] {
					c.printf("%d:", at)
				}
				if on['o'] {
					line = re.FindString(line)
				}
				c.printf("%s\n", line)
			}
			return !on['q'] && !on['l'] && (most == 0 || n < most)
		})
		if on['c'] {
			c.printf("%d\n", n)
		}
		if on['l'] && n > 0 {
			c.printf("%s\n", name)
		}
		return err
	})
	switch {
	case found:
		return 0
	case code != 0:
		return 2
	}
	return 1
}

func fmtUsage(c *call) {
	_, _ = io.WriteString(c.errs, "usage: "+c.name+" [OPTION]... PATTERN [FILE]...\n")
}

// expression reads a basic or extended expression. RE2's own is extended, so a
// basic one has its backslashes turned.
func expression(pattern string, fixed, extended, fold, whole, word bool) (*regexp.Regexp, error) {
	switch {
	case fixed:
		pattern = regexp.QuoteMeta(pattern)
	case !extended:
		pattern = turned(pattern)
	}
	if word {
		pattern = `\b(?:` + pattern + `)\b`
	}
	if whole {
		pattern = "^(?:" + pattern + ")$"
	}
	if fold {
		pattern = "(?i)" + pattern
	}
	return regexp.Compile(pattern)
}

func turned(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		ch := pattern[i]
		switch {
		case ch == '\\' && i+1 < len(pattern):
			i++
			if !strings.ContainsRune("(){}|+?", rune(pattern[i])) {
				b.WriteByte('\\')
			}
			b.WriteByte(pattern[i])
		case strings.ContainsRune("(){}|+?", rune(ch)):
			b.WriteByte('\\')
			b.WriteByte(ch)
		default:
			b.WriteByte(ch)
		}
	}
	return b.String()
}
