package infra

import (
	"strings"
	"testing"
)

func TestWhatIsShownOfALine(t *testing.T) {
	for line, want := range map[string]string{
		"ls key file; grep token x":                     "ls key file; grep token x",
		"ls /var/log/inventory/and/so/on/and/so/on/and": "ls /var/log/inventory/and/so/on/and/so/on/and",
		"x wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY":    "x (secret)",
		"x --api-key abc":                               "x --api-key (secret)",
		"df -h":                                         "df -h",
		"export PGPASSWORD=hunter2; psql -l":            "export PGPASSWORD=(secret); psql -l",
		"PGPASSWORD='a b' psql":                         "PGPASSWORD=(secret) psql",
		"psql postgres://op:hunter2@h/shop":             "psql postgres://op:(secret)@h/shop",
		"curl -H 'Authorization: Bearer xyz'":           "curl -H 'Authorization: (secret)'",
		"mysql --password hunter2 -h 10.1.2.3":          "mysql --password (secret) -h (address)",
		"aws configure AKIAABCDEFGHIJKLMNOP":            "aws configure (secret)",
		"echo 123456789012":                             "echo (account)",
		"ls\n\tdf\u202e":                                "ls df",
		"create role x password 'it''s' login":          "create role x password (secret)",
		strings.Repeat("x ", 200):                       strings.Repeat("x ", 80) + "…",
	} {
		if got := lineOf(line); got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
		if got := lineOf(lineOf(line)); got != lineOf(line) && len(line) < 200 {
			t.Errorf("%q, shown twice, is %q", line, got)
		}
	}
}

// TestNoSecretIsInALine: in each of these hunter2 is one, in words that shells,
// SQL and programs take.
func TestNoSecretIsInALine(t *testing.T) {
	for _, line := range []string{
		`ALTER ROLE x PASSWORD E'hunter2'`,
		`ALTER ROLE x PASSWORD U&'hunter2'`,
		`ALTER ROLE x PASSWORD'hunter2'`,
		`ALTER ROLE x PASSWORD/**/'hunter2'`,
		`ALTER ROLE x PASSWORD $$1 hunter2$$ LOGIN`,
		`ALTER ROLE x PASSWORD 'hunter2`,
		`ALTER ROLE x PASSWORD 'a"b''hunter2'`,
		`DO $$ BEGIN EXECUTE 'ALTER ROLE x PASSWORD ''hunter2'''; END $$`,
		"ALTER ROLE x PASSWORD\n'hunter2'",
		"passwd; hunter2; hunter2",
		`SET my.password TO 'hunter2'`,
		`select set_config('app.token', 'hunter2', false)`,
		`select crypt('hunter2', gen_salt('md5'))`,
		`export PGPASSWORD=1'x hunter2'`,
		`export PGPASSWORD=1\ hunter2`,
		`export PGPASSWORD="1\" hunter2"`,
		`export PGPASSWORD='hunter2`,
		`export PASS=$'1\'hunter2'`,
		`export PW=hunter2`,
		`export TOKEN=$(echo hunter2)`,
		`psql "host=h password=1;hunter2"`,
		`psql "host=h password = hunter2 user=x"`,
		`psql "postgresql://op:a@hunter2@h/shop"`,
		`psql "postgresql://h/shop?user=op&password=hunter2&x=y"`,
		`sshpass -p hunter2 ssh x`,
		`sshpass -phunter2 ssh x`,
		`curl -u op:hunter2 http://x`,
		`curl --user=op:hunter2 http://x`,
		`curl -H 'Cookie: session=hunter2' x`,
		`echo inventory:hunter2 | chpasswd`,
		`echo hunter2 | passwd --stdin inventory`,
		`echo 'h:5432:shop:op:hunter2' > ~/.pgpass`,
		`aws configure set aws_secret_access_key hunter2`,
		`aws secretsmanager put-secret-value --secret-string hunter2`,
		`aws secretsmanager put-secret-value --secret-string {\"password\":\"hunter2\"}`,
		`x --token --key hunter2`,
		`x TOKEN=a KEY="b" SECRET='c' PASS=hunter2 y`,
		strings.Repeat("x ", 60) + `PASSWORD 'hunter2'`,
	} {
		if got := lineOf(line); strings.Contains(got, "hunter2") || !strings.Contains(got, "(secret)") {
			t.Errorf("%q is shown as %q", line, got)
		} else if again := lineOf(got); again != got {
			t.Errorf("%q, shown twice, is %q", line, again)
		}
	}
}
