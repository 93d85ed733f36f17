package box

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaotic-good/scenarios/infra/rehearsal/shell"
)

const addressFile = "run/inventory.address"

// inventory is the command that runs the inventory.
func (h *hardware) inventory() *exec.Cmd {
	_ = h.root.Remove(addressFile) // an old one would be believed
	dir := h.setup.Dir
	cmd := exec.Command(h.setup.Shop[0], h.setup.Shop[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), // the mark of the run, by which strays are found
		"SHOP_ROLE=inventory", "SHOP_NAME="+h.setup.Task, "SHOP_LISTEN=127.0.0.1:0",
		"SHOP_ADDRESS_FILE="+filepath.Join(dir, addressFile), "SHOP_DATA_DIR="+filepath.Join(dir, stockDir),
		"SHOP_LOG_DIR="+h.disk.log(), "SHOP_CONFIG="+filepath.Join(dir, config), "SHOP_LOG_DEBUG_RATE="+strconv.FormatInt(h.setup.LogRate, 10),
	)
	if h.disk.mode == Quota {
		cmd.Env = append(cmd.Env, "SHOP_LOG_QUOTA_FILE="+h.disk.quota())
	}
	return cmd
}

// What the shell asks of its host.

func (h *hardware) Name() string        { return h.setup.Name }
func (h *hardware) Disks() []shell.Disk { return h.disk.list() }
func (h *hardware) Services() []string  { return []string{service} }

func (h *hardware) Booted() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.booted
}

func (h *hardware) Grow(mount string) error {
	if mount != LogMount {
		return errors.New("it has no room to grow")
	}
	return h.disk.grow()
}

func (h *hardware) unit(name string) *unit {
	i := slices.IndexFunc(h.units, func(u *unit) bool { return u.name == name })
	if i < 0 {
		return nil
	}
	return h.units[i]
}

// patience is how long systemctl waits for a service to be up.
const patience = 5 * time.Second

func (h *hardware) Service(ctx context.Context, name, verb string) error {
	u := h.unit(name)
	if u == nil || h.alive() == nil {
		return errors.New("there is no such service")
	}
	switch verb {
	case "stop":
		u.stop(false)
		return nil
	case "reload":
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.cmd == nil {
			return errors.New("it is not active, it cannot be reloaded")
		}
		u.signal(unix.SIGHUP)
		return nil
	case "restart":
		u.stop(false)
	}
	u.start()
	if h.alive() == nil { // the power went meanwhile
		u.stop(true)
		return errors.New("the system is going down")
	}
	return u.up(ctx)
}

// up waits until the service listens, or has ended before it did.
func (u *unit) up(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	u.mu.Lock()
	ready := u.ready
	u.mu.Unlock()
	select {
	case <-ready:
	case <-ctx.Done():
		return errors.New("it takes too long")
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.cmd == nil || u.status.State != "active" {
		return errors.New("the process ended with an error")
	}
	return nil
}

func (h *hardware) Status(name string) shell.Status {
	u := h.unit(name)
	if u == nil {
		return shell.Status{}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status
}

func (h *hardware) Journal(name string) []shell.Line {
	u := h.unit(name)
	if u == nil {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.journal)
}

func (h *hardware) Processes() []shell.Process {
	all := []shell.Process{
		{PID: 1, User: "root", Command: "/usr/lib/systemd/systemd", Started: h.Booted()},
		{PID: 612, User: "root", Command: "/usr/bin/amazon-ssm-agent", Started: h.Booted()},
	}
	if h.setup.SSH {
		all = append(all, shell.Process{PID: 633, User: "root", Command: "sshd: /usr/sbin/sshd -D", Started: h.Booted()})
	}
	for _, u := range h.units {
		if s := h.Status(u.name); s.PID != 0 {
			all = append(all, shell.Process{PID: s.PID, User: Login, Command: fmt.Sprintf("/opt/inventory/%s", u.name), Started: s.Since})
		}
	}
	return all
}
