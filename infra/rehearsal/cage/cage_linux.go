package cage

import (
	"context"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Landlock's versions. Each refuses more than the one before.
const (
	withRefer = 2 // files may be moved between the folders of a cage
	withTCP   = 4
)

// most is what is refused where the kernel can: all but UDP, which PostgreSQL
// before 15 uses to talk to itself.
var most = landlock.V9

const (
	readFile  = landlock.AccessFSSet(ll.AccessFSReadFile)
	readDir   = readFile | ll.AccessFSReadDir
	writeFile = readFile | ll.AccessFSWriteFile | ll.AccessFSTruncate
	writeDir  = readDir | writeFile | ll.AccessFSRemoveDir | ll.AccessFSRemoveFile | ll.AccessFSMakeDir | ll.AccessFSMakeReg |
		ll.AccessFSMakeSock | ll.AccessFSMakeFifo | ll.AccessFSMakeSym
	execute = readFile | ll.AccessFSExecute
)

// Enter makes this process the program of a cage, in the cage. args is what Argv
// put behind self. It returns only if that fails, or if ctx has ended.
func Enter(ctx context.Context, args []string) error {
	c, err := parse(args)
	if err == nil {
		err = c.lock()
	}
	if err == nil {
		err = ctx.Err() // a signal that we caught, and the program never would
	}
	if err == nil {
		err = syscall.Exec(c.Program, append([]string{c.Program}, args[1:]...), os.Environ())
	}
	return fmt.Errorf("start in a cage: %w", err)
}

// lock restricts this process.
func (c Cage) lock() error {
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		return noLandlock(err)
	}
	rules, err := c.rules(version)
	if err != nil {
		return err
	}
	// Best effort: rights that this kernel does not know are left out. That it
	// knows none at all was an error above.
	if err := most.BestEffort().Restrict(rules...); err != nil {
		return err
	}
	if !seccomp.Supported() {
		return nil // Gap says so
	}
	return closeSockets()
}

func (c Cage) rules(version int) ([]landlock.Rule, error) {
	rules := []landlock.Rule{landlock.PathAccess(execute, c.Program)}
	switch loader, err := loaderOf(c.Program); {
	case err != nil:
		return nil, err
	case loader != "":
		rules = append(rules, landlock.PathAccess(execute, loader))
	}
	for _, path := range c.Read {
		info, err := os.Stat(path)
		switch {
		case err != nil: // what we cannot see, the program cannot either
		case info.IsDir():
			rules = append(rules, landlock.PathAccess(readDir, path))
		default:
			rules = append(rules, landlock.PathAccess(readFile, path))
		}
	}
	for _, path := range c.Write {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		rule := landlock.PathAccess(writeFile, path)
		if info.IsDir() {
			if rule = landlock.PathAccess(writeDir, path); version >= withRefer {
				rule = rule.WithRefer() // asked of an older kernel it would undo the whole cage
			}
		}
		rules = append(rules, rule)
	}
	for _, port := range c.Listen {
		rules = append(rules, landlock.BindTCP(port))
	}
	return rules, nil
}

// loaderOf is the dynamic loader that the kernel starts for a program; empty
// for one that needs none. A script would need a shell, which no cage has.
func loaderOf(program string) (string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return "", fmt.Errorf("look for the loader of %s: %w", program, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			raw, err := io.ReadAll(p.Open())
			if err != nil {
				return "", fmt.Errorf("look for the loader of %s: %w", program, err)
			}
			return strings.TrimRight(string(raw), "\x00"), nil
		}
	}
	return "", nil
}

func noLandlock(err error) error {
	return fmt.Errorf("there is no Landlock here, which Linux has had since 5.13: %w", err)
}

// Gap says in a sentence what this kernel's cages let through; empty: nothing
// that matters. Where there are none at all, the cause is an error.
func Gap() (string, error) {
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		return "", noLandlock(err)
	}
	var gaps []string
	if version < withTCP {
		gaps = append(gaps, "connections over TCP (Linux 6.7 is the first that can)")
	}
	if !seccomp.Supported() {
		gaps = append(gaps, "connections over Unix sockets (there is no seccomp here)")
	}
	return strings.Join(gaps, " and "), nil
}
