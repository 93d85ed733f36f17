package postgres

// reserving is the first version that can keep connections back for somebody who
// is no superuser.
const reserving = 16

// reserved is how many RDS keeps for its operator, beside those of superusers.
const reserved = "2"

// Operator is the login of who runs the database, as RDS makes it: it sees what
// others do and ends it, makes logins, alters those that it has made, and gets in
// when the server is full. It is no superuser, but where PostgreSQL is too old to
// let anybody else in then.
func (t Tool) Operator(name, password string) Login {
	if t.Major < reserving {
		return Login{Name: name, Password: password, Superuser: true}
	}
	return Login{
		Name: name, Password: password, CreateRole: true, CreateDatabase: true,
		Member: []string{"pg_monitor", "pg_signal_backend", "pg_use_reserved_connections"},
	}
}
