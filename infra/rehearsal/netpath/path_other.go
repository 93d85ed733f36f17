//go:build !linux

package netpath

import "context"

// Path does nothing here.
type Path struct{}

// Open returns ErrUnsupported.
func Open(context.Context, Config) (*Path, error) { return nil, ErrUnsupported }

// Addr is empty.
func (*Path) Addr() string { return "" }

// State is Allowed.
func (*Path) State() State { return Allowed }

// Set returns ErrUnsupported.
func (*Path) Set(State) error { return ErrUnsupported }

// Close does nothing.
func (*Path) Close() error { return nil }
