package shell

import "strings"

// programs says of each tool what it does here, in the order of help. Tools that
// stand together do the same, or nearly.
var programs = []struct{ names, says string }{
	{"cat less more", "print files, all at once"},
	{"head tail", "print the beginning or the end; tail -f goes on until Ctrl-C"},
	{"grep egrep", "print the lines that match"},
	{"sed", "change lines; sed -i changes the file"},
	{"cut sort uniq wc tee", "work on lines"},
	{"ls find stat", "look at files"},
	{"cp mv rm mkdir rmdir touch truncate", "change them; truncate -s 0 empties one"},
	{"chmod chown sync", "change nothing here"},
	{"df du", "room on the disks, and who takes it"},
	{"lsblk mount lsof", "disks, what is mounted, what is open"},
	{"growpart xfs_growfs resize2fs", "let a file system grow with its volume"},
	{"systemctl", "status, start, stop, restart, reload of a service"},
	{"systemd-run", "a command at once, or later: --on-active=1min"},
	{"journalctl", "what a service says: -u NAME, -n LINES, -f"},
	{"logrotate", "rotate logs by a file of settings"},
	{"ps top", "what runs"},
	{"uptime hostname uname date whoami id", "about the box, and you"},
	{"sh bash env nohup sudo timeout sleep", "run something else; sudo as root"},
	{"which help clear", "where a program is, this list, nothing"},
}

func help(c *call) int {
	c.printf("The programs of this box:\n")
	for _, p := range programs {
		c.printf("  %-36s %s\n", strings.ReplaceAll(p.names, " ", ", "), p.says)
	}
	c.printf("The shell is POSIX's with bash's additions; `cd`, `echo`, `printf`, `test` and `for` are its own.\n" +
		"There is no editor. Change a line:  sed -i 's/^KEY=.*/KEY=value/' FILE\n" +
		"Write a file anew:                  printf 'KEY=value\\n' > FILE     (>> adds to its end)\n")
	return 0
}
