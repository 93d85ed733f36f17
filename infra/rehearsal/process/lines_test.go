package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestReadLines(t *testing.T) {
	long := strings.Repeat("x", lineBound)
	for in, want := range map[string][]string{
		"":                 nil,
		"a\n":              {"a"},
		"a\r\n\nb":         {"a", "", "b"},
		long + "y\nnext\n": {long, "y", "next"},
	} {
		var got []string
		if err := readLines(strings.NewReader(in), func(b []byte) { got = append(got, string(b)) }); err != nil || !slices.Equal(got, want) {
			t.Errorf("%.20q: %d lines, want %d, %v", in, len(got), len(want), err)
		}
	}
}

func TestLogIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := openLog(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"one", "two", "three", "four"} {
		if err := l.line([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	now, _ := os.ReadFile(path)
	before, _ := os.ReadFile(path + ".1")
	if string(now) != "four\n" || string(before) != "three\n" {
		t.Errorf("log %q, predecessor %q", now, before)
	}
	if err := l.line([]byte("late")); err == nil {
		t.Error("a closed log took a line")
	}
}
