// Command report makes a page that people can read out of `go test -json`: one
// line a package, the output of what failed, and at the end what was skipped
// and why. It knows Go's test events and nothing of this project. It ends with
// status 1 if anything failed or the events make no sense.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of `go test -json`; go doc test2json names the actions.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// pack is what is known of a package that still runs.
type pack struct {
	tests   int
	order   []string // tests that have said something, in order; "" is the package itself
	output  map[string][]string
	skipped []string
}

func main() {
	failed, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

func report(in io.Reader, out io.Writer) (failed bool, err error) {
	packs := map[string]*pack{}
	var skipped []string
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		} else if err != nil && err != io.EOF {
			return failed, err
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			out.Write(line) // go itself speaks, for example of a module that is missing
			continue
		}
		if e.Action == "build-output" {
			fmt.Fprint(out, e.Output)
			continue
		} else if e.Action == "build-fail" {
			failed = true
			continue
		}
		p := packs[e.Package]
		if p == nil {
			p = &pack{output: map[string][]string{}}
			packs[e.Package] = p
		}
		if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			failed = failed || e.Action == "fail"
			p.end(out, e)
			skipped = append(skipped, p.skipped...)
			delete(packs, e.Package)
			continue
		}
		p.take(e)
	}
	for name := range packs {
		failed = true
		fmt.Fprintf(out, "FAIL  %s never ended\n", name)
	}
	fmt.Fprintf(out, "\n%d skipped\n", len(skipped))
	for _, s := range skipped {
		fmt.Fprintln(out, "  "+s)
	}
	return failed, nil
}

func (p *pack) take(e event) {
	switch e.Action {
	case "output":
		if _, known := p.output[e.Test]; !known {
			p.order = append(p.order, e.Test)
		}
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case "skip":
		p.skipped = append(p.skipped, e.Package+" "+e.Test+": "+reason(p.output[e.Test]))
		p.output[e.Test] = nil
	case "pass":
		p.tests++
		p.output[e.Test] = nil // what passed needs no words
	case "fail":
		p.tests++
	}
}

// end prints a package's line, and where it failed the output of every test
// that did not pass: one that was running when the package died, too.
func (p *pack) end(out io.Writer, e event) {
	switch e.Action {
	case "skip":
		return // it has no tests
	case "pass":
		fmt.Fprintf(out, "ok    %6.1f s  %4d tests  %s\n", e.Elapsed, p.tests, e.Package)
		return
	}
	fmt.Fprintf(out, "FAIL  %6.1f s  %4d tests  %s\n", e.Elapsed, p.tests, e.Package)
	for _, test := range p.order {
		for _, line := range p.output[test] {
			if !strings.HasPrefix(line, "=== ") {
				fmt.Fprint(out, "      ", line)
			}
		}
	}
}

// reason is the last thing that a test said before it was skipped.
func reason(output []string) string {
	said := "no reason given"
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			said = line
		}
	}
	return said
}
