package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/chaotic-good/scenarios/api/scram"
)

// populate creates the logins and the database that are not there yet.
func (s *Server) populate(ctx context.Context) (err error) {
	conn, err := s.superuser(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()

	for _, u := range s.cfg.Users {
		if err := createLogin(ctx, conn, u); err != nil {
			return fmt.Errorf("create login %s: %w", u.Name, err)
		}
	}
	if s.cfg.Database != "" {
		if err := s.createDatabase(ctx, conn); err != nil {
			return fmt.Errorf("create database %s: %w", s.cfg.Database, err)
		}
	}
	return nil
}

func createLogin(ctx context.Context, conn *pgx.Conn, u Login) error {
	// Only a digest of the password reaches the server, and so its log.
	verifier, err := scram.Verifier(u.Password)
	if err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", u.Name).Scan(&exists); err != nil {
		return err
	}
	verb := "CREATE"
	if exists {
		verb = "ALTER"
	}
	limit := u.ConnectionLimit
	if limit == 0 {
		limit = -1
	}
	name := pgx.Identifier{u.Name}.Sanitize()
	sql := fmt.Sprintf("%s ROLE %s LOGIN %s %s %s CONNECTION LIMIT %d PASSWORD '%s'", verb, name,
		option(u.Superuser, "SUPERUSER"), option(u.CreateDatabase, "CREATEDB"), option(u.CreateRole, "CREATEROLE"), limit, verifier)
	if u.Logged {
		sql += fmt.Sprintf("; ALTER ROLE %s SET log_min_duration_statement = 0", name)
	}
	for _, m := range u.Member {
		sql += fmt.Sprintf("; GRANT %s TO %s", pgx.Identifier{m}.Sanitize(), name)
	}
	_, err = conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return err
}

func option(on bool, name string) string {
	if on {
		return name
	}
	return "NO" + name
}

func (s *Server) createDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", s.cfg.Database).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	sql := "CREATE DATABASE " + pgx.Identifier{s.cfg.Database}.Sanitize()
	if len(s.cfg.Users) > 0 {
		sql += " OWNER " + pgx.Identifier{s.cfg.Users[0].Name}.Sanitize()
	}
	_, err := conn.Exec(ctx, sql)
	return err
}
