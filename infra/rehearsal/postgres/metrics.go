package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// exporter tells a Prometheus of the server what postgres_exporter tells on AWS,
// by the same names, as far as the graphs ask. It outlives the server's restarts.
type exporter struct {
	addr  string
	serve *http.Server
}

// askTime bounds one look: a scrape waits no longer.
const askTime = time.Second

// Metrics is where Prometheus finds the server's metrics, as host:port; empty
// before Export and after Stop.
func (s *Server) Metrics() string {
	if e := s.exporter.Load(); e != nil {
		return e.addr
	}
	return ""
}

// Export begins to tell a Prometheus of the server, until Stop.
func (s *Server) Export() error {
	if s.exporter.Load() != nil {
		return nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the monitoring: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), askTime)
		defer cancel()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		used, most, err := s.connections(ctx)
		if err != nil { // the exporter answers all the same, without figures
			fmt.Fprint(w, "# TYPE pg_up gauge\npg_up 0\n")
			return
		}
		fmt.Fprint(w, "# TYPE pg_up gauge\npg_up 1\n# TYPE pg_stat_database_numbackends gauge\n")
		for _, d := range used {
			fmt.Fprintf(w, "pg_stat_database_numbackends{datname=%q} %d\n", d.Name, d.Backends)
		}
		fmt.Fprintf(w, "# TYPE pg_settings_max_connections gauge\npg_settings_max_connections %d\n", most)
	})
	e := &exporter{addr: l.Addr().String(), serve: &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}}
	s.exporter.Store(e)
	go func() { _ = e.serve.Serve(l) }() // it ends with Stop
	return nil
}

func (s *Server) unexport() {
	if e := s.exporter.Swap(nil); e != nil {
		_ = e.serve.Close() // it was only read from
	}
}

// backends are the connections to one database.
type backends struct {
	Name     string
	Backends int
}

// connections counts with a connection of its own, which is let go of at once: a
// superuser gets in where the server has no slot left for others.
func (s *Server) connections(ctx context.Context) (used []backends, most int, err error) {
	conn, err := s.superuser(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if err := conn.QueryRow(ctx, "SELECT setting::int FROM pg_settings WHERE name = 'max_connections'").Scan(&most); err != nil {
		return nil, 0, fmt.Errorf("read max_connections: %w", err)
	}
	rows, err := conn.Query(ctx, "SELECT datname AS name, numbackends AS backends FROM pg_stat_database WHERE datname IS NOT NULL ORDER BY 1")
	if err != nil {
		return nil, 0, fmt.Errorf("count the connections: %w", err)
	}
	if used, err = pgx.CollectRows(rows, pgx.RowToStructByName[backends]); err != nil {
		return nil, 0, fmt.Errorf("count the connections: %w", err)
	}
	return used, most, nil
}

// superuser connects as the role that owns the cluster.
func (s *Server) superuser(ctx context.Context) (*pgx.Conn, error) {
	secret, err := os.ReadFile(filepath.Join(s.cfg.Dir, secretFile))
	if err != nil {
		return nil, fmt.Errorf("read superuser's password: %w", err)
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d dbname=postgres sslmode=disable connect_timeout=10", s.port))
	if err != nil {
		return nil, fmt.Errorf("connect as superuser: %w", err)
	}
	cfg.User, cfg.Password = Superuser, strings.TrimSpace(string(secret))
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect as superuser: %w", err)
	}
	return conn, nil
}
