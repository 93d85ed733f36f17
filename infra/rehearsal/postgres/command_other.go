//go:build !linux

package postgres

import (
	"os/exec"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// runCommandAs changes nothing: no server starts here anyway.
func runCommandAs(*exec.Cmd, *process.User) {}
