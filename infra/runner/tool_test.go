package runner

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func testTool(t *testing.T, api string) *tool {
	t.Helper()
	dir, err := folderAt(filepath.Join(t.TempDir(), "stacks"))
	if err != nil {
		t.Fatal(err)
	}
	return &tool{dir: dir, env: environment(os.Environ(), "us-east-1", "", dir.plugins()), log: slog.New(slog.DiscardHandler), api: api}
}

// path puts a Terraform of a version on PATH, and nothing else but the shell.
func path(t *testing.T, version string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "terraform")
	script := "#!/bin/sh\n[ -z \"$CHAOTIC_DISCORD_TOKEN\" ] || exit 1\necho '{\"terraform_version\":\"" + version + "\"}'\n"
	if err := os.WriteFile(file, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(file)+string(os.PathListSeparator)+"/usr/bin"+string(os.PathListSeparator)+"/bin")
	return file
}

func TestTerraformIsFound(t *testing.T) {
	t.Setenv("CHAOTIC_DISCORD_TOKEN", "hush") // which the found one must not be shown
	want := path(t, "1.10.0")
	if got, err := testTool(t, "").find(t.Context()); err != nil || got != want {
		t.Errorf("found %q, %v", got, err)
	}
}

// One that is too old does not do, and neither does a download that HashiCorp
// did not sign.
func TestTerraformIsNeitherOldNorUnsigned(t *testing.T) {
	path(t, "1.9.8")
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, err := z.Create("terraform")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write([]byte("#!/bin/sh\n")) // into memory
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	base := "terraform_" + installed
	name := base + "_" + runtime.GOOS + "_" + runtime.GOARCH + ".zip"
	var asked []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, filepath.Base(r.URL.Path))
		switch filepath.Base(r.URL.Path) {
		case "index.json":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"name":"terraform","version":%q,"shasums":"%s_SHA256SUMS","shasums_signature":"%[2]s_SHA256SUMS.sig","builds":[`+
				`{"name":"terraform","version":%[1]q,"os":%[3]q,"arch":%[4]q,"filename":%[5]q,"url":"http://%[6]s/terraform/%[1]s/%[5]s"}]}`,
				installed, base, runtime.GOOS, runtime.GOARCH, name, r.Host)
		case base + "_SHA256SUMS":
			fmt.Fprintf(w, "%x  %s\n", sha256.Sum256(archive.Bytes()), name)
		case base + "_SHA256SUMS.sig":
			_, _ = w.Write([]byte("not a signature"))
		case name:
			w.Header().Set("Content-Type", "application/zip")
			_, _ = w.Write(archive.Bytes())
		default:
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	tool := testTool(t, web.URL)
	got, err := tool.find(t.Context())
	if err == nil {
		t.Fatalf("took %s", got)
	}
	for _, want := range []string{
		"the runner needs Terraform >= 1.10: no such one was found on PATH", installed + " could not be installed", "install it by hand from HashiCorp's releases",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if !strings.Contains(strings.Join(asked, " "), "SHA256SUMS.sig") {
		t.Errorf("nobody looked at the signature: %v; %v", asked, err)
	}
	if left, _ := filepath.Glob(filepath.Join(tool.dir.bin(), "*")); len(left) > 0 {
		t.Errorf("left in bin: %v", left)
	}
	t.Log(err)
}
