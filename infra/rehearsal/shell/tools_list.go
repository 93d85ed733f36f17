package shell

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

func ls(c *call) int {
	on, _, names, ok := c.flags("lahR1trSdi", "")
	if !ok {
		return 2
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	code := 0
	for _, name := range names {
		info, err := c.files.stat(c.path(name), true)
		if err != nil {
			code = c.fail("cannot access '%s': %s", name, reason(err))
			continue
		}
		if !info.IsDir() || on['d'] {
			c.entry(on, name, info)
			continue
		}
		entries, err := c.files.list(c.path(name))
		if err != nil {
			code = c.fail("cannot open directory '%s': %s", name, reason(err))
			continue
		}
		if len(names) > 1 {
			c.printf("%s:\n", name)
		}
		for _, i := range infos(entries, on) {
			if on['a'] || !strings.HasPrefix(i.Name(), ".") {
				c.entry(on, i.Name(), i)
			}
		}
	}
	return code
}

func infos(entries []fs.DirEntry, on map[byte]bool) (all []fs.FileInfo) {
	for _, e := range entries {
		if i, err := e.Info(); err == nil {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		switch {
		case on['t']:
			return b.ModTime().Compare(a.ModTime())
		case on['S']:
			return int(b.Size() - a.Size())
		}
		return strings.Compare(a.Name(), b.Name())
	})
	if on['r'] {
		slices.Reverse(all)
	}
	return all
}

func (c *call) entry(on map[byte]bool, name string, i fs.FileInfo) {
	if !on['l'] {
		c.printf("%s\n", name)
		return
	}
	size := strconv.FormatInt(i.Size(), 10)
	if on['h'] {
		size = human(i.Size())
	}
	c.printf("%s 1 inventory inventory %9s %s %s\n", i.Mode(), size, i.ModTime().Format("Jan _2 15:04:05"), name)
}

// human writes bytes as ls -h and df -h do.
func human(n int64) string {
	const units = "KMGT"
	if n < 1024 {
		return strconv.FormatInt(n, 10)
	}
	f, u := float64(n)/1024, 0
	for f >= 1024 && u < len(units)-1 {
		f, u = f/1024, u+1
	}
	if f < 9.95 {
		return fmt.Sprintf("%.1f%c", f, units[u])
	}
	return fmt.Sprintf("%.0f%c", f, units[u])
}

// find knows -name, -type, -size, -mmin, -delete and -print.
func find(c *call) int {
	args, starts := c.args, []string{}
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		starts, args = append(starts, args[0]), args[1:]
	}
	if len(starts) == 0 {
		starts = []string{"."}
	}
	var keep []func(name string, i fs.FileInfo) bool
	remove := false
	for len(args) > 0 {
		test := args[0]
		args = args[1:]
		switch test {
		case "-delete":
			remove = true
			continue
		case "-print", "-xdev", "-mount":
			continue
		}
		if len(args) == 0 {
			return c.fail("missing argument to '%s'", test)
		}
		f, err := condition(test, args[0])
		if err != nil {
			return c.fail("%v", err)
		}
		keep, args = append(keep, f), args[1:]
	}
	code := 0
	for _, start := range starts {
		c.walk(start, func(name string, i fs.FileInfo, err error) {
			if err != nil {
				code = c.fail("'%s': %s", name, reason(err))
				return
			}
			for _, f := range keep {
				if !f(name, i) {
					return
				}
			}
			if !remove {
				c.printf("%s\n", name)
			} else if err := c.files.root.Remove(inside(c.path(name))); err != nil {
				code = c.fail("cannot delete '%s': %s", name, reason(err))
			}
		})
	}
	return code
}

func condition(test, value string) (func(string, fs.FileInfo) bool, error) {
	switch test {
	case "-name", "-iname":
		return func(name string, _ fs.FileInfo) bool { ok, _ := path.Match(value, path.Base(name)); return ok }, nil
	case "-type":
		return func(_ string, i fs.FileInfo) bool { return (value == "d") == i.IsDir() }, nil
	case "-size":
		n, err := bytesOf(strings.TrimLeft(value, "+-"))
		if err != nil {
			return nil, fmt.Errorf("invalid size '%s'", value)
		}
		return func(_ string, i fs.FileInfo) bool { return compare(value, i.Size(), n) }, nil
	case "-mmin", "-mtime":
		n, err := strconv.ParseInt(strings.TrimLeft(value, "+-"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("invalid time '%s'", value)
		}
		unit := time.Minute
		if test == "-mtime" {
			unit = 24 * time.Hour
		}
		return func(_ string, i fs.FileInfo) bool { return compare(value, int64(time.Since(i.ModTime())/unit), n) }, nil
	}
	return nil, fmt.Errorf("unknown predicate '%s'", test)
}

func compare(sign string, have, want int64) bool {
	switch sign[0] {
	case '+':
		return have > want
	case '-':
		return have < want
	}
	return have == want
}

// walk visits a folder and all below it, deepest last.
func (c *call) walk(name string, visit func(string, fs.FileInfo, error)) {
	if c.ctx.Err() != nil {
		return
	}
	info, err := c.files.stat(c.path(name), false)
	visit(name, info, err)
	if err != nil || !info.IsDir() {
		return
	}
	entries, err := c.files.list(c.path(name))
	if err != nil {
		visit(name, nil, err)
		return
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		c.walk(strings.TrimSuffix(name, "/")+"/"+e.Name(), visit)
	}
}

func du(c *call) int {
	on, _, names, ok := c.flags("shackmxb", "d")
	if !ok {
		return 1
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	code := 0
	say := func(n int64, name string) {
		size := strconv.FormatInt((n+1023)/1024, 10)
		switch {
		case on['h']:
			size = human(n)
		case on['m']:
			size = strconv.FormatInt((n+1<<20-1)>>20, 10)
		case on['b']:
			size = strconv.FormatInt(n, 10)
		}
		c.printf("%s\t%s\n", size, name)
	}
	var total int64
	for _, name := range names {
		sums := map[string]int64{}
		var dirs []string
		c.walk(name, func(at string, i fs.FileInfo, err error) {
			if err != nil {
				code = c.fail("cannot access '%s': %s", at, reason(err))
				return
			}
			if i.IsDir() {
				dirs = append(dirs, at)
			} else if on['a'] && !on['s'] {
				say(i.Size(), at)
			}
			size := i.Size()
			if i.IsDir() {
				size = 0 // of files alone: how large a folder is differs from one file system to the next
			}
			for up := at; ; up = path.Dir(up) {
				sums[up] += size
				if up == name || len(up) <= len(name) {
					break
				}
			}
		})
		total += sums[name]
		if !on['s'] {
			for _, d := range slices.Backward(dirs) {
				if d != name {
					say(sums[d], d)
				}
			}
		}
		if _, seen := sums[name]; seen {
			say(sums[name], name)
		}
	}
	if on['c'] {
		say(total, "total")
	}
	return code
}

func statFile(c *call) int {
	code := 0
	for _, name := range c.args {
		i, err := c.files.stat(c.path(name), false)
		if err != nil {
			code = c.fail("cannot statx '%s': %s", name, reason(err))
			continue
		}
		c.printf("  File: %s\n  Size: %d\t%s\nModify: %s\n", name, i.Size(), i.Mode(), i.ModTime().Format(time.RFC3339))
	}
	return code
}
