package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/chaotic-good/scenarios"

// rank orders the packages: an import's rank must be lower. A new package gets
// the lowest rank that its imports allow.
var rank = map[string]int{
	"api/scram":  -1,
	"bot/doctor": 0,

	"bot/round": 0, "api/shop": 0, "frontend": 0, "monitoring": 0, "bot/localdiscord": 0, "bot/localdiscord/referee": 0,
	"infra/resources": 0, "infra/mototest": 0, "infra/tftest": 0,
	"infra/rehearsal/balancer": 0, "infra/rehearsal/cage": 0, "infra/rehearsal/edge": 0, "infra/rehearsal/netpath": 0, "infra/rehearsal/panels": 0, "infra/rehearsal/process": 0, "infra/rehearsal/shell": 0,

	"infra": 1, "infra/cost": 1, "infra/image": 1, "bot/ledger": 1, "bot/alerts": 1, "bot/postmortem": 1, "commands": 1, "api": 1,
	"infra/rehearsal/gateway": 1, "infra/rehearsal/box": 1, "infra/rehearsal/moto": 1, "infra/rehearsal/postgres": 1, "infra/rehearsal/prom": 1,

	"scenarios": 2, "infra/policy": 2, "infra/runner": 2, "infra/rehearsal/reconcile": 2,
	"infra/rehearsal": 3, "bot/discord": 3,
	"deploy": 3, // tests only
	"bot":    4,
}

// reserved says who may import what and all below it, whatever the ranks.
var reserved = []struct {
	what string
	by   []string
	why  string
}{
	{"github.com/hashicorp/terraform-exec", []string{"infra", "infra/tftest", "infra/runner"}, "one package knows how Terraform makes a stack, so that there can be two makers"},
	{module + "/infra/mototest", []string{"tests"}, "it starts what only tests need, and what it is made of does not belong into the program"},
	{module + "/infra/tftest", []string{"tests"}, "it fails tests, and what it is made of does not belong into the program"},
	{"github.com/open-policy-agent/opa", []string{"infra/policy"}, "one package decides what a plan may do, and nobody else pays for the engine"},
	{"github.com/google/go-containerregistry", []string{"infra/image"}, "one package knows how images are made and where they go"},
	{"go.etcd.io/bbolt", []string{"bot/ledger"}, "whoever writes to the file otherwise can lose what the ledger promised to keep"},
	{"github.com/bwmarrin/discordgo", []string{"bot/discord", "commands"}, "nothing else may depend on how Discord words things"},
	{module + "/bot/localdiscord", []string{"bot"}, "the bot must not tell Discord from its stand-in"},
	{module + "/bot/localdiscord/referee", []string{"tests"}, "it judges what was built, and what it is made of does not belong into the program"},
	{"github.com/landlock-lsm/go-landlock", []string{"infra/rehearsal/cage"}, "it locks in whoever calls it, for good: only a process that is about to become another may"},
	{"github.com/elastic/go-seccomp-bpf", []string{"infra/rehearsal/cage"}, "it takes calls away from whoever calls it, for good"},
	{"github.com/getkin/kin-openapi", []string{"bot/localdiscord/referee"}, "one package knows Discord's description, and only tests use that"},
	{module + "/infra/rehearsal", []string{"bot", "infra/rehearsal/..."}, "what acts on AWS must not tell it from its stand-in"},
}

// topLevel is everything that a visitor of the repository sees first.
var topLevel = []string{
	"bot", "commands", "scenarios", "infra", "api", "frontend", "monitoring", "deploy",
	"go.mod", "go.sum", "README.md", "LICENSE",
}

// sleepers are the test files that may sleep outside a synctest bubble.
var sleepers = map[string]string{
	"infra/rehearsal/process/main_linux_test.go": "runs in a child process, and /proc announces nothing that one could wait for",
	"bot/round/engine_world_test.go":             "is called in the bubble that engine_rapid_test.go opens",
}

const longest = 400 // lines of a file

type source struct {
	path, dir string // from the module's root
	test      bool
	lines     int
	file      *ast.File
}

type tree struct {
	set     *token.FileSet
	sources []source
	top     []string
}

// plant parses every Go file in process: a test that runs `go list` instead
// can be served from the test cache and miss a new violation.
func plant(t *testing.T, root fs.FS) tree {
	t.Helper()
	all := tree{set: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != "." && !strings.Contains(name, "/") {
			all.top = append(all.top, name)
		}
		if d.IsDir() {
			if base := path.Base(name); name != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(all.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all.sources = append(all.sources, source{
			path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(text), "\n"), file: file,
		})
		return nil
	})
	if err != nil {
		t.Fatalf("read the source: %v", err)
	}
	return all
}

func (s source) imports() (paths []string) {
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value) // it was parsed
		paths = append(paths, p)
	}
	return paths
}

// mentions lists where the file mentions pkg.name.
func (s source) mentions(pkg, name string) (at []token.Pos) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == pkg && sel.Sel.Name == name {
				at = append(at, sel.Pos())
			}
		}
		return true
	})
	return at
}

func below(p, prefix string) bool { return p == prefix || strings.HasPrefix(p, prefix+"/") }

// rules are what the code must keep to. Each gives one sentence for each
// violation, with the reason.
var rules = map[string]func(tree) []string{
	"imports point one way":              importsPointDown,
	"some imports are reserved":          importsAreReserved,
	"one place opens a Discord session":  onePlaceOpensSessions,
	"every package says what it knows":   packagesAreCommented,
	"the top level is the card's":        topLevelIsTheCards,
	"files are short":                    filesAreShort,
	"nothing runs before main":           nothingRunsBeforeMain,
	"only main ends the program":         onlyMainExits,
	"no test waits by sleeping":          noTestSleeps,
	"scenarios do not know where we are": noRehearsalConditions,
}

func importsPointDown(all tree) (wrong []string) {
	for _, s := range all.sources {
		from, ranked := rank[s.dir]
		if !ranked {
			wrong = append(wrong, fmt.Sprintf("%s: package %s has no rank; give it the lowest that its imports allow, here, so that somebody has thought about who may use it", s.path, s.dir))
			continue
		}
		for _, p := range s.imports() {
			target, ours := strings.CutPrefix(p, module+"/")
			if to, ok := rank[target]; ours && !s.test && ok && to >= from {
				wrong = append(wrong, fmt.Sprintf("%s: %s (rank %d) imports %s (rank %d); imports point one way, so that what decides can be read and tested without what it drives", s.path, s.dir, from, target, to))
			}
		}
	}
	return wrong
}

func importsAreReserved(all tree) (wrong []string) {
	for _, s := range all.sources {
		for _, p := range s.imports() {
			for _, r := range reserved {
				mine := slices.ContainsFunc(r.by, func(who string) bool {
					dir, deep := strings.CutSuffix(who, "/...")
					return s.dir == dir || deep && below(s.dir, dir)
				})
				if below(p, r.what) && !mine && !s.test {
					wrong = append(wrong, fmt.Sprintf("%s imports %s, which is for %s only: %s", s.path, p, strings.Join(r.by, " and "), r.why))
				}
			}
		}
	}
	return wrong
}

func onePlaceOpensSessions(all tree) (wrong []string) {
	for _, s := range all.sources {
		for _, at := range s.mentions("discordgo", "New") {
			if s.dir != "bot/discord" && !s.test {
				wrong = append(wrong, fmt.Sprintf("%s opens a Discord session; only bot/discord does, because it alone mends what the library does badly", all.set.Position(at)))
			}
		}
	}
	return wrong
}

var sentenceEnd = regexp.MustCompile(`[.!?](\s|$)`)

func packagesAreCommented(all tree) (wrong []string) {
	comments := map[string][]string{}
	names := map[string]string{}
	for _, s := range all.sources {
		if s.test {
			continue
		}
		names[s.dir] = s.file.Name.Name
		if s.file.Doc != nil {
			comments[s.dir] = append(comments[s.dir], s.file.Doc.Text())
		}
	}
	const why = "a package says once what it is for, what it knows and what it does not, and that is how a reader finds the right one"
	for dir, name := range names {
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command " + path.Base(dir) + " "
		}
		switch have := comments[dir]; {
		case len(have) != 1:
			wrong = append(wrong, fmt.Sprintf("%s has %d package comments, want one: %s", dir, len(have), why))
		case !strings.HasPrefix(have[0], begin):
			wrong = append(wrong, fmt.Sprintf("%s: its comment does not begin with %q: %s", dir, begin, why))
		case len(sentenceEnd.FindAllString(have[0], -1)) < 2:
			wrong = append(wrong, fmt.Sprintf("%s: its comment is one sentence: %s", dir, why))
		}
	}
	return wrong
}

func topLevelIsTheCards(all tree) (wrong []string) {
	for _, name := range all.top {
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) {
			wrong = append(wrong, fmt.Sprintf("%s stands at the top level, where only %s belong: a new thing has its place in one of them", name, strings.Join(topLevel, " ")))
		}
	}
	return wrong
}

func filesAreShort(all tree) (wrong []string) {
	for _, s := range all.sources {
		if s.lines > longest && !s.test && !ast.IsGenerated(s.file) {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines; over %d it does more than one thing, and nobody reviews it whole", s.path, s.lines, longest))
		}
	}
	return wrong
}

func nothingRunsBeforeMain(all tree) (wrong []string) {
	for _, s := range all.sources {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				wrong = append(wrong, fmt.Sprintf("%s: an init function; list things in a table and pass them on, so that importing a package changes nothing", all.set.Position(f.Pos())))
			}
		}
	}
	return wrong
}

func onlyMainExits(all tree) (wrong []string) {
	for _, s := range all.sources {
		if s.test || s.file.Name.Name == "main" {
			continue
		}
		for _, call := range [][2]string{{"os", "Exit"}, {"log", "Fatal"}, {"log", "Fatalf"}, {"log", "Fatalln"}} {
			for _, at := range s.mentions(call[0], call[1]) {
				wrong = append(wrong, fmt.Sprintf("%s: %s.%s skips every deferred clean-up of everybody; return an error", all.set.Position(at), call[0], call[1]))
			}
		}
	}
	return wrong
}

func noTestSleeps(all tree) (wrong []string) {
	for _, s := range all.sources {
		if !s.test || slices.Contains(s.imports(), "testing/synctest") || sleepers[s.path] != "" {
			continue
		}
		for _, at := range s.mentions("time", "Sleep") {
			wrong = append(wrong, fmt.Sprintf("%s: time.Sleep is too short on a busy machine and too long on the others; wait for the event, or use a synctest bubble", all.set.Position(at)))
		}
	}
	return wrong
}

func noRehearsalConditions(all tree) (wrong []string) {
	asks := func(exprs ...ast.Expr) (yes bool) {
		for _, e := range exprs {
			if e == nil {
				continue
			}
			ast.Inspect(e, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					yes = yes || strings.Contains(strings.ToLower(n.Name), "rehears")
				case *ast.BasicLit:
					yes = yes || strings.Contains(strings.ToLower(n.Value), "rehears")
				}
				return true
			})
		}
		return yes
	}
	for _, s := range all.sources {
		if s.test || !below(s.dir, "scenarios") && !below(s.dir, "commands") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			bad := false
			switch n := n.(type) {
			case *ast.IfStmt:
				bad = asks(n.Cond)
			case *ast.SwitchStmt:
				bad = asks(n.Tag)
			case *ast.CaseClause:
				bad = asks(n.List...)
			}
			if bad {
				wrong = append(wrong, fmt.Sprintf("%s asks whether this is a rehearsal; then what is rehearsed is not what runs on AWS. Durations come from the pace, everything else is the world's business", all.set.Position(n.Pos())))
			}
			return true
		})
	}
	return wrong
}

func TestTheCodeKeepsToItsRules(t *testing.T) {
	all := plant(t, os.DirFS(".."))
	if len(all.sources) < 100 {
		t.Fatalf("only %d Go files were found; the test looks in the wrong place", len(all.sources))
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, sentence := range rule(all) {
				t.Error(sentence)
			}
		})
	}
}

// A rule that never fails protects nothing: each meets code that breaks it.
func TestEachRuleBites(t *testing.T) {
	const why = "// Package x is for tests. It knows nothing.\n"
	cases := []struct{ rule, path, text, says string }{
		{"imports point one way", "bot/round/x.go", "package round\nimport _ \"" + module + "/infra\"", "bot/round (rank 0) imports infra (rank 1)"},
		{"imports point one way", "bot/ledger/x.go", "package ledger\nimport _ \"" + module + "/bot/alerts\"", "rank 1"},
		{"imports point one way", "bot/newcomer/x.go", "package newcomer", "has no rank"},
		{"some imports are reserved", "bot/round/x.go", "package round\nimport _ \"go.etcd.io/bbolt/errors\"", "for bot/ledger only"},
		{"some imports are reserved", "scenarios/x.go", "package scenarios\nimport _ \"github.com/hashicorp/terraform-exec/tfexec\"", "for infra and infra/tftest and infra/runner only"},
		{"some imports are reserved", "infra/rehearsal/x.go", "package rehearsal\nimport _ \"github.com/hashicorp/terraform-exec/tfexec\"", "for infra and infra/tftest and infra/runner only"},
		{"some imports are reserved", "bot/postmortem/x.go", "package postmortem\nimport _ \"github.com/bwmarrin/discordgo\"", "bot/discord and commands only"},
		{"some imports are reserved", "bot/discord/x.go", "package discord\nimport _ \"" + module + "/bot/localdiscord\"", "stand-in"},
		{"some imports are reserved", "bot/discord/x.go", "package discord\nimport _ \"" + module + "/infra/rehearsal/gateway\"", "stand-in"},
		{"some imports are reserved", "bot/x.go", "package main\nimport _ \"" + module + "/bot/localdiscord/referee\"", "for tests only"},
		{"some imports are reserved", "bot/localdiscord/x.go", "package localdiscord\nimport _ \"github.com/getkin/kin-openapi/openapi3\"", "for bot/localdiscord/referee only"},
		{"one place opens a Discord session", "commands/x.go", "package commands\nvar _, _ = discordgo.New(\"\")", "only bot/discord"},
		{"every package says what it knows", "infra/x.go", "package infra", "0 package comments"},
		{"every package says what it knows", "infra/x.go", "// Infra is good. It is.\npackage infra", `begin with "Package infra "`},
		{"every package says what it knows", "api/x.go", why + "package main", `begin with "Command api "`},
		{"every package says what it knows", "infra/x.go", "// Package infra is for stacks of version 1.2.\npackage infra", "one sentence"},
		{"the top level is the card's", "tools/x.go", "package tools", "tools stands at the top level"},
		{"files are short", "infra/x.go", "package infra\n" + strings.Repeat("\n", longest-1), "401 lines"},
		{"nothing runs before main", "infra/x_test.go", "package infra\nfunc init() {}", "init function"},
		{"only main ends the program", "infra/x.go", "package infra\nfunc f() { os.Exit(1) }", "os.Exit skips"},
		{"only main ends the program", "infra/x.go", "package infra\nfunc f() { log.Fatalf(``) }", "log.Fatalf skips"},
		{"no test waits by sleeping", "infra/x_test.go", "package infra\nfunc f() { time.Sleep(1) }", "time.Sleep"},
		{"scenarios do not know where we are", "scenarios/x.go", "package scenarios\nfunc f() { if cfg.Rehearsal { return } }", "asks whether"},
		{"scenarios do not know where we are", "commands/x.go", "package commands\nfunc f() { switch where { case `rehearsal`: } }", "asks whether"},
	}
	bitten := map[string]bool{}
	for _, c := range cases {
		found := rules[c.rule](plant(t, fstest.MapFS{c.path: {Data: []byte(c.text + "\n")}}))
		bitten[c.rule] = true
		if len(found) != 1 || !strings.Contains(found[0], c.says) {
			t.Errorf("%s: %s\n%s\nis answered %q, want one sentence with %q", c.rule, c.path, c.text, found, c.says)
		}
	}
	for name := range rules {
		if !bitten[name] {
			t.Errorf("no case breaks the rule %q", name)
		}
	}
}
