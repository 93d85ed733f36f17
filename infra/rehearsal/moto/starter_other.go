//go:build !linux

package moto

import (
	"errors"
	"os"
	"os/exec"
)

// isolate does nothing: the rehearsal runs on Linux only.
func isolate(*exec.Cmd) {}

func kill(cmd *exec.Cmd) error {
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
