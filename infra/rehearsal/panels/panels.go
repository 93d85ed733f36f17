// Package panels serves the plain Graphs and Logs tabs beside the rehearsal's
// chat: what a player looks at while an incident runs.
//
// It knows time series, log lines and how to draw them in a browser without
// help from outside. It does not know where they come from: Prometheus is a
// [Query], and every process's output is handed to a [Log]. It does not know
// rounds, scenarios or AWS.
//
// Both handlers expect paths without their prefix and use relative addresses,
// so they may be mounted anywhere that ends in a slash.
package panels

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
)

//go:embed static
var static embed.FS

// page serves the shared files, and name as the index. Everything comes from
// the same origin; text of a log line cannot bring code along.
func page(mux *http.ServeMux, name string) {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	server := http.FileServerFS(files)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		if r.URL.Path == "/" || r.URL.Path == "" {
			http.ServeFileFS(w, r, files, name)
			return
		}
		server.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // an error here means that the reader has left
}

// refusal is the body of every answer that is not 200.
type refusal struct {
	Error string `json:"error"`
}
