package postgres

import (
	"os/exec"
	"syscall"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// runCommandAs sets the user of a short command. Its own group makes it deaf
// to the Ctrl-C that is meant for us; ctx ends it.
func runCommandAs(cmd *exec.Cmd, as *process.User) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: as.UID, Gid: as.GID}
	}
}
