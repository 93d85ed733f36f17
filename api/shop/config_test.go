package shop

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryMistakeInTheEnvironmentIsNamed(t *testing.T) {
	env := map[string]string{
		"SHOP_ROLE": "serve", "SHOP_SLOTS": "none", "SHOP_PAYMENT_WAIT": "-1s", "SHOP_RESOLVE": "a=b",
		"SHOP_DATABASE_PASSWORD": "not-in-any-log",
	}
	err := Run(t.Context(), func(k string) string { return env[k] }, &bytes.Buffer{})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, part := range []string{"SHOP_SLOTS", "SHOP_PAYMENT_WAIT", "SHOP_RESOLVE", "SHOP_DATABASE_HOST is missing"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not named in %v", part, err)
		}
	}
	if strings.Contains(err.Error(), "not-in-any-log") {
		t.Errorf("the password is in %v", err)
	}
	_, err = readConfig(func(k string) string {
		return map[string]string{"SHOP_ROLE": "visitors", "SHOP_TARGET_URL": "http://shop", "SHOP_VISITORS_ROUTES": "order,sell"}[k]
	})
	if err == nil || !strings.Contains(err.Error(), `no route is called "sell"`) {
		t.Errorf("an unknown route: %v", err)
	}
	for _, role := range []string{"", "sell"} {
		if _, err := readConfig(func(k string) string { return map[string]string{"SHOP_ROLE": role}[k] }); err == nil {
			t.Errorf("role %q was accepted", role)
		}
	}
}

func TestResolve(t *testing.T) {
	instead, err := parseResolve("DB.internal:5432=127.0.0.1:6000, stock.internal:80=10.0.0.7:8080")
	if err != nil {
		t.Fatal(err)
	}
	d := newDialer(instead)
	for from, to := range map[string]string{
		"db.internal:5432": "127.0.0.1:6000", "stock.internal:80": "10.0.0.7:8080", "db.internal:5433": "db.internal:5433",
	} {
		if got := d.destination(from); got != to {
			t.Errorf("%s leads to %s, want %s", from, got, to)
		}
	}
	if !d.loopback("db.internal:5432") || d.loopback("stock.internal:80") {
		t.Error("loopback is not told from the network")
	}
	open := httptest.NewServer(nil)
	defer open.Close()
	address := open.Listener.Addr().String()
	for list, ok := range map[string]bool{"": true, "db:1=" + address: true, "*": false, "db:1=" + address + ",*": false} {
		instead, err := parseResolve(list)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := newDialer(instead).DialContext(t.Context(), "tcp", address)
		if (err == nil) != ok {
			t.Errorf("with %q another address is dialled: %v", list, err)
		}
		if err == nil {
			conn.Close()
		}
		if list == "" || list == "*" {
			continue
		}
		if conn, err = newDialer(instead).DialContext(t.Context(), "tcp", "db:1"); err != nil {
			t.Errorf("with %q what is named: %v", list, err)
		} else {
			conn.Close()
		}
	}
	for _, bad := range []string{"db:5432", "db=127.0.0.1:1", "db:5432=host:1", "db:5432=127.0.0.1", ","} {
		if _, err := parseResolve(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
