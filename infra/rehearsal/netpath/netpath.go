// Package netpath imitates the TCP path between two hosts of the rehearsed
// network: it may be open, dropped by a missing rule, or refused.
//
// It knows TCP and how Linux treats a connection that no one accepts. It does
// not know security groups, instances or what is said over the path.
//
// A dropped path must look like one: the client's SYN stays unanswered, and the
// dial ends with "i/o timeout". A proxy that accepts and then says nothing
// looks like a hung server instead, and a player who reads errors would be
// misled. So the kernel drops the SYNs: the listener's queue is cut to two and
// filled by two connections of our own that no one accepts.
package netpath

import (
	"errors"
	"log/slog"
)

// ErrUnsupported is returned by Open anywhere but on Linux.
var ErrUnsupported = errors.New("rehearsal's network needs Linux")

// ErrClosed is returned by Set after Close.
var ErrClosed = errors.New("the network path is closed")

// State is what happens to a client of the path.
type State int

const (
	// Allowed: connections reach the target. If the target itself refuses, the
	// client's connection is reset.
	Allowed State = iota
	// Dropped: new connections hang, those that are established live on. So it
	// is when a security group's rule is revoked.
	Dropped
	// Refused: new connections are refused at once, those that are established
	// are reset. So it is when a process dies on a host that lives.
	Refused
)

func (s State) String() string {
	switch s {
	case Allowed:
		return "allowed"
	case Dropped:
		return "dropped"
	case Refused:
		return "refused"
	default:
		return "unknown"
	}
}

// Config is what a Path needs from outside.
type Config struct {
	Name string       // in logs, for example "shop -> database"
	Log  *slog.Logger // nil discards

	// Target returns the address to dial for each new connection; it may change
	// over time. Empty means that no one is there: the client is reset.
	Target func() string
}
