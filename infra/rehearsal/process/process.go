// Package process runs the local processes of the rehearsed world, and sees to
// it that none of them outlives the program that started them.
//
// It knows how to start, watch and stop children, what Linux tells of them in
// /proc, and the run folder that they share. It does not know what any of them
// is for: databases, shops and moto are all the same to it.
//
// Three things hold the promise that nothing stays behind. Each child has a
// parent-death signal, which the kernel sends when our process dies. Each child
// carries the run folder in its environment, which its own children inherit,
// so that strays can be found. And a watchdog, a second copy of this binary in
// a session of its own, notices by the end of a pipe that we died, ends what
// the kernel's signal did not reach, and removes the run folder.
package process

import (
	"errors"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// ErrUnsupported is returned by everything in this package where it cannot
// work: anywhere but on Linux.
var ErrUnsupported = errors.New("rehearsal's processes need Linux")

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("the group of processes is closed")

// Config is what a Group needs from outside.
type Config struct {
	// Log receives starts, ends and what had to be forced. Nil discards.
	Log *slog.Logger

	// Dir is the run folder, made if it is missing. A folder that already has
	// something in it is refused, because Close removes it. Others may pass
	// through it (mode 0711), for the sake of children with another user.
	Dir string

	// Watchdog is the argv that runs this binary as the watchdog, for example
	// {"/proc/self/exe", "watchdog"}; its main must call Watchdog with its
	// standard input. Nil means none.
	Watchdog []string

	// Lines is called with each line that a child prints, without the line's
	// end; source is the child's name. The line is valid only during the call.
	// Calls for different children run at the same time. Nil is allowed.
	Lines func(source string, line []byte)

	// Keep leaves the run folder behind, for reading the logs afterwards.
	Keep bool
}

// User is whom a child runs as.
type User struct{ UID, GID uint32 }

// Spec describes one child.
type Spec struct {
	Name string // in logs and in Info; need not be unique
	Path string // of the executable
	Args []string
	Env  []string // the whole environment: nothing is inherited from us
	Dir  string   // working directory; the run folder if empty
	User *User    // nil: ours. Anything else needs root

	// Files are handed on as descriptors 3, 4, ...; they stay open here.
	Files []*os.File

	Signal syscall.Signal // the polite way to stop it; SIGTERM if zero
	Grace  time.Duration  // how long politeness is given; 5 s if zero

	// Death is sent by the kernel when we die, and by Kill; SIGKILL if zero.
	// A child that dies of anything else gets two seconds for it.
	Death syscall.Signal

	Log string // file name under Dir/logs; Name with ".log" if empty

	Source string // the name under which Config.Lines gets its lines; Name if empty

	// Mounts gives the child mounts of its own, which it may change and nobody
	// else sees: a mount namespace, and for an ordinary user a user namespace
	// around it, in which the child keeps its user and may only mount. Start
	// fails where this machine does not allow that.
	Mounts bool
}

// Info is one running child.
type Info struct {
	Name    string
	PID     int
	Started time.Time
}

// Inventory is what Linux shows of a group: every process that descends from
// it, wherever it has gone, and the TCP ports that they listen on.
type Inventory struct {
	Processes []Proc
	Listeners []Listener
}

// Proc is one process. Command is its short name; arguments may hold secrets.
type Proc struct {
	PID, Parent int
	Command     string
}

// Listener is one listening TCP socket and a process that holds it.
type Listener struct {
	Addr string
	PID  int
}

// Empty reports whether nothing is left.
func (i Inventory) Empty() bool { return len(i.Processes) == 0 && len(i.Listeners) == 0 }

// forceAfter is how long a child gets for dying of a signal that it may handle.
const forceAfter = 2 * time.Second

func (s Spec) withDefaults(dir string) Spec {
	if s.Dir == "" {
		s.Dir = dir
	}
	if s.Signal == 0 {
		s.Signal = syscall.SIGTERM
	}
	if s.Death == 0 {
		s.Death = syscall.SIGKILL
	}
	if s.Grace == 0 {
		s.Grace = 5 * time.Second
	}
	if s.Log == "" {
		s.Log = s.Name + ".log"
	}
	if s.Source == "" {
		s.Source = s.Name
	}
	return s
}
