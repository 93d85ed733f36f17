package process

import (
	"os/exec"
	"runtime"
	"sync"
)

// spawner starts children from one thread that lives as long as the group.
//
// The kernel ties a parent-death signal to the thread that forked, not to the
// process. Go ends threads when it likes; a child of such a thread would be
// killed in the middle of a round.
type spawner struct {
	todo chan func()
	over sync.WaitGroup
}

func newSpawner() *spawner {
	s := &spawner{todo: make(chan func())}
	s.over.Go(func() {
		// Never unlocked: when the goroutine returns, Go ends the thread, and
		// the kernel signals whatever child is left.
		runtime.LockOSThread()
		for do := range s.todo {
			do()
		}
	})
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	s.todo <- func() { err <- cmd.Start() }
	return <-err
}

// close must come after the last start.
func (s *spawner) close() {
	close(s.todo)
	s.over.Wait()
}
