package shop

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// newRDS returns a new database of an operator as RDS makes one: no superuser,
// but a member of rds_superuser who may make roles and databases. From PostgreSQL
// 16 such a one may alter only roles that it has made itself, or was given.
func newRDS(t *testing.T) (address, name, operator string) {
	t.Helper()
	address, name = newDatabase(t)
	operator = "operator_" + name
	super := connect(t, address, "postgres", "postgres")
	var group bool
	if err := super.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_superuser')").Scan(&group); err != nil {
		t.Fatal(err)
	}
	if !group {
		execute(t, super, "CREATE ROLE rds_superuser", "GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION")
	}
	execute(t, super, "CREATE ROLE "+operator+" LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser", "ALTER DATABASE "+name+" OWNER TO "+operator)
	return address, name, operator
}

// TestTheOperatorOfRDS: it is no superuser, and yet the shop and a job get their
// logins by it, it sees who has the connections, ends them, bounds them, and takes
// a login away and gives it back, as the fixes of the scenarios do.
func TestTheOperatorOfRDS(t *testing.T) {
	address, name, operator := newRDS(t)
	as := map[string]string{"SHOP_OPERATOR_USER": operator}
	with := func(more map[string]string) map[string]string {
		for k, v := range as {
			more[k] = v
		}
		return jobEnv(address, name, more)
	}
	login, job := "shop_of_"+name, "mailer_of_"+name
	shop := start(t, with(map[string]string{"SHOP_ROLE": "serve", "SHOP_DATABASE_USER": login, "SHOP_DATABASE_PASSWORD": "chosen"}))
	shop.logs.wait(t, "schema ready")
	env := with(map[string]string{"SHOP_ROLE": "mailer", "SHOP_DATABASE_USER": job, "SHOP_MAILER_WORKERS": "6", "SHOP_MAILER_RATE": "100"})
	mailer := start(t, env)
	conn := connect(t, address, name, operator)
	sessionsOf(t, conn, job, 6)

	var super string
	if err := conn.QueryRow(t.Context(), "SHOW is_superuser").Scan(&super); err != nil || super != "off" {
		t.Fatalf("the operator is a superuser: %s, %v", super, err)
	}
	var query string // which is hidden from whoever may not monitor
	if err := conn.QueryRow(t.Context(), "SELECT query FROM pg_stat_activity WHERE usename = $1 LIMIT 1", job).Scan(&query); err != nil || !strings.HasPrefix(query, "LISTEN") {
		t.Errorf("a session of the job does %q, %v", query, err)
	}
	end := "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '" + job + "'"
	execute(t, conn, end)
	sessionsOf(t, conn, job, 6) // they come back
	role := pgx.Identifier{job}.Sanitize()
	execute(t, conn, "ALTER ROLE "+role+" CONNECTION LIMIT 2", end)
	sessionsOf(t, conn, job, 2)
	execute(t, conn, "ALTER ROLE "+role+" NOLOGIN", end)
	mailer.logs.wait(t, "no connection for a mail")
	sessionsOf(t, conn, job, 0)
	if err := mailer.stop(); err != nil {
		t.Error(err)
	}
	mailer = start(t, env) // another run of the job makes its login anew
	sessionsOf(t, conn, job, 6)
	for _, p := range []*process{shop, mailer} {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}
	execute(t, conn, "REVOKE CONNECT ON DATABASE "+name+" FROM PUBLIC") // another way to keep a login out
}
