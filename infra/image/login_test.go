package image

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/chaotic-good/scenarios/api/shop"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
)

func cloud(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIATESTTESTTESTTEST", "test", ""),
	}
}

// TestTheLoginIsECRs asks a real moto and enters a registry with what it says.
func TestTheLoginIsECRs(t *testing.T) {
	tool, err := moto.Find(t.Context())
	if errors.Is(err, moto.ErrNotFound) && os.Getenv("CHAOTIC_REQUIRE_ALL") != "1" {
		t.Skipf("needs moto_server: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	server, err := moto.Start(t.Context(), moto.Config{Tool: tool, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	registry, auth, err := Login(t.Context(), cloud(server.URL.String()))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(registry, "123456789012.") || strings.Contains(registry, "/") || !strings.Contains(registry, "us-east-1") {
		t.Errorf("the registry is at %q; want the account's in the region", registry)
	}
	said, err := auth.Authorization()
	if err != nil || said.Username != "AWS" || said.Password == "" {
		t.Fatalf("the login of %q, %v; want AWS with a password", said.Username, err)
	}
	d := guarded(t, said.Username, said.Password)
	if err := push(t.Context(), d.ref(), small(t, "one"), auth, atOnce); err != nil {
		t.Error(err)
	}
}

// ecrSays is an ECR with one answer.
func ecrSays(t *testing.T, answer string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server
}

// TestAllReleasesGoToECR takes the whole way that a round's apply takes.
func TestAllReleasesGoToECR(t *testing.T) {
	d := guarded(t, "AWS", "right-one")
	token := base64.StdEncoding.EncodeToString([]byte("AWS:right-one"))
	server := ecrSays(t, `{"authorizationData":[{"authorizationToken":"`+token+`","proxyEndpoint":"`+d.URL+`"}]}`)
	publish := ToECR(cloud(server.URL), stubs(t))
	if err := publish(t.Context(), "chaotic-r7-shop", "1.6.0"); err == nil || d.writes() > 0 {
		t.Errorf("a release that is not there: %v", err)
	}
	for range 2 { // a provision may be tried again
		if err := publish(t.Context(), "chaotic-r7-shop", "1.4.0"); err != nil {
			t.Fatal(err)
		}
	}
	repository, err := name.NewRepository(strings.TrimPrefix(d.URL, "http://") + "/chaotic-r7-shop")
	if err != nil {
		t.Fatal(err)
	}
	tags, err := remote.List(repository, remote.WithAuth(&authn.Basic{Username: "AWS", Password: "right-one"}))
	if err != nil || !slices.Equal(tags, shop.Releases()) {
		t.Errorf("tags %q, %v; want %q", tags, err, shop.Releases())
	}
}

func TestALoginThatMakesNoSenseIsNotShown(t *testing.T) {
	for what, answer := range map[string]string{
		"no data":     `{"authorizationData":[]}`,
		"no password": `{"authorizationData":[{"authorizationToken":"c2VjcmV0","proxyEndpoint":"https://127.0.0.1:1"}]}`,
		"no base64":   `{"authorizationData":[{"authorizationToken":"!secret!","proxyEndpoint":"https://127.0.0.1:1"}]}`,
		"no registry": `{"authorizationData":[{"authorizationToken":"QVdTOnNlY3JldA=="}]}`,
	} {
		t.Run(what, func(t *testing.T) {
			server := ecrSays(t, answer)
			_, _, err := Login(t.Context(), cloud(server.URL))
			if err == nil || !strings.Contains(err.Error(), "not what ECR writes") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "c2V") {
				t.Errorf("%v", err)
			}
		})
	}
}
