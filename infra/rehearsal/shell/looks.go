package shell

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// looking are the commands that change nothing, whatever they are told: the
// editors because this box has none.
var looking = []string{
	"[", "basename", "cat", "cd", "clear", "cut", "date", "df", "dirname", "du", "echo", "egrep", "exit", "false", "file", "free", "grep", "head", "help", "history",
	"hostname", "id", "journalctl", "less", "ls", "lsblk", "lsof", "man", "more", "mount", "printf", "ps", "pwd", "set", "sleep", "sort", "stat", "tail", "test",
	"nano", "tr", "true", "uname", "uniq", "uptime", "wc", "which", "who", "whoami", "type", "top", "vi", "vim",
}

// asking are the verbs of systemctl that change nothing.
var asking = []string{"status", "show", "cat", "is-active", "is-failed", "is-enabled", "list-units", "list-timers"}

// Looks reports whether a script can only have looked. One that is not understood
// may do anything.
func Looks(script string) bool {
	if len(script) > mostScript {
		return false
	}
	prog, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return false
	}
	only := true
	syntax.Walk(prog, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			only = only && looks(n.Args)
		case *syntax.Redirect:
			only = only && (!writes(n.Op) || n.Word != nil && slices.Contains([]string{"/dev/null", "1", "2"}, n.Word.Lit()))
		case *syntax.FuncDecl:
			only = false
		}
		return only
	})
	return only
}

func writes(op syntax.RedirOperator) bool {
	return !slices.Contains([]syntax.RedirOperator{syntax.RdrIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc, syntax.DplIn}, op)
}

func looks(args []*syntax.Word) bool {
	var words []string
	for _, a := range args {
		words = append(words, a.Lit())
	}
	for len(words) > 0 && (words[0] == "sudo" || words[0] == "command") {
		words = words[1:]
	}
	if len(words) == 0 {
		return len(args) == 0 // variables are set; or somebody becomes root
	}
	switch rest := words[1:]; words[0] {
	case "systemctl":
		return len(rest) == 0 || slices.ContainsFunc(rest, func(w string) bool { return slices.Contains(asking, w) })
	case "sed":
		return !slices.ContainsFunc(rest, func(w string) bool {
			return strings.HasPrefix(w, "--in-place") || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "i")
		})
	case "find":
		return !slices.ContainsFunc(rest, func(w string) bool { return w == "-delete" || strings.HasPrefix(w, "-exec") })
	}
	return slices.Contains(looking, words[0])
}
