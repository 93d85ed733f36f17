package runner

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chaotic-good/scenarios/bot/round"
)

func TestFindFetchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "stacks")
	t.Setenv("CHAOTIC_DISCORD_TOKEN", "hush") // which the found one must not be shown
	want := path(t, "1.10.0")
	if at, release, err := Find(t.Context(), dir, os.Environ()); at != want || release != "1.10.0" || err != nil {
		t.Errorf("%s, %s, %v", at, release, err)
	}
	path(t, "1.9.8")
	if _, _, err := Find(t.Context(), dir, os.Environ()); err == nil || !strings.Contains(err.Error(), "terraform is 1.9.8, and >= 1.10 is needed") {
		t.Errorf("an old one: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := Find(t.Context(), dir, os.Environ()); err == nil || err.Error() != "there is none on PATH" {
		t.Errorf("none: %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it made its folder: %v", err)
	}
}

// TestAnOrganizationThatDoesNotAnswer is told by name, and not by its token.
func TestAnOrganizationThatDoesNotAnswer(t *testing.T) {
	b := Backend{Kind: BackendCloud, Hostname: "127.0.0.1:1", Organization: "ours"}
	c := Organization(t.Context(), b, []string{"TF_TOKEN_127_0_0_1:1=hush"})
	if c.State != round.CheckWarns || !strings.Contains(c.Says, "`ours`") || strings.Contains(c.Says, "hush") {
		t.Errorf("%+v", c)
	}
}

func TestFetchable(t *testing.T) {
	for release, there := range map[string]bool{installed: true, "1.9.8": false, "": false} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if release == "" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"name":"terraform","versions":{%q:{"name":"terraform","version":%[1]q,"builds":[]}}}`, release)
		}))
		if err := Fetchable(t.Context(), web.URL); (err == nil) != there {
			t.Errorf("%q: %v", release, err)
		}
		web.Close()
	}
}
