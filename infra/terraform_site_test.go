package infra

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chaotic-good/scenarios/frontend"
)

// mustServeTheSite holds what is uploaded, and how it is told to browsers, to
// what a rehearsal serves.
func mustServeTheSite(t *testing.T, all state) {
	t.Helper()
	served := frontend.Handler()
	var uploaded []string
	for _, r := range all["aws_s3_object"] {
		if r.at("tags", "role").String() != "site" {
			continue
		}
		key := r.at("key").String()
		uploaded = append(uploaded, key)
		w := httptest.NewRecorder()
		served.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/"+key, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s is uploaded, and a rehearsal answers %d", key, w.Code)
		}
		for attribute, header := range map[string]string{"content_type": "Content-Type", "cache_control": "Cache-Control"} {
			if got, want := r.at(attribute).String(), w.Header().Get(header); got != want {
				t.Errorf("%s: %s is %q, and %q in a rehearsal", key, attribute, got, want)
			}
		}
	}
	want, err := fs.Glob(frontend.Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(uploaded)
	if !slices.Equal(uploaded, want) {
		t.Errorf("uploaded are %v, the site is %v", uploaded, want)
	}
	for _, d := range all["aws_cloudfront_distribution"] {
		var paths []string
		for _, b := range d.at("ordered_cache_behavior").list() {
			paths = append(paths, b.at("path_pattern").String())
		}
		if got := d.at("default_root_object").String(); got != "index.html" || !slices.Equal(paths, ShopPaths()) {
			t.Errorf("CloudFront has %s at its root and leads %v to the shop", got, paths)
		}
	}
}
