// Package cage starts a program that the kernel holds to a few files and ports,
// whatever the program is made to do.
//
// It knows Linux's Landlock, and seccomp for what that leaves open. It does not
// know what the program is for, nor what it needs: whoever starts one says so.
//
// Landlock holds the process that asks for it and what descends from that, for
// good. So a second copy of this binary locks itself in and then becomes the
// program, which keeps its process id, its user and its parent-death signal.
package cage

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Cage is what a program may reach. Everything else that Landlock can refuse is
// refused: other files, programs and TCP ports, connections of any kind to the
// outside, and signals to whoever is not in the cage.
type Cage struct {
	Program string   // that is started, and the only one: it may not start others
	Read    []string // files, and folders with all that is in them; what is missing is left out
	Write   []string // the same, also for writing
	Listen  []uint16 // TCP ports
}

// Argv is the command line that starts the program in the cage. self is that of
// this binary as the cage: its main must give what follows to Enter.
func (c Cage) Argv(self []string, args ...string) ([]string, error) {
	if len(self) == 0 || c.Program == "" {
		return nil, errors.New("make a cage: there is no program")
	}
	plan, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("make a cage: %w", err)
	}
	return slices.Concat(self, []string{string(plan)}, args), nil
}

func parse(args []string) (c Cage, err error) {
	if len(args) == 0 {
		return c, errors.New("there is no plan of it")
	}
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		return c, fmt.Errorf("read its plan: %w", err)
	}
	return c, nil
}
