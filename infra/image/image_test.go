package image

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra"
)

var shopListens = regexp.MustCompile(`listening on (127\.0\.0\.1:\d+), release ([0-9.]+)`)

// TestReleasesGoThroughARegistry pushes what the sources give, pulls it back and
// runs it: each release says which it is, and answers the balancer.
func TestReleasesGoThroughARegistry(t *testing.T) {
	programs := built(t)
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	repository := strings.TrimPrefix(server.URL, "http://") + "/chaotic-r7-shop"
	if err := PushReleases(t.Context(), programs, repository, nil); err != nil {
		t.Fatal(err)
	}
	var layers []v1.Hash
	for _, release := range shop.Releases() {
		t.Run(release, func(t *testing.T) {
			tag, err := name.NewTag(repository + ":" + release)
			if err != nil {
				t.Fatal(err)
			}
			img, err := remote.Image(tag)
			if err != nil {
				t.Fatal(err)
			}
			manifest, err := img.Manifest()
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range manifest.Layers {
				layers = append(layers, l.Digest)
			}
			if got := infra.ReleaseOf(tag.String()); got != release {
				t.Errorf("its name says the release %q", got)
			}
			checkShop(t, img, release)
		})
	}
	if len(layers) != len(shop.Releases()) || len(slices.Compact(layers)) != 1 {
		t.Errorf("layers %v; want one, which all releases share", layers)
	}
}

func checkShop(t *testing.T, img v1.Image, release string) {
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	if config.OS != "linux" || config.Architecture != "amd64" || c.User != "65532:65532" || !slices.Equal(c.Entrypoint, []string{"/shop"}) {
		t.Errorf("it is for %s on %s, of user %q, and starts %q", config.OS, config.Architecture, c.User, c.Entrypoint)
	}
	if !slices.Equal(c.Env, []string{"SHOP_RELEASE=" + release}) {
		t.Errorf("environment %q; want the release and nothing else", c.Env)
	}
	files := unpacked(t, img)
	if !strings.Contains(string(files["etc/passwd"].data), "\nchaotic:x:65532:65532:") {
		t.Errorf("nobody is called 65532: %q", files["etc/passwd"].data)
	}
	if len(files) != 4 {
		t.Errorf("%d files; want the program, the authorities and two lists of users", len(files))
	}
	program := files["shop"]
	if program.header == nil || program.header.Mode != 0o755 || program.header.Uid != 0 {
		t.Fatalf("the program: %+v", program.header)
	}
	needLinux(t)
	path := filepath.Join(t.TempDir(), "shop")
	if err := os.WriteFile(path, program.data, 0o755); err != nil {
		t.Fatal(err)
	}
	// As a task has it, but that nobody is at the database.
	env := append(c.Env, "SHOP_ROLE=serve", "SHOP_LISTEN=127.0.0.1:0", "SHOP_DATABASE_HOST=127.0.0.1", "SHOP_DATABASE_PORT=1")
	url, said := running(t, shopListens, env, path)
	if m := shopListens.FindStringSubmatch(said); m[2] != release {
		t.Errorf("it says that it is %s", m[2])
	}
	healthy(t, url+"/healthz")
	if _, body := get(t, url+"/metrics"); !regexp.MustCompile(`shop_build_info\{[^}]*release="` + regexp.QuoteMeta(release) + `"`).MatchString(body) {
		t.Errorf("shop_build_info does not say %s", release)
	}
}

// TestTheSameSourcesGiveTheSameImage builds a copy of the checkout elsewhere.
func TestTheSameSourcesGiveTheSameImage(t *testing.T) {
	programs := built(t)
	release := shop.Releases()[0]
	first, err := Build(t.Context(), Options{Programs: programs, Release: release})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "api"), os.DirFS("../../api")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile("../../" + file)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOFLAGS", "-tags=somebody,elses") // the machine's settings do not get in
	second, err := Build(t.Context(), Options{Programs: FromSource(dir), Release: release})
	if err != nil {
		t.Fatal(err)
	}
	other, err := Build(t.Context(), Options{Programs: programs, Release: shop.Releases()[1]})
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := digest(t, first), digest(t, second), digest(t, other)
	if a != b {
		t.Errorf("%s, and elsewhere %s", a, b)
	}
	if a == c {
		t.Errorf("both releases are %s", a)
	}
}

func digest(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAReleaseThatIsNotThereIsNotMade(t *testing.T) {
	if _, err := shopImage(nil, "1.6.0"); err == nil || !strings.Contains(err.Error(), `no release "1.6.0", only 1.4.0, 1.5.0`) {
		t.Errorf("%v", err)
	}
}

// The file of authorities is for programs that know nothing of Go's.
func TestTheAuthoritiesAreAWholeFile(t *testing.T) {
	known := map[string]bool{}
	for rest := certificates(); len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			t.Fatalf("%d bytes are no certificate", len(rest))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		known[c.Subject.CommonName] = true
	}
	if len(known) < 80 {
		t.Errorf("only %d authorities", len(known))
	}
	// AWS's own, and those that sign for Discord and HashiCorp.
	for _, name := range []string{"Amazon Root CA 1", "GTS Root R1", "ISRG Root X1", "DigiCert Global Root G2"} {
		if !known[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
