package box

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

// The pauses before a service that ended is started again.
const (
	firstPause = time.Second
	mostPause  = 5 * time.Second
)

const journalKept = 500

// unit is one service, as systemd keeps it.
type unit struct {
	name, about string
	command     func() *exec.Cmd
	h           *hardware

	jobs sync.Mutex // one start or stop at a time

	mu      sync.Mutex
	wanted  chan struct{} // closed when it is to stop; nil: it is stopped
	over    chan struct{} // closed when its loop has ended
	ready   chan struct{} // closed when it listens or has ended
	cmd     *exec.Cmd
	status  shell.Status
	journal []shell.Line
}

func newUnit(name, about string, command func() *exec.Cmd, h *hardware) *unit {
	return &unit{name: name, about: about, command: command, h: h, status: shell.Status{About: about, State: "inactive", Detail: "dead", Since: time.Now()}}
}

// start has it run until it is stopped, and returns at once.
func (u *unit) start() {
	u.jobs.Lock()
	defer u.jobs.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.wanted != nil {
		return
	}
	u.wanted, u.over, u.ready = make(chan struct{}), make(chan struct{}), make(chan struct{})
	u.status.Restart = 0
	go u.loop(u.wanted, u.over)
}

// stop ends it and returns when it is gone.
func (u *unit) stop(hard bool) {
	u.jobs.Lock()
	defer u.jobs.Unlock()
	u.mu.Lock()
	over := u.over
	if u.wanted == nil {
		u.mu.Unlock()
		return
	}
	close(u.wanted)
	u.wanted = nil
	sig := syscall.SIGTERM
	if hard {
		sig = syscall.SIGKILL
	}
	u.signal(sig)
	u.mu.Unlock()
	late := time.NewTimer(3 * time.Second)
	defer late.Stop()
	select {
	case <-over:
	case <-late.C:
		u.mu.Lock()
		u.signal(syscall.SIGKILL)
		u.mu.Unlock()
		<-over
	}
}

// signal is called with mu held.
func (u *unit) signal(sig syscall.Signal) {
	if u.cmd != nil {
		_ = u.cmd.Process.Signal(sig) // one that has just ended needs none
	}
}

// loop runs the service again and again, with ever longer pauses while it ends
// at once.
func (u *unit) loop(stop, over chan struct{}) {
	defer close(over)
	pause := firstPause
	for {
		began := time.Now()
		err := u.once(stop)
		select {
		case <-stop:
			u.set("inactive", "dead", 0)
			u.log("systemd[1]", "Stopped "+u.name+".service - "+u.about+".")
			return
		default:
		}
		if time.Since(began) > mostPause {
			pause = firstPause
		}
		u.failed(err)
		timer := time.NewTimer(pause)
		select {
		case <-stop:
			timer.Stop()
			u.set("inactive", "dead", 0)
			return
		case <-timer.C:
		}
		pause = min(2*pause, mostPause)
		u.again()
	}
}

func (u *unit) failed(err error) {
	u.set("activating", "auto-restart", 0)
	how := "code=exited, status=0/SUCCESS"
	result := "success"
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		how, result = "code=killed, status="+exit.Sys().(syscall.WaitStatus).Signal().String(), "signal"
	case errors.As(err, &exit):
		how, result = fmt.Sprintf("code=exited, status=%d/FAILURE", exit.ExitCode()), "exit-code"
	case err != nil:
		how, result = err.Error(), "resources"
	}
	u.mu.Lock()
	u.status.Result = result
	u.mu.Unlock()
	u.log("systemd[1]", u.name+".service: Main process exited, "+how)
	u.log("systemd[1]", u.name+".service: Failed with result '"+result+"'.")
}

func (u *unit) again() {
	u.mu.Lock()
	u.status.Restart++
	u.ready = make(chan struct{})
	n := u.status.Restart
	u.mu.Unlock()
	u.log("systemd[1]", fmt.Sprintf("%s.service: Scheduled restart job, restart counter is at %d.", u.name, n))
}

// once runs it to its end.
func (u *unit) once(stop chan struct{}) error {
	cmd := u.command()
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	cmd.Stdout, cmd.Stderr = write, write
	err = u.h.spawn.start(cmd)
	_ = write.Close() // the child has its own
	if err != nil {
		return err
	}
	u.mu.Lock()
	u.cmd = cmd
	u.status.PID = cmd.Process.Pid
	ready := u.ready
	select {
	case <-stop: // it was asked to stop before it had a process
		u.signal(syscall.SIGKILL)
	default:
	}
	u.mu.Unlock()
	u.set("activating", "start", cmd.Process.Pid)
	ended := make(chan struct{})
	listens := make(chan struct{})
	go func() { defer close(listens); u.listening(ended, ready, cmd.Process.Pid) }()
	lines := bufio.NewScanner(read)
	lines.Buffer(nil, 1<<20)
	from := fmt.Sprintf("%s[%d]", u.name, cmd.Process.Pid)
	for lines.Scan() {
		fmt.Println(lines.Text()) // whoever started the box shows it
		u.keep(from, lines.Text())
	}
	err = cmd.Wait()
	close(ended)
	<-listens
	u.mu.Lock()
	u.cmd = nil
	u.mu.Unlock()
	u.h.note(func(s *State) { s.Inventory = "" })
	return err
}

// listening tells where the service listens, once it does.
func (u *unit) listening(ended, ready chan struct{}, pid int) {
	defer close(ready)
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		raw, err := u.h.root.ReadFile(addressFile)
		if err == nil && len(raw) > 0 {
			u.set("active", "running", pid)
			u.log("systemd[1]", "Started "+u.name+".service - "+u.about+".")
			u.h.note(func(s *State) { s.Inventory = strings.TrimSpace(string(raw)) })
			return
		}
	}
}

func (u *unit) set(state, detail string, pid int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.status.State != state {
		u.status.Since = time.Now()
	}
	u.status.State, u.status.Detail, u.status.PID = state, detail, pid
}

// log writes a line of systemd's, for the journal and for whoever watches.
func (u *unit) log(from, text string) {
	level := "INFO"
	if strings.Contains(text, "Failed") || strings.Contains(text, "FAILURE") {
		level = "ERROR"
	}
	fmt.Printf("{\"time\":%q,\"level\":%q,\"msg\":%q,\"service\":\"systemd\"}\n", time.Now().Format(time.RFC3339Nano), level, text)
	u.keep(from, text)
}

func (u *unit) keep(from, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.journal = append(u.journal, shell.Line{At: time.Now(), From: from, Text: text})
	if len(u.journal) > journalKept {
		u.journal = u.journal[len(u.journal)-journalKept:]
	}
}
