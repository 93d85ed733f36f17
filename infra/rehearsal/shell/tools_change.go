package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

func rm(c *call) int {
	on, _, names, ok := c.flags("rRfiv", "")
	if !ok {
		return 1
	}
	code := 0
	for _, name := range names {
		at := inside(c.path(name))
		info, err := c.files.stat(c.path(name), false)
		switch {
		case errors.Is(err, fs.ErrNotExist) && on['f']:
			continue
		case err == nil && at == ".":
			err = errors.New("it is dangerous to operate on '/'")
		case err == nil && info.IsDir() && !on['r'] && !on['R'] && c.name == "rm":
			//lint:ignore ST1005 the tool's own words
			err = errors.New("Is a directory")
		case err == nil && (on['r'] || on['R']):
			err = c.files.root.RemoveAll(at)
		case err == nil:
			err = c.files.root.Remove(at)
		}
		if err != nil {
			code = c.fail("cannot remove '%s': %s", name, reason(plain(name, err)))
		}
	}
	return code
}

func mkdir(c *call) int {
	on, _, names, ok := c.flags("pv", "m")
	if !ok {
		return 1
	}
	code := 0
	for _, name := range names {
		var err error
		if at := inside(c.path(name)); on['p'] {
			err = c.files.root.MkdirAll(at, 0o755)
		} else {
			err = c.files.root.Mkdir(at, 0o755)
		}
		if err != nil {
			code = c.fail("cannot create directory '%s': %s", name, reason(plain(name, err)))
		}
	}
	return code
}

func touch(c *call) int {
	code := 0
	for _, name := range c.args {
		f, err := c.files.open(c.path(name), os.O_WRONLY|os.O_CREATE, 0o644)
		if err == nil {
			now := time.Now()
			err = errors.Join(f.Close(), c.files.root.Chtimes(inside(c.path(name)), now, now))
		}
		if err != nil {
			code = c.fail("cannot touch '%s': %s", name, reason(err))
		}
	}
	return code
}

// truncate makes files so long; they keep their writers.
func truncate(c *call) int {
	own := *c
	own.args = nil
	for _, a := range c.args {
		if size, ok := strings.CutPrefix(a, "--size="); ok {
			a = "-s" + size
		}
		own.args = append(own.args, a)
	}
	_, with, names, ok := own.flags("c", "s")
	if !ok || with['s'] == "" {
		return c.fail("you must specify '--size'")
	}
	size, err := bytesOf(with['s'])
	if err != nil || size > mostRead {
		return c.fail("Invalid number: '%s'", with['s'])
	}
	code := 0
	for _, name := range names {
		f, err := c.files.open(c.path(name), os.O_WRONLY|os.O_CREATE, 0o644)
		if err == nil {
			err = errors.Join(f.Truncate(size), f.Close())
		}
		if err != nil {
			code = c.fail("cannot open '%s' for writing: %s", name, reason(err))
		}
	}
	return code
}

// bytesOf reads 0, 12k, 8M or 1G.
func bytesOf(s string) (int64, error) {
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end < 0 {
		end = len(s)
	}
	f, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return 0, err
	}
	switch strings.ToUpper(strings.TrimSuffix(strings.TrimSuffix(s[end:], "B"), "i")) {
	case "", "C":
	case "K":
		f *= 1 << 10
	case "M":
		f *= 1 << 20
	case "G":
		f *= 1 << 30
	default:
		return 0, errors.New("no size")
	}
	return int64(f), nil
}

// into gives the name that a copy gets: a folder takes it under its own name.
func (c *call) into(source, target string) string {
	if info, err := c.files.stat(c.path(target), true); err == nil && info.IsDir() {
		return path.Join(target, path.Base(source))
	}
	return target
}

func cp(c *call) int {
	_, _, names, ok := c.flags("rRapfv", "")
	if !ok {
		return 1
	}
	if len(names) < 2 {
		return c.fail("missing destination file operand")
	}
	code := 0
	for _, source := range names[:len(names)-1] {
		if err := c.copy(source, c.into(source, names[len(names)-1])); err != nil {
			code = c.fail("cannot copy '%s': %s", source, reason(err))
		}
	}
	return code
}

// copy copies a file, or a folder with what is in it. What would be read while
// it is written has no end, or is empty before it is read.
func (c *call) copy(source, target string) (err error) {
	from, to := c.path(source), c.path(target)
	switch {
	case from == to:
		return fmt.Errorf("'%s' and '%s' are the same file", source, target)
	case strings.HasPrefix(to, strings.TrimSuffix(from, "/")+"/"):
		return fmt.Errorf("it cannot be copied into itself, '%s'", target)
	}
	c.walk(source, func(name string, info fs.FileInfo, werr error) {
		if err != nil {
			return
		}
		to := c.path(target + strings.TrimPrefix(name, source))
		switch {
		case werr != nil:
			err = werr
		case info.IsDir():
			err = plain(to, c.files.root.MkdirAll(inside(to), 0o755))
		default:
			err = c.copyFile(name, to)
		}
	})
	return err
}

func (c *call) copyFile(name, to string) error {
	out, err := c.files.open(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	err = c.text(name, func(_ string, r io.Reader) error {
		_, err := io.Copy(out, until{c, r})
		return err
	})
	return errors.Join(err, out.Close())
}

func mv(c *call) int {
	_, _, names, ok := c.flags("fvn", "")
	if !ok {
		return 1
	}
	if len(names) < 2 {
		return c.fail("missing destination file operand")
	}
	code := 0
	for _, source := range names[:len(names)-1] {
		target := c.into(source, names[len(names)-1])
		err := c.files.root.Rename(inside(c.path(source)), inside(c.path(target)))
		if err != nil && strings.Contains(err.Error(), "cross-device") {
			if err = c.copy(source, target); err == nil {
				err = c.files.root.RemoveAll(inside(c.path(source)))
			}
		}
		if err != nil {
			code = c.fail("cannot move '%s': %s", source, reason(plain(source, err)))
		}
	}
	return code
}

// below lists the files of folders, for grep -r.
func (c *call) below(names []string) (all []string) {
	if len(names) == 0 {
		names = []string{"."}
	}
	for _, name := range names {
		c.walk(name, func(at string, i fs.FileInfo, err error) {
			if err == nil && i.Mode().IsRegular() {
				all = append(all, at)
			}
		})
	}
	return all
}
