package shell

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

func sorted(c *call) int {
	on, _, names, ok := c.flags("rnuh", "k")
	if !ok {
		return 2
	}
	var all []string
	code := c.texts(names, func(_ string, r io.Reader) error {
		return c.lines(r, func(line string) bool { all = append(all, line); return true })
	})
	slices.SortStableFunc(all, func(a, b string) int {
		if on['n'] || on['h'] {
			x, _ := bytesOf(strings.Join(first(a), ""))
			y, _ := bytesOf(strings.Join(first(b), ""))
			if x != y {
				return int(max(min(x-y, 1), -1))
			}
		}
		return strings.Compare(a, b)
	})
	if on['r'] {
		slices.Reverse(all)
	}
	if on['u'] {
		all = slices.Compact(all)
	}
	for _, line := range all {
		c.printf("%s\n", line)
	}
	return code
}

func first(line string) []string { f := strings.Fields(line); return f[:min(1, len(f))] }

func uniq(c *call) int {
	on, _, names, ok := c.flags("c", "")
	if !ok {
		return 1
	}
	var last string
	n := 0
	say := func() {
		if n > 0 && on['c'] {
			c.printf("%7d %s\n", n, last)
		} else if n > 0 {
			c.printf("%s\n", last)
		}
	}
	code := c.texts(names, func(_ string, r io.Reader) error {
		return c.lines(r, func(line string) bool {
			if n > 0 && line == last {
				n++
				return true
			}
			say()
			last, n = line, 1
			return true
		})
	})
	say()
	return code
}

func cut(c *call) int {
	_, with, names, ok := c.flags("s", "dfc")
	field, err := strconv.Atoi(with['f'])
	if !ok || err != nil || field < 1 {
		return c.fail("want -d CHARACTER -f NUMBER")
	}
	by := with['d']
	if by == "" {
		by = "\t"
	}
	return c.texts(names, func(_ string, r io.Reader) error {
		return c.lines(r, func(line string) bool {
			if parts := strings.Split(line, by); field <= len(parts) {
				line = parts[field-1]
			} else {
				line = ""
			}
			c.printf("%s\n", line)
			return true
		})
	})
}

func tee(c *call) int {
	on, _, names, ok := c.flags("ai", "")
	if !ok {
		return 1
	}
	data, err := io.ReadAll(io.LimitReader(until{c, c.input()}, mostRead))
	if err != nil {
		return c.fail("%s", reason(err))
	}
	code := 0
	for _, name := range names {
		if err := c.teeTo(name, data, on['a']); err != nil {
			code = c.fail("%s: %s", name, reason(err))
		}
	}
	_, _ = io.Copy(c.out, bytes.NewReader(data))
	return code
}

func (c *call) teeTo(name string, data []byte, add bool) error {
	if c.path(name) == "/proc/sysrq-trigger" {
		_, err := trigger{c.host}.Write(data)
		return err
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if add {
		flag = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	f, err := c.files.open(c.path(name), flag, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
