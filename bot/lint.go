package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chaotic-good/scenarios/scenarios"
)

// lintVerb checks what is written about the scenarios: those in this binary, those
// in a folder, or the one whose folder it is.
func lintVerb(args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("scenarios lint", flag.ContinueOnError)
	flags.SetOutput(errs)
	dir, err := oneArgument(flags, args)
	if err != nil {
		return err
	}
	var files fs.FS = scenarios.Files
	id := ""
	if dir != "" {
		if dir, err = filepath.Abs(dir); err != nil {
			return fmt.Errorf("find %s: %w", dir, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "scenario.yaml")); err == nil {
			dir, id = filepath.Split(dir)
		}
		files = os.DirFS(dir)
	}
	all, err := scenarios.Lint(files, id)
	if err != nil {
		return err
	}
	findings := 0
	for _, l := range all {
		if len(l.Findings) == 0 {
			fmt.Fprintf(out, "%-20s ok: ways %d, right moves %d, wrong moves %d\n", l.ID, l.Ways, l.Fixes, l.Wrong)
			continue
		}
		fmt.Fprintf(out, "%-20s %d findings\n", l.ID, len(l.Findings))
		for _, what := range l.Findings {
			fmt.Fprintf(out, "  - %s\n", what)
		}
		findings += len(l.Findings)
	}
	if findings > 0 {
		return fmt.Errorf("%d findings", findings)
	}
	return nil
}
