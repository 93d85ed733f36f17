package image

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

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
	auth, err := Login(t.Context(), cloud(server.URL.String()))
	if err != nil {
		t.Fatal(err)
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

func TestALoginThatMakesNoSenseIsNotShown(t *testing.T) {
	for what, answer := range map[string]string{
		"no data":     `{"authorizationData":[]}`,
		"no password": `{"authorizationData":[{"authorizationToken":"c2VjcmV0"}]}`,
		"no base64":   `{"authorizationData":[{"authorizationToken":"!secret!"}]}`,
	} {
		t.Run(what, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				_, _ = w.Write([]byte(answer))
			}))
			defer server.Close()
			_, err := Login(t.Context(), cloud(server.URL))
			if err == nil || !strings.Contains(err.Error(), "not what ECR writes") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "c2V") {
				t.Errorf("%v", err)
			}
		})
	}
}
