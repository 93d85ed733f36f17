package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// rotation is one block of a logrotate file.
type rotation struct {
	pattern string
	keep    int
	size    int64
	copies  bool // copytruncate
}

// logrotate rotates what its files name: those that are given, or all of
// /etc/logrotate.d. It has no timer here: it runs when somebody runs it.
func logrotate(c *call) int {
	on, _, names, ok := c.flags("fvd", "s")
	if !ok {
		return 1
	}
	if len(names) == 0 {
		names = []string{"/etc/logrotate.d"}
	}
	code := 0
	for _, name := range names {
		for _, file := range c.below([]string{name}) {
			text, err := c.files.read(c.path(file))
			var all []rotation
			if err == nil {
				all, err = rotations(string(text))
			}
			for _, r := range all {
				err = errors.Join(err, c.rotate(r, on['f'], on['v']))
			}
			if err != nil {
				code = c.fail("error: %s: %s", file, reason(err))
			}
		}
	}
	return code
}

func rotations(text string) (all []rotation, err error) {
	var open *rotation
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.SplitN(line, "#", 2)[0])
		if len(words) == 0 {
			continue
		}
		switch {
		case open == nil && words[len(words)-1] == "{":
			open = &rotation{pattern: words[0]}
		case open == nil:
			return nil, fmt.Errorf("%q stands outside of a block", words[0])
		case words[0] == "}":
			all, open = append(all, *open), nil
		case words[0] == "copytruncate":
			open.copies = true
		case words[0] == "rotate" && len(words) > 1:
			open.keep, err = strconv.Atoi(words[1])
		case (words[0] == "size" || words[0] == "maxsize") && len(words) > 1:
			open.size, err = bytesOf(words[1])
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", words[0], err)
		}
	}
	if open != nil {
		return nil, errors.New("a block has no end")
	}
	return all, nil
}

func (c *call) rotate(r rotation, force, loud bool) error {
	entries, err := c.files.list(path.Dir(r.pattern))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(path.Dir(r.pattern), e.Name())
		ok, err := path.Match(r.pattern, name)
		info, ierr := e.Info()
		if err != nil || ierr != nil || !ok || e.IsDir() {
			continue
		}
		if loud {
			c.printf("considering log %s (%d bytes)\n", name, info.Size())
		}
		if !force && info.Size() <= r.size {
			continue
		}
		if err := c.shift(name, r); err != nil {
			return err
		}
	}
	return nil
}

// shift gives each copy the next number; what would be too many goes first, or
// a full disk could not be rotated.
func (c *call) shift(name string, r rotation) error {
	numbered := func(n int) string { return inside(name + "." + strconv.Itoa(n)) }
	for n := r.keep; ; n++ {
		if err := c.files.root.Remove(numbered(n)); errors.Is(err, fs.ErrNotExist) && n > r.keep {
			break
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return plain(name, err)
		}
	}
	for n := r.keep - 1; n > 0; n-- {
		if err := c.files.root.Rename(numbered(n), numbered(n+1)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return plain(name, err)
		}
	}
	switch {
	case r.keep == 0 && r.copies:
		return c.files.write(name, nil)
	case r.keep == 0:
		return plain(name, c.files.root.Remove(inside(name)))
	case r.copies:
		if err := c.copyFile(name, name+".1"); err != nil {
			return err
		}
		return c.files.write(name, nil)
	}
	if err := c.files.root.Rename(inside(name), numbered(1)); err != nil {
		return plain(name, err)
	}
	return c.files.write(name, nil)
}
