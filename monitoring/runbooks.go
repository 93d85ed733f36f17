package monitoring

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

//go:embed runbooks
var runbookFiles embed.FS

const runbookIndex = `# Runbooks

One for each alert: what it means, what to look at first, what tells one kind of cause from another, and what not to do. They know the shop and no scenario.
`

// Runbooks serves a list of the runbooks at / and each at /<alert name>: an
// alert's runbook_url with Facts.RunbookBase set to where this is mounted.
// It expects paths without their prefix and uses relative addresses, so it may
// be mounted anywhere that ends in a slash. round names the round that is open,
// for the lines that one pastes into a shell; where it gives "", or is nil, they
// keep the R7 of the text.
func Runbooks(round func() string) http.Handler {
	names := runbookNames()
	page := runbookTemplate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, runbookFiles, "runbooks/style.css")
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		show(w, page, http.StatusOK, runbookPage{Title: "Runbooks", Names: names, Body: markdown([]byte(runbookList(names)))})
	})
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if !slices.Contains(names, name) {
			said := template.HTML("<h1>No such runbook</h1>\n<p>There is none for <code>" + template.HTMLEscapeString(name) + "</code>.</p>")
			show(w, page, http.StatusNotFound, runbookPage{Title: "No such runbook", Names: names, Body: said})
			return
		}
		open := ""
		if round != nil {
			open = round()
		}
		text, err := runbookFiles.ReadFile("runbooks/" + name + ".md")
		if err != nil {
			http.Error(w, "the runbook cannot be read", http.StatusInternalServerError)
			return
		}
		show(w, page, http.StatusOK, runbookPage{Title: name, Name: name, Names: names, Body: markdown(forRound(text, open))})
	})
	return mux
}

// someRound is the round that the texts speak of.
const someRound = "R7"

// forRound fills a round in, and into the names that begin with it.
func forRound(text []byte, id string) []byte {
	if id == "" {
		return text
	}
	return []byte(strings.NewReplacer(stackOf(someRound), stackOf(id), someRound, id).Replace(string(text)))
}

// stackOf is how the names of all that belongs to a round begin.
func stackOf(id string) string { return "chaotic-" + strings.ToLower(id) }

// runbookPage is what page.html is filled with.
type runbookPage struct {
	Title string
	Name  string // of the alert; "" on the list
	Names []string
	Body  template.HTML
}

func runbookTemplate() *template.Template {
	return template.Must(template.ParseFS(runbookFiles, "runbooks/page.html"))
}

// runbookList is the index, as Markdown.
func runbookList(names []string) string {
	list := runbookIndex
	for _, name := range names {
		list += fmt.Sprintf("- [%s](%s)\n", name, name)
	}
	return list
}

func renderPage(page *template.Template, p runbookPage) ([]byte, error) {
	var out bytes.Buffer
	err := page.Execute(&out, p)
	return out.Bytes(), err
}

func show(w http.ResponseWriter, page *template.Template, status int, p runbookPage) {
	text, err := renderPage(page, p)
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(text) // an error here means that the reader has left
}

// markdown makes HTML. What is HTML in the text already is left out, so a
// runbook cannot bring code along.
func markdown(text []byte) template.HTML {
	var out bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert(text, &out); err != nil {
		return template.HTML("<pre>" + template.HTMLEscapeString(string(text)) + "</pre>")
	}
	return template.HTML(out.String())
}

func runbookNames() []string {
	files, err := runbookFiles.ReadDir("runbooks")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(path.Base(f.Name()), ".md"); ok {
			names = append(names, name)
		}
	}
	return names
}
