// Package postgres runs a real PostgreSQL server for the rehearsed world.
//
// It knows where PostgreSQL's programs are found, how a data directory is made
// quickly, and how a server is started, changed and stopped. It does not know
// what the database holds, who breaks it, or how clients reach it.
//
// The server gives up durability for speed: the database lives as long as the
// rehearsal. It listens on 127.0.0.1 only, asks everybody for a password, and
// has no Unix socket. Its superusers get no further than its data directory,
// where the kernel can see to that.
package postgres

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// Login is a role that may connect.
type Login struct {
	Name, Password string

	Superuser       bool
	Logged          bool // each statement that it completes is in the log
	CreateDatabase  bool
	CreateRole      bool
	ConnectionLimit int      // 0: as many as the server has
	Member          []string // of existing roles or earlier logins, for example pg_signal_backend
}

// Config is what a Server needs from outside.
type Config struct {
	Group *process.Group
	Log   *slog.Logger // nil discards
	Tool  Tool

	// Dir is the data directory. If it is missing, it is made: as a copy of
	// Template, or from nothing when Template is empty. The user whom the server
	// runs as must be able to pass through the folders above it.
	Dir, Template string

	Users          []Login
	Database       string // created if missing, and owned by the first of Users
	MaxConnections int    // 60 if zero; three are kept for superusers, and from PostgreSQL 16 two for operators
	CPUs           int    // that the server and all its backends share; 0: all

	// Settings are further lines of postgresql.conf. ALTER SYSTEM overrides them.
	Settings map[string]string

	// Cage is the argv of this binary as the cage that the server runs in, for
	// example {"/proc/self/exe", "cage"}; its main must call cage.Enter with what
	// follows. Nil means none: for a machine on which TryCage fails.
	Cage []string

	// Name is the process's name, "postgres" if empty, and Source the one under
	// which its lines are handed on; Name if empty.
	Name, Source string
}

// Server is one PostgreSQL server. It keeps its address over restarts.
type Server struct {
	cfg      Config
	port     int
	exporter atomic.Pointer[exporter]
	first    int // of the CPUs, so that servers beside each other do not share one

	mu       sync.Mutex // one start, stop or change at a time
	settings map[string]string
	cpus     int
	proc     *process.Process
}

// Superuser is the role that owns the cluster. On RDS it has this name too, and
// nobody may use it there either; here its password is in the data directory.
const Superuser = "rdsadmin"

// readyTimeout is how long a start may take: 20 ms when calm, and recovery
// after a crash on a busy machine is the worst case.
const readyTimeout = 20 * time.Second

// Addr is where the server listens, as host:port.
func (s *Server) Addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Process is the running postmaster, or the one that ran last.
func (s *Server) Process() *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}
