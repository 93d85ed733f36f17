//go:build !linux

package box

import (
	"context"
	"os"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

func pair() (a, b *os.File, err error) { return nil, nil, process.ErrUnsupported }

// Serve is the main function of a box's process.
func Serve(context.Context) error { return process.ErrUnsupported }
