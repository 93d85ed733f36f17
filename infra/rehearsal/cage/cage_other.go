//go:build !linux

package cage

import (
	"context"
	"errors"
)

var errLinux = errors.New("cages need Linux")

// Enter fails here.
func Enter(context.Context, []string) error { return errLinux }

// Gap fails here.
func Gap() (string, error) { return "", errLinux }
