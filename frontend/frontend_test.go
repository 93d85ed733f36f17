package frontend_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/frontend"
)

// heaviest is what the whole site may weigh, in bytes.
const heaviest = 30_000

// The site is all of the folder that a browser reads, and none of the rest.
func TestTheSiteIsTheFolder(t *testing.T) {
	names, err := fs.Glob(frontend.Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range folder {
		if ours := strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), ".md"); ours == slices.Contains(names, e.Name()) {
			t.Errorf("%s: in the site: %v", e.Name(), !ours)
		}
	}
	dir, weight := t.TempDir(), 0
	for range 2 { // the second time over what is there
		if err := frontend.Unpack(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		want, err := fs.ReadFile(frontend.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(dir + "/" + name); err != nil || string(got) != string(want) {
			t.Errorf("%s unpacked: %d bytes, %v", name, len(got), err)
		}
		weight += len(want)
	}
	t.Logf("%d files, %d bytes", len(names), weight)
	if weight > heaviest {
		t.Errorf("the site weighs %d bytes, more than %d", weight, heaviest)
	}
}

func TestHandler(t *testing.T) {
	h := frontend.Handler()
	ask := func(method, path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		if len(header) > 0 {
			r.Header.Set(header[0], header[1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		method, path string
		code         int
		kind         string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/?q=lantern&page=2", 200, "text/html; charset=utf-8"},
		{"HEAD", "/", 200, "text/html; charset=utf-8"},
		{"GET", "/index.html", 200, "text/html; charset=utf-8"},
		{"GET", "/shop.js", 200, "text/javascript; charset=utf-8"},
		{"GET", "/shop.css", 200, "text/css; charset=utf-8"},
		{"GET", "/icons.svg", 200, "image/svg+xml"},
		{"GET", "/frontend.go", 403, "text/plain; charset=utf-8"},
		{"GET", "/nowhere", 403, "text/plain; charset=utf-8"},
		{"POST", "/", 403, "text/plain; charset=utf-8"},
	} {
		w := ask(c.method, c.path)
		if got := w.Header().Get("Content-Type"); w.Code != c.code || got != c.kind {
			t.Errorf("%s %s: %d %s, want %d %s", c.method, c.path, w.Code, got, c.code, c.kind)
		}
		if body := w.Body.Len(); (body == 0) != (c.method == "HEAD") {
			t.Errorf("%s %s: %d bytes", c.method, c.path, body)
		}
	}
	w := ask("GET", "/")
	for key, want := range map[string]string{
		"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "SAMEORIGIN",
		"Referrer-Policy": "strict-origin-when-cross-origin", "Content-Security-Policy": "", // the page has its own
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if again := ask("GET", "/", "If-None-Match", w.Header().Get("Etag")); again.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", again.Code)
	}
	if other := ask("GET", "/shop.js", "If-None-Match", w.Header().Get("Etag")); other.Code != http.StatusOK {
		t.Errorf("another file with the page's tag: %d", other.Code)
	}
}

var (
	policy  = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]+)">`)
	loads   = regexp.MustCompile(`(?i)<(?:script|link|style|img|iframe|object|embed|base)\b[^>]*>`)
	handler = regexp.MustCompile(`(?i)\s(?:on[a-z]+|style)\s*=`)
	writes  = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser`)
	abroad  = regexp.MustCompile(`(?i)(?:https?:)?//[a-z0-9-]+\.[a-z]`)
)

// The page's policy stands before all that it loads and allows nothing from
// elsewhere, and nothing in the files would need more.
func TestThePolicyIsStrict(t *testing.T) {
	text, err := fs.ReadFile(frontend.Files(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	at := policy.FindStringSubmatchIndex(page)
	if at == nil {
		t.Fatal("the page has no policy")
	}
	said := page[at[2]:at[3]]
	for rule := range strings.SplitSeq(said, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(rule), " ")
		if ok := sources == "'self'" || sources == "'none'" || name == "require-trusted-types-for" && sources == "'script'"; !ok {
			t.Errorf("the policy's %s allows %s", name, sources)
		}
	}
	for _, must := range []string{"default-src 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(said, must) {
			t.Errorf("the policy does not say %s: %s", must, said)
		}
	}
	if first := loads.FindStringIndex(page); first == nil || first[0] < at[1] {
		t.Error("something is loaded before the policy stands")
	}
	if strings.Contains(page, "<style") || strings.Count(page, "<script") != strings.Count(page, "<script type=\"module\" src=\"shop.js\"></script>") {
		t.Error("the page has an inline style or script")
	}
	if found := handler.FindAllString(page, -1); found != nil {
		t.Errorf("the page has attributes that the policy forbids: %q", found)
	}
	names, _ := fs.Glob(frontend.Files(), "*")
	for _, name := range names {
		text, _ := fs.ReadFile(frontend.Files(), name)
		if found := writes.FindAllString(string(text), -1); found != nil {
			t.Errorf("%s makes markup of text: %q", name, found)
		}
		clean := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", "") // a name, not an address
		if found := abroad.FindAllString(clean, -1); found != nil {
			t.Errorf("%s names other hosts: %q", name, found)
		}
	}
}
