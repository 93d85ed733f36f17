// Package frontend is the shop's static site: the page of products and orders,
// as files that a browser reads.
//
// It knows the files, their kinds, and what a browser is told with them. It does
// not know who serves them: on AWS Terraform uploads this very folder into a
// bucket behind CloudFront, in a rehearsal the world serves [Handler]. What the
// page asks the shop for, it asks below /api at its own address.
package frontend

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"time"
)

//go:embed *.html *.css *.js *.svg
var files embed.FS

// Files returns the files of the site, and nothing else of the folder.
func Files() fs.FS { return files }

// kindOf is the content type of a file's name, as Terraform's module gives it to
// the bucket.
func kindOf(name string) string {
	return map[string]string{
		".html": "text/html; charset=utf-8",
		".css":  "text/css; charset=utf-8",
		".js":   "text/javascript; charset=utf-8",
		".svg":  "image/svg+xml",
	}[path.Ext(name)]
}

// Unpack writes the files into dir, over what is there: Terraform uploads a
// folder.
func Unpack(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("unpack the site: %w", err)
	}
	for name, text := range all() {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("unpack the site: %w", err)
		}
	}
	return nil
}

// Handler serves the site as it is served on AWS: index.html at the root, the
// other files by their names, and for all else the bucket's refusal. A browser
// asks each time whether a file is still the same, and gets the headers that
// CloudFront's managed policy for security adds, but for the two that mean
// something only with TLS or to browsers of long ago.
func Handler() http.Handler {
	type file struct {
		text []byte
		tag  string
	}
	served := map[string]file{}
	for name, text := range all() {
		sum := sha256.Sum256(text)
		served["/"+name] = file{text, `"` + hex.EncodeToString(sum[:16]) + `"`}
	}
	served["/"] = served["/index.html"]
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := served[r.URL.Path]
		if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Access Denied", http.StatusForbidden)
			return
		}
		name := path.Base(r.URL.Path)
		if name == "/" {
			name = "index.html"
		}
		h := w.Header()
		h.Set("Content-Type", kindOf(name))
		h.Set("Cache-Control", "no-cache")
		h.Set("Etag", f.tag)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.text))
	})
}

// all is every file's text by its name.
func all() map[string][]byte {
	texts := map[string][]byte{}
	names, err := fs.Glob(files, "*")
	for _, name := range names {
		var text []byte
		if text, err = files.ReadFile(name); err != nil {
			break
		}
		texts[name] = text
	}
	if err != nil {
		panic(err) // they are compiled in
	}
	return texts
}
