package moto

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
)

// Starter starts cmd under a name and returns what stops it. The process
// outlives ctx, which bounds only the start; stop ends the process with its
// children and returns when it is gone or its ctx ends. A starter keeps
// cmd.ExtraFiles as they are.
type Starter func(ctx context.Context, name string, cmd *exec.Cmd) (stop func(context.Context) error, err error)

// StartProcess is the plain Starter: a process group of its own that dies with
// this process (on Linux) and is killed on stop. moto keeps nothing on disk,
// so there is nothing to shut down gently.
func StartProcess(_ context.Context, name string, cmd *exec.Cmd) (func(context.Context) error, error) {
	isolate(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = cmd.Wait() // it is killed, so its exit status says nothing
	}()
	return func(ctx context.Context) error {
		select {
		case <-gone:
			return nil
		default:
		}
		if err := kill(cmd); err != nil {
			return fmt.Errorf("kill %s: %w", name, err)
		}
		select {
		case <-gone:
			return nil
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("wait for %s to end", name), ctx.Err())
		}
	}, nil
}
