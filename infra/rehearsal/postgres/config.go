package postgres

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/chaotic-good/scenarios/infra/rehearsal/process"
)

// defaults trade durability for speed, and leave out what works in the
// background, so that all load comes from the round.
func defaults(port, maxConnections int) map[string]string {
	return map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "", // its path could be too long, and TCP is as fast
		"max_connections":         strconv.Itoa(maxConnections),

		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"shared_buffers":     "32MB",
		"autovacuum":         "off",
		"jit":                "off",

		// A query gets one CPU at most, as the arithmetic of the loads assumes.
		"max_parallel_workers_per_gather": "0",
		// Shared memory as files in the data directory, which goes with the run
		// folder even when the server dies hard.
		"dynamic_shared_memory_type": "mmap",

		"password_encryption": "scram-sha-256",
		"logging_collector":   "off", // to stderr, which is captured
		"log_destination":     "stderr",
		"log_line_prefix":     "%m [%p] %q%u@%d app=%a ",
		"log_timezone":        "UTC",
		"timezone":            "UTC",
	}
}

// configFile is read last of postgresql.conf, and before what ALTER SYSTEM set.
const configFile = "rehearsal.conf"

// writeConfig writes our settings beside PostgreSQL's own file and includes
// them there. A setting on the command line could not be changed any more.
func (s *Server) writeConfig(extra map[string]string, as *process.User) error {
	settings := defaults(s.port, s.cfg.MaxConnections)
	if s.cfg.Tool.Major >= reserving {
		settings["reserved_connections"] = reserved
	}
	maps.Copy(settings, extra)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if strings.ContainsAny(name+settings[name], "\n\r\x00") {
			return fmt.Errorf("write settings: bad value for %q", name)
		}
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(settings[name], "'", "''"))
	}
	// A superuser who has code run in the server may have put links there, and
	// we may write where the server may not.
	dir, err := os.OpenRoot(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	defer dir.Close()
	if err := dir.WriteFile(configFile+".new", []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if as != nil {
		if err := dir.Lchown(configFile+".new", int(as.UID), int(as.GID)); err != nil {
			return fmt.Errorf("write settings: %w", err)
		}
	}
	if err := dir.Rename(configFile+".new", configFile); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return include(dir, "postgresql.conf")
}

func include(dir *os.Root, main string) error {
	const line = "\ninclude '" + configFile + "'\n"
	raw, err := dir.ReadFile(main)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if strings.Contains(string(raw), line) {
		return nil
	}
	f, err := dir.OpenFile(main, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	defer f.Close()
	if _, err := f.WriteString(line); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}
