package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestTheOperator: it gets into a server that is full, makes a login, ends its
// sessions and takes it away, and where PostgreSQL can do that without a superuser
// it is none.
func TestTheOperator(t *testing.T) {
	pg := tool(t)
	operator := pg.Operator("operator", "sesame-of-the-operator")
	s := newTestServer(t, Config{Users: []Login{operator}, Database: "shop", MaxConnections: 12})
	conn := connect(t, s, operator, "shop")
	if got, want := show(t, conn, "SHOW is_superuser"), map[bool]string{true: "off", false: "on"}[pg.Major >= reserving]; got != want {
		t.Errorf("PostgreSQL %d: the operator is a superuser: %s, want %s", pg.Major, got, want)
	}
	leaky := Login{Name: "mailer", Password: "sesame-of-the-mailer"}
	for _, statement := range []string{"CREATE ROLE mailer LOGIN PASSWORD 'sesame-of-the-mailer'", "GRANT USAGE, CREATE ON SCHEMA public TO mailer"} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	n := 0
	for ; n < 12; n++ {
		c, err := pgx.Connect(t.Context(), url(s, leaky, "shop"))
		if err != nil {
			break
		}
		t.Cleanup(func() { _ = c.Close(t.Context()) })
	}
	if n == 0 || n == 12 {
		t.Fatalf("%d others got in, and the server was to be full", n)
	}
	second := connect(t, s, operator, "shop")
	for _, statement := range []string{
		"ALTER ROLE mailer CONNECTION LIMIT 3", "ALTER ROLE mailer NOLOGIN",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mailer'",
	} {
		if _, err := second.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	if c, err := pgx.Connect(t.Context(), url(s, leaky, "shop")); err == nil {
		t.Error("the login that was taken away gets in")
		_ = c.Close(t.Context())
	}
}
