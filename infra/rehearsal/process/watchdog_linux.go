package process

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ward is a child that the watchdog was told of.
type ward struct {
	start uint64
	death unix.Signal
	name  string
}

// Watchdog is the main function of the watchdog process. It reads what the
// group tells it, and when in ends without a good-bye, the program that it
// watched is dead: it ends what that left, and removes its run folder.
//
// It goes on when ctx ends and when it is asked to stop by SIGINT, SIGTERM or
// SIGHUP: the very moment at which those arrive is the one that it exists for.
//
// The lines of in are "dir PATH", "keep", "+PID START SIGNAL \"NAME\"", "-PID" and
// "bye".
func Watchdog(ctx context.Context, in io.Reader, log *slog.Logger) error {
	ctx = context.WithoutCancel(ctx)
	deaf := make(chan struct{})
	defer close(deaf)
	ignoreSignals(deaf)

	d := dog{log: log, wards: make(map[int]ward)}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if lines.Text() == "bye" {
			return nil
		}
		if err := d.hear(lines.Text()); err != nil {
			log.ErrorContext(ctx, "watchdog cannot read a line", "error", err)
		}
	}
	if err := lines.Err(); err != nil {
		log.ErrorContext(ctx, "watchdog lost its pipe", "error", err)
	}
	if d.dir == "" {
		return nil // nothing was started yet
	}
	if err := d.clean(ctx); err != nil {
		return err
	}
	if d.keep {
		return nil
	}
	return RemoveFolder(d.dir)
}

func ignoreSignals(until <-chan struct{}) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	go func() {
		defer signal.Stop(heard)
		for {
			select {
			case <-heard:
			case <-until:
				return
			}
		}
	}()
}

type dog struct {
	log   *slog.Logger
	dir   string
	keep  bool
	wards map[int]ward
}

func (d *dog) hear(line string) error {
	var pid int
	var w ward
	switch {
	case strings.HasPrefix(line, "dir "):
		d.dir = strings.TrimPrefix(line, "dir ")
	case line == "keep":
		d.keep = true
	case strings.HasPrefix(line, "+"):
		if _, err := fmt.Sscanf(line, "+%d %d %d", &pid, &w.start, &w.death); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		if f := strings.SplitN(line, " ", 4); len(f) == 4 {
			w.name = f[3]
		}
		d.wards[pid] = w
	case strings.HasPrefix(line, "-"):
		if _, err := fmt.Sscanf(line, "-%d", &pid); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		delete(d.wards, pid)
	default:
		return fmt.Errorf("%q is not known", line)
	}
	return nil
}

// clean ends what is left. A ward gets the signal that was named for it, and
// two seconds for it and its descendants. What has no living ward above it is
// a stray whose parent the kernel has ended already: it goes at once.
func (d *dog) clean(ctx context.Context) error {
	asked := make(map[int]bool)
	force := time.Now().Add(forceAfter)
	for ; ; time.Sleep(5 * time.Millisecond) {
		wards, strays, err := d.look()
		if err != nil {
			return err
		}
		if len(wards)+len(strays) == 0 {
			return nil
		}
		now := time.Now()
		if now.After(force.Add(forceAfter)) {
			return fmt.Errorf("processes do not end: %v", append(wards, strays...))
		}
		if now.After(force) {
			wards, strays = nil, append(wards, strays...)
		}
		for _, pid := range wards {
			w, ok := d.wards[pid]
			if !ok || asked[pid] {
				continue
			}
			asked[pid] = true
			d.log.InfoContext(ctx, "watchdog ends a process", "process", w.name, "pid", pid, "signal", w.death.String())
			_ = unix.Kill(pid, w.death)
			_ = unix.Kill(pid, unix.SIGCONT)
		}
		for _, pid := range strays {
			d.log.InfoContext(ctx, "watchdog kills a process", "pid", pid)
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
}

// look lists what is alive: the wards with their descendants, and the strays.
func (d *dog) look() (wards, strays []int, err error) {
	all, err := snapshot()
	if err != nil {
		return nil, nil, err
	}
	alive, groups := make(map[int]bool), make(map[int]bool)
	for pid, w := range d.wards {
		switch s, ok := all[pid]; {
		case !ok:
			groups[pid] = true // its group may be left: no one else gets this number while it is
		case s.start == w.start:
			alive[pid] = true
		default:
			// The number belongs to a stranger now.
		}
	}
	under := family(all, alive)
	for pid := range under {
		wards = append(wards, pid)
	}
	for pid, s := range all {
		if !under[pid] && (groups[s.group] || marked(pid, d.dir)) {
			strays = append(strays, pid)
		}
	}
	return wards, strays, nil
}
