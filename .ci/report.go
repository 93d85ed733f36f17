// Command report makes a page that people can read out of `go test -json`: one
// line a package, the output of what failed, and at the end what was skipped
// and why. It knows Go's test events and nothing of this project. It ends with
// status 1 if anything failed or the events make no sense.
//
// With -failed FILE it writes there a line for each test that failed, its
// package and its name, so that they can be looked at a second time. Where
// something failed that is no test's (a package that did not compile or died),
// it writes no file.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
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
	failed  []string // tests that are no part of another
}

func main() {
	file := flag.String("failed", "", "where to write the tests that failed")
	flag.Parse()
	failed, tests, err := report(os.Stdin, os.Stdout)
	if err == nil && *file != "" && len(tests) > 0 {
		err = os.WriteFile(*file, []byte(strings.Join(tests, "\n")+"\n"), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	if failed || err != nil {
		os.Exit(1)
	}
}

// report gives the tests that failed only if they are all that failed.
func report(in io.Reader, out io.Writer) (failed bool, tests []string, err error) {
	packs := map[string]*pack{}
	var skipped []string
	other := false // something failed that is no test's
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		} else if err != nil && err != io.EOF {
			return failed, nil, err
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
			failed, other = true, true
			continue
		}
		p := packs[e.Package]
		if p == nil {
			p = &pack{output: map[string][]string{}}
			packs[e.Package] = p
		}
		if e.Test == "" && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip") {
			failed = failed || e.Action == "fail"
			other = other || e.Action == "fail" && (len(p.failed) == 0 || p.died())
			tests = append(tests, p.failed...)
			p.end(out, e)
			skipped = append(skipped, p.skipped...)
			delete(packs, e.Package)
			continue
		}
		p.take(e)
	}
	for name := range packs {
		failed, other = true, true
		fmt.Fprintf(out, "FAIL  %s never ended\n", name)
	}
	fmt.Fprintf(out, "\n%d skipped\n", len(skipped))
	for _, s := range skipped {
		fmt.Fprintln(out, "  "+s)
	}
	if other {
		tests = nil
	}
	return failed, tests, nil
}

// died reports whether the package ended by itself, in a panic or at its time
// limit: what it had not tried yet is then unknown.
func (p *pack) died() bool {
	for _, lines := range p.output {
		for _, line := range lines {
			if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "exit status 2") {
				return true
			}
		}
	}
	return false
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
		if !strings.Contains(e.Test, "/") {
			p.failed = append(p.failed, e.Package+" "+e.Test)
		}
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
