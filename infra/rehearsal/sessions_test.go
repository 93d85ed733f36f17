package rehearsal

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestStatementsOfPeople: the server's log holds much else.
func TestStatementsOfPeople(t *testing.T) {
	for line, want := range map[string]string{
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: ALTER ROLE report NOLOGIN":                                  "psql LineTyped shop 2026-11-29T20:00:00.123Z ALTER ROLE report NOLOGIN false",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: SELECT 1":                                                   "psql LineTyped shop 2026-11-29T20:00:00.123Z SELECT 1 true",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2.0 ms  execute s_1: SELECT pg_terminate_backend($1)":                                "psql LineTyped shop 2026-11-29T20:00:00.123Z SELECT pg_terminate_backend($1) false",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: ":                                                           "",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: SELECT pid,\n\tpg_terminate_backend(pid)\n\tFROM x":         "psql LineTyped shop 2026-11-29T20:00:00.123Z SELECT pid, pg_terminate_backend(pid) FROM x false",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: \n\tSELECT 1\n2026-11-29 20:00:00.124 UTC [7] LOG:  x\n\ty": "psql LineTyped shop 2026-11-29T20:00:00.123Z SELECT 1 true",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  statement: ALTER ROLE x PASSWORD\n\t'hunter2'":                         "psql LineTyped shop 2026-11-29T20:00:00.123Z ALTER ROLE x PASSWORD (secret) false",
		"\tSELECT 1": "",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=shop logins LOG:  duration: 0.312 ms  statement: CREATE ROLE x LOGIN PASSWORD 'SCRAM'": "",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=shop logins LOG:  duration: 0.312 ms  statement: ALTER ROLE x NOLOGIN":                 "psql LineTyped shop 2026-11-29T20:00:00.123Z ALTER ROLE x NOLOGIN false",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql LOG:  duration: 0.312 ms  parse s_1: SELECT 1":                                    "",
		"2026-11-29 20:00:00.123 UTC [7] operator@shop app=psql ERROR:  syntax error":                                                             "",
		"2026-11-29 20:00:00.123 UTC [7] LOG:  checkpoint complete":                                                                               "",
	} {
		var s sessions
		says := func() {
			for one := range strings.SplitSeq(line, "\n") {
				s.statement("r1", one)
			}
			s.complete("r1", nil)
		}
		says() // before the gateway is open: nobody is told
		got := ""
		s.open(func(id string, event map[string]any) {
			d := event["detail"].(map[string]any)
			r := d["requestParameters"].(map[string]any)
			got = fmt.Sprint(d["eventSource"], " ", d["eventName"], " ", r["target"], " ", d["eventTime"], " ", r["line"], " ", d["readOnly"])
		})
		says()
		if got != want {
			t.Errorf("%s\ngives %q, want %q", line, got, want)
		}
	}
}

func TestManySteps(t *testing.T) {
	var s sessions
	n := map[string]int{}
	s.open(func(id string, event map[string]any) {
		if !event["detail"].(map[string]any)["readOnly"].(bool) {
			id += " changed"
		}
		n[strings.ToLower(id)]++
	})
	for range 10 * mostSteps {
		s.statement("r1", "2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2 ms  statement: SELECT 1")
	}
	s.statement("r2", "2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2 ms  statement: SELECT 1")
	s.statement("r1", "2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2 ms  statement: ALTER ROLE x NOLOGIN")
	s.complete("r1", nil)
	s.complete("r2", nil)
	if n["r1 changed"] != 1 || n["r1"] < mostSteps || n["r1"] > 2*mostSteps || n["r2"] != 1 { // a minute may end meanwhile
		t.Errorf("told %v", n)
	}
}

func TestWhatOnlyAsks(t *testing.T) {
	for sent, want := range map[string]bool{
		"SELECT 1": true, "select 1; show all;": true, "begin": true,
		"explain analyze select 1":                       true,
		"explain analyze delete from x":                  false,
		"select 1; drop table x":                         false,
		"begin; vacuum orders; commit":                   false,
		"analyze orders":                                 false,
		"with x as (delete from y returning 1) select 1": false,
		"select pg_terminate_backend(7)":                 false,
		"":                                               false,
	} {
		if got := asks(sent); got != want {
			t.Errorf("%q only asks: %v", sent, got)
		}
	}
}

// TestTheLastStatement is told though no line follows it.
func TestTheLastStatement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sessions
		n := 0
		s.open(func(string, map[string]any) { n++ })
		s.statement("r1", "2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2 ms  statement: SELECT 1")
		s.statement("r2", "2026-11-29 20:00:00.123 UTC [7] operator@shop app= LOG:  duration: 2 ms  statement: SELECT 1")
		time.Sleep(wholeTime)
		synctest.Wait()
		if n != 2 {
			t.Errorf("%d statements are told, want 2", n)
		}
	})
}
