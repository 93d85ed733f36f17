package shop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chaotic-good/scenarios/api/scram"
)

// loginLock is the advisory lock under which logins are made, so that tasks
// that start together do not trip over each other.
const loginLock = schemaLock + 2

// AsOperator is what the shop calls itself where it works as the database's
// operator: whoever reads the server's log can tell it from people.
const AsOperator = "shop logins"

// connConfig is how a user of the database connects.
func (c config) connConfig(d *dialer, user, password string) (*pgx.ConnConfig, error) {
	address := net.JoinHostPort(c.database.host, strconv.Itoa(c.database.port))
	mode := "prefer"
	if d.loopback(address) {
		mode = "disable" // nothing to hide from, and each connect would dial twice
	}
	u := url.URL{
		Scheme: "postgres", Host: address, Path: "/" + c.database.name, User: url.User(user),
		RawQuery: url.Values{"sslmode": {mode}, "application_name": {c.name}}.Encode(),
	}
	cc, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, fmt.Errorf("configure connection: %w", err)
	}
	// Not in the URL: an error that quotes the URL must not quote this.
	cc.Password = password
	cc.ConnectTimeout = c.database.connectTimeout
	cc.DialFunc = d.DialContext
	// The dialer resolves, since SHOP_RESOLVE goes by the name.
	cc.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return cc, nil
}

// unknown reports whether the server does not let a login in: there is none of
// that name, or it may not, or its password is another.
func unknown(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000")
}

// makeLogin works as the operator of the database. A login that exists is left
// as it is, also one that was revoked or limited, unless renew asks for it anew.
// Doing it again changes nothing but a renewed login's password.
func makeLogin(ctx context.Context, as *pgx.ConnConfig, name, password string, renew bool) error {
	// Only a digest reaches the server, whose log may quote statements.
	verifier, err := scram.Verifier(password)
	if err != nil {
		return err
	}
	as = as.Copy()
	as.RuntimeParams["application_name"] = AsOperator
	conn, err := pgx.ConnectConfig(ctx, as)
	if err != nil {
		return fmt.Errorf("connect as operator: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", loginLock); err != nil {
			return fmt.Errorf("lock logins: %w", err)
		}
		var exists bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name).Scan(&exists); err != nil {
			return fmt.Errorf("look for login: %w", err)
		}
		role := pgx.Identifier{name}.Sanitize()
		statement := fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", role, verifier)
		switch {
		case exists && !renew:
			return nil
		case exists:
			statement = fmt.Sprintf("ALTER ROLE %s LOGIN CONNECTION LIMIT -1 PASSWORD '%s'", role, verifier)
		case !renew: // the shop's own: it makes its tables
			statement += "; GRANT USAGE, CREATE ON SCHEMA public TO " + role
		}
		if _, err := tx.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("make login: %w", err)
		}
		return nil
	})
}
