package shell

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// call is one use of a tool.
type call struct {
	ctx     context.Context
	session *Session
	files   files
	host    Host
	dir     string // in which names are given
	user    string
	name    string
	args    []string
	in      io.Reader
	out     io.Writer
	errs    io.Writer
}

// tool does its work and returns its exit status.
type tool func(*call) int

// tools is every program of the box. A function, since help lists itself.
func tools() map[string]tool {
	return map[string]tool{
		"cat": cat, "head": head, "tail": tail, "wc": wc, "grep": grep, "egrep": grep, "sed": sed, "sort": sorted, "uniq": uniq,
		"tee": tee, "cut": cut, "less": cat, "more": cat,
		"ls": ls, "find": find, "du": du, "df": df, "stat": statFile, "lsblk": lsblk, "mount": mounts, "lsof": lsof,
		"cp": cp, "mv": mv, "rm": rm, "mkdir": mkdir, "rmdir": rm, "touch": touch, "truncate": truncate, "chmod": nothing, "chown": nothing, "sync": nothing,
		"systemctl": systemctl, "systemd-run": systemdRun, "journalctl": journalctl, "logrotate": logrotate,
		"xfs_growfs": xfsGrow, "resize2fs": resize2fs, "growpart": growpart,
		"ps": ps, "top": ps, "uptime": uptime, "hostname": hostname, "uname": uname, "whoami": whoami, "id": id, "date": date, "sleep": sleep,
		"sudo": sudo, "sh": sh, "bash": sh, "env": sudo, "timeout": timeout, "nohup": sudo, "which": which, "help": help, "clear": nothing,
	}
}

func nothing(*call) int { return 0 }

// fail prints an error as the tool's own and gives its status.
func (c *call) fail(format string, args ...any) int {
	fmt.Fprintf(c.errs, c.name+": "+format+"\n", args...)
	return 1
}

func (c *call) printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

func (c *call) path(name string) string { return from(c.dir, name) }

// flags takes the options from the arguments: letters that stand alone, and
// letters that take a value. It fails on others.
func (c *call) flags(alone, valued string) (on map[byte]bool, with map[byte]string, rest []string, ok bool) {
	on, with = map[byte]bool{}, map[byte]string{}
	args := c.args
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		if a == "--" {
			return on, with, append(rest, args...), true
		}
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		for i := 1; i < len(a); i++ {
			switch {
			case strings.IndexByte(alone, a[i]) >= 0:
				on[a[i]] = true
				continue
			case strings.IndexByte(valued, a[i]) >= 0:
				on[a[i]] = true
				if with[a[i]] = a[i+1:]; with[a[i]] == "" && len(args) > 0 {
					with[a[i]], args = args[0], args[1:]
				}
			default:
				fmt.Fprintf(c.errs, "%s: invalid option -- '%c'\n", c.name, a[i])
				return nil, nil, nil, false
			}
			break
		}
	}
	return on, with, rest, true
}

func which(c *call) int {
	code := 0
	for _, name := range c.args {
		if _, ok := tools()[name]; ok {
			c.printf("/usr/bin/%s\n", name)
		} else {
			code = 1
		}
	}
	return code
}

// sudo runs the rest as root, or as whom -u names: on this box everybody may do
// everything. env and nohup are no more than the rest.
func sudo(c *call) int {
	args := c.args
	if c.name == "sudo" {
		c.user = "root"
		if len(args) > 1 && args[0] == "-u" {
			c.user, args = args[1], args[2:]
		}
	}
	for len(args) > 0 && (strings.HasPrefix(args[0], "-") || c.name == "env" && strings.Contains(args[0], "=")) {
		args = args[1:]
	}
	if len(args) == 0 {
		return 0
	}
	return c.session.tool(c, args)
}

// sh runs a script in a subshell of its own.
func sh(c *call) int {
	var script string
	switch {
	case len(c.args) > 1 && strings.HasPrefix(c.args[0], "-") && strings.HasSuffix(c.args[0], "c"):
		script = c.args[1]
	case len(c.args) > 0 && !strings.HasPrefix(c.args[0], "-"):
		text, err := c.files.read(c.path(c.args[0]))
		if err != nil {
			return c.fail("%s: %s", c.args[0], reason(err))
		}
		script = string(text)
	default:
		text, err := io.ReadAll(io.LimitReader(c.input(), mostScript+1))
		if err != nil {
			return c.fail("%s", reason(err))
		}
		script = string(text)
	}
	inner := &Session{shell: c.session.shell, user: c.user, calls: c.session.calls, inner: true}
	n, err := c.session.shell.begin(inner, c.dir, c.in, c.out, c.errs)
	if err != nil {
		return c.fail("%v", err)
	}
	code, err := n.Run(c.ctx, script)
	if err != nil {
		return 124
	}
	return code
}

// input is what stands before the pipe; nothing where there is none.
func (c *call) input() io.Reader {
	if c.in == nil {
		return strings.NewReader("")
	}
	return c.in
}
