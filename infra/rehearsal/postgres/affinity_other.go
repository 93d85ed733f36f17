//go:build !linux

package postgres

import (
	"errors"
	"time"
)

// CPUs is how many CPUs a server may have here: rehearsal runs on Linux.
func CPUs() int { return 1 }

func pin(int, int, int) error { return nil }

// Spent is the CPU time that a backend has used.
func Spent(int) (time.Duration, error) { return 0, errors.New("rehearsal runs on Linux") }
