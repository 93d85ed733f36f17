//go:build !linux

package process

import (
	"context"
	"io"
	"log/slog"
	"syscall"
)

// Group does nothing here.
type Group struct{}

// Process does nothing here.
type Process struct{}

// NewGroup returns ErrUnsupported.
func NewGroup(context.Context, Config) (*Group, error) { return nil, ErrUnsupported }

// Start returns ErrUnsupported.
func (*Group) Start(context.Context, Spec) (*Process, error) { return nil, ErrUnsupported }

// List is empty.
func (*Group) List() []Info { return nil }

// Inventory returns ErrUnsupported.
func (*Group) Inventory() (Inventory, error) { return Inventory{}, ErrUnsupported }

// Close does nothing.
func (*Group) Close(context.Context) error { return nil }

// PID is 0.
func (*Process) PID() int { return 0 }

// Done is closed.
func (*Process) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

// Err returns ErrUnsupported.
func (*Process) Err() error { return ErrUnsupported }

// Signal returns ErrUnsupported.
func (*Process) Signal(syscall.Signal) error { return ErrUnsupported }

// Stop does nothing.
func (*Process) Stop(context.Context) error { return nil }

// Kill does nothing.
func (*Process) Kill() {}

// Remains returns ErrUnsupported.
func Remains(string) (Inventory, error) { return Inventory{}, ErrUnsupported }

// Listeners returns ErrUnsupported.
func Listeners([]int) ([]Listener, error) { return nil, ErrUnsupported }

// Watchdog returns ErrUnsupported.
func Watchdog(context.Context, io.Reader, *slog.Logger) error { return ErrUnsupported }
