package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// What the verb makes is infra/image's business, and takes minutes; here it is
// asked for what it cannot make.
func TestAnImageIsAskedForWhole(t *testing.T) {
	for _, args := range [][]string{{}, {"-tag", "1.0.0"}, {"-out", "bot.tar"}, {"-tag", "1.0.0", "-out", "bot.tar", "more"}} {
		var out, errs bytes.Buffer
		err := run(t.Context(), append([]string{"image"}, args...), lookup(nil), strings.NewReader(""), &out, &errs)
		var code exitCode
		if !errors.As(err, &code) || code != 2 || !strings.Contains(errs.String(), "usage: bot image") {
			t.Errorf("%q: %v, %s", args, err, errs.String())
		}
	}
	t.Setenv("PATH", t.TempDir())
	var out, errs bytes.Buffer
	file := filepath.Join(t.TempDir(), "bot.tar")
	err := run(t.Context(), []string{"image", "-tag", "1.0.0", "-out", file}, lookup(nil), strings.NewReader(""), &out, &errs)
	if err == nil || !strings.Contains(err.Error(), "install Go") || out.Len() > 0 {
		t.Errorf("without Go: %v, %s", err, out.String())
	}
}
