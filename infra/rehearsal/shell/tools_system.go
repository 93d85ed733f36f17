package shell

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

const stamp = "Mon 2006-01-02 15:04:05 MST"

func systemctl(c *call) int {
	var words []string
	for _, a := range c.args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, strings.TrimSuffix(a, ".service"))
		}
	}
	if len(words) == 0 || words[0] == "list-units" {
		c.printf("%-22s %-8s %-12s %s\n", "UNIT", "ACTIVE", "SUB", "DESCRIPTION")
		for _, name := range c.host.Services() {
			s := c.host.Status(name)
			c.printf("%-22s %-8s %-12s %s\n", name+".service", s.State, s.Detail, s.About)
		}
		return 0
	}
	verb, names := words[0], words[1:]
	if verb == "daemon-reload" || verb == "reset-failed" {
		return 0
	}
	if len(names) == 0 {
		return c.fail("too few arguments")
	}
	code := 0
	for _, name := range names {
		if verb == "stop" && strings.HasSuffix(name, ".timer") {
			code = max(code, c.stopTimer(name))
			continue
		}
		if !slices.Contains(c.host.Services(), name) {
			c.printf("Unit %s.service could not be found.\n", name)
			code = 4
			continue
		}
		code = max(code, c.unit(verb, name))
	}
	return code
}

func (c *call) unit(verb, name string) int {
	s := c.host.Status(name)
	switch verb {
	case "start", "stop", "restart", "reload":
		if err := c.host.Service(c.ctx, name, verb); err != nil {
			c.printf("Job for %s.service failed: %s.\nSee \"systemctl status %s.service\" and \"journalctl -u %s.service\" for details.\n", name, err, name, name)
			return 1
		}
		return 0
	case "is-active":
		if !slices.Contains(c.args, "--quiet") && !slices.Contains(c.args, "-q") {
			c.printf("%s\n", s.State)
		}
		if s.State != "active" {
			return 3
		}
		return 0
	case "is-failed":
		c.printf("%s\n", s.State)
		if s.State != "failed" {
			return 1
		}
		return 0
	case "enable", "disable", "unmask":
		return 0
	case "status":
		return c.status(name, s)
	case "cat", "show":
		text, err := c.files.read("/etc/systemd/system/" + name + ".service")
		if err != nil {
			return c.fail("%s", reason(err))
		}
		c.printf("# /etc/systemd/system/%s.service\n%s", name, text)
		return 0
	}
	return c.fail("Unknown command verb %s.", verb)
}

func (c *call) status(name string, s Status) int {
	c.printf("● %s.service - %s\n     Loaded: loaded (/etc/systemd/system/%s.service; enabled)\n", name, s.About, name)
	detail := s.Detail
	if s.Result != "" && s.State != "active" {
		detail += ") (Result: " + s.Result
	}
	c.printf("     Active: %s (%s) since %s; %s ago\n", s.State, detail, s.Since.UTC().Format(stamp), age(time.Since(s.Since)))
	if s.PID != 0 {
		c.printf("   Main PID: %d (%s)\n", s.PID, name)
	}
	if s.Restart > 0 {
		c.printf("   Restarts: %d\n", s.Restart)
	}
	c.printf("\n")
	lines := c.host.Journal(name)
	c.journal(lines[max(0, len(lines)-10):])
	if s.State != "active" {
		return 3
	}
	return 0
}

func (c *call) journal(lines []Line) {
	for _, l := range lines {
		c.printf("%s %s %s: %s\n", l.At.UTC().Format("Jan 02 15:04:05"), c.host.Name(), l.From, l.Text)
	}
}

// age writes a duration as systemd does.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "min " + strconv.Itoa(int(d.Seconds())%60) + "s"
	}
	return strconv.Itoa(int(d.Hours())) + "h " + strconv.Itoa(int(d.Minutes())%60) + "min"
}

func journalctl(c *call) int {
	c.args = slices.DeleteFunc(slices.Clone(c.args), func(a string) bool { return strings.HasPrefix(a, "--") })
	on, with, rest, ok := c.flags("exrfqkb", "unopSt")
	if !ok || len(rest) > 0 {
		return c.fail("want -u SERVICE, and -n LINES perhaps")
	}
	names := c.host.Services()
	if on['u'] {
		names = []string{strings.TrimSuffix(with['u'], ".service")}
	}
	var lines []Line
	for _, name := range names {
		lines = append(lines, c.host.Journal(name)...)
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	if n, err := strconv.Atoi(with['n']); err == nil {
		lines = lines[max(0, len(lines)-n):]
	}
	if on['r'] {
		slices.Reverse(lines)
	}
	if len(lines) == 0 {
		c.printf("-- No entries --\n")
	}
	c.journal(lines)
	return 0
}

func ps(c *call) int {
	c.printf("%-10s %7s %-8s %s\n", "USER", "PID", "START", "COMMAND")
	for _, p := range c.host.Processes() {
		c.printf("%-10s %7d %-8s %s\n", p.User, p.PID, p.Started.UTC().Format("15:04:05"), p.Command)
	}
	return 0
}

// lsof shows the services with their folders: which of their files are open
// only the kernel knows.
func lsof(c *call) int {
	return c.fail("not installed; ps shows who runs, ls -l and du who grows")
}

func uptime(c *call) int {
	c.printf(" %s up %s\n", time.Now().UTC().Format("15:04:05"), age(time.Since(c.host.Booted())))
	return 0
}

func hostname(c *call) int { c.printf("%s\n", c.host.Name()); return 0 }

func uname(c *call) int {
	if slices.Contains(c.args, "-a") || slices.Contains(c.args, "-r") {
		c.printf("Linux %s 6.1.119-129.201.amzn2023.x86_64 x86_64 GNU/Linux\n", c.host.Name())
	} else {
		c.printf("Linux\n")
	}
	return 0
}

func whoami(c *call) int { c.printf("%s\n", c.user); return 0 }

func id(c *call) int {
	if c.user == "root" {
		c.printf("uid=0(root) gid=0(root) groups=0(root)\n")
	} else {
		c.printf("uid=1000(%s) gid=1000(%s) groups=1000(%s),10(wheel)\n", c.user, c.user, c.user)
	}
	return 0
}

func date(c *call) int {
	c.printf("%s\n", time.Now().UTC().Format("Mon Jan _2 15:04:05 UTC 2006"))
	return 0
}

func sleep(c *call) int {
	var d time.Duration
	for _, a := range c.args {
		if strings.Trim(a, "0123456789.") == "" {
			a += "s"
		}
		one, err := time.ParseDuration(a)
		if err != nil {
			return c.fail("invalid time interval '%s'", a)
		}
		d += one
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return 0
	case <-c.ctx.Done():
		return 1
	}
}
