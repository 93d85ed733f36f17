package shell

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// What a Host says of units that are made for once.
var (
	ErrUnitExists = errors.New("was already loaded or has a fragment file")
	ErrManyUnits  = errors.New("too many units")
)

// systemdRun has the machine run a command, at once or once after a time. It is
// the machine's then, and not the script's that asked: it goes on when that has
// ended, and it ends with the machine, for such a unit outlives no boot.
func systemdRun(c *call) int {
	unit, after, args, quiet := "run-r"+strings.ToLower(rand.Text()), time.Duration(0), c.args, false
	timer := false
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, given := strings.Cut(args[0], "=")
		args = args[1:]
		switch name {
		case "--quiet", "-q":
			quiet = true
			continue
		case "--collect", "-G", "--no-block":
			continue
		case "--unit", "-u", "--on-active", "--timer-property", "--property", "-p", "--description":
		default:
			return c.fail("unrecognized option '%s'", name)
		}
		if !given {
			if len(args) == 0 {
				return c.fail("option '%s' requires an argument", name)
			}
			value, args = args[0], args[1:]
		}
		switch name {
		case "--unit", "-u":
			unit = strings.TrimSuffix(strings.TrimSuffix(value, ".timer"), ".service")
		case "--on-active":
			d, err := span(value)
			if err != nil {
				return c.fail("Failed to parse timer value: %s", value)
			}
			after, timer = d, true
		}
	}
	if len(args) == 0 {
		return c.fail("Command line to execute required.")
	}
	err := c.host.Later(unit, after, func(ctx context.Context) { c.session.shell.run(ctx, c.user, args) })
	kind := ".service"
	if timer {
		kind = ".timer"
	}
	if err != nil {
		fmt.Fprintf(c.errs, "Failed to start transient %s unit: Unit %s%s %v.\n", kind[1:], unit, kind, err)
		return 1
	}
	switch {
	case quiet:
	case timer:
		fmt.Fprintf(c.errs, "Running timer as unit: %s.timer\nWill run service as unit: %s.service\n", unit, unit)
	default:
		fmt.Fprintf(c.errs, "Running as unit: %s.service\n", unit)
	}
	return 0
}

// span reads a time as systemd writes it: seconds where it has no unit.
func span(s string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 && n < 1e6 {
		return time.Duration(n * float64(time.Second)), nil
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "min", "m")
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = errors.New("it is past")
	}
	return d, err
}

// run runs one tool for nobody in particular.
func (s *Shell) run(ctx context.Context, user string, args []string) {
	n, err := s.Session(user, "/", strings.NewReader(""), io.Discard, io.Discard)
	if err != nil {
		return
	}
	n.out.allow(mostOutput)
	n.errs.allow(mostOutput)
	ctx, cancel := context.WithTimeout(watchMemory(ctx, s.memory), mostTime)
	defer cancel()
	n.tool(&call{ctx: ctx, session: n, files: s.files, host: s.host, dir: "/", user: user, name: args[0], args: args[1:],
		in: strings.NewReader(""), out: n.out, errs: n.errs}, args)
}

// stopTimer is systemctl's stop of a unit that systemd-run has made.
func (c *call) stopTimer(name string) int {
	if !c.host.Forget(strings.TrimSuffix(name, ".timer")) {
		fmt.Fprintf(c.errs, "Failed to stop %s: Unit %s not loaded.\n", name, name)
		return 5
	}
	return 0
}
