package infra

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/round"
)

// writesLogin is what the monitoring's host does when it has started.
func writesLogin(t *testing.T, cfg aws.Config, id round.ID, login MonitoringSecret) {
	t.Helper()
	raw, err := json.Marshal(login)
	if err != nil {
		t.Fatal(err)
	}
	name, text := NamesOf(id).MonitoringSecret, string(raw)
	client := secretsmanager.NewFromConfig(cfg)
	if _, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &text}); err == nil {
		t.Cleanup(func() {
			_, err := client.DeleteSecret(context.WithoutCancel(t.Context()), &secretsmanager.DeleteSecretInput{SecretId: &name, ForceDeleteWithoutRecovery: aws.Bool(true)})
			if err != nil {
				t.Error(err)
			}
		})
		return
	}
	if _, err := client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &text}); err != nil {
		t.Fatal(err)
	}
}

// TestTheDoorsOpenOnceTheHostHasWritten its login, and again when it changes; the
// login is shown to nobody else.
func TestTheDoorsOpenOnceTheHostHasWritten(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	const id = round.ID("R61")
	password := "first"
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch user, given, _ := r.BasicAuth(); {
		case user != "chaotic" || given != password:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/away":
			http.Redirect(w, r, "https://example.org/", http.StatusFound)
		default:
			_, _ = io.WriteString(w, "come in")
		}
	}))
	host.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(host.Close)
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: host.Certificate().Raw}))
	doors := NewDoors(cfg)
	t.Cleanup(doors.Close)
	get := func(url string) (int, string) {
		t.Helper()
		client, err := doors.Client(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			if strings.Contains(err.Error(), password) {
				t.Errorf("the password is in an error: %v", err)
			}
			return 0, err.Error()
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(text)
	}
	if code, text := get(host.URL); code != 0 || !strings.Contains(text, "certificate") {
		t.Errorf("before there is a login: %d %q", code, text)
	}
	writesLogin(t, cfg, id, MonitoringSecret{"chaotic", "first", certificate})
	if code, text := get(host.URL); code != 200 || text != "come in" {
		t.Errorf("with the login: %d %q", code, text)
	}
	if code, _ := get(host.URL + "/away"); code != http.StatusFound {
		t.Errorf("a redirect is followed: %d", code)
	}
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the login went out without TLS") }))
	t.Cleanup(plain.Close)
	if code, _ := get(plain.URL); code != 0 {
		t.Errorf("without TLS: %d", code)
	}
	login, err := doors.Login(t.Context(), id)
	sum := sha256.Sum256(host.Certificate().Raw)
	if plain := strings.ReplaceAll(login.Fingerprint, ":", ""); err != nil || login.User != "chaotic" || login.Password.Reveal() != "first" || plain != strings.ToUpper(hex.EncodeToString(sum[:])) {
		t.Errorf("people are told %q, %q, %v", login.User, login.Fingerprint, err)
	}
	if said := fmt.Sprintf("%v %+v %#v", login, login, login); strings.Contains(said, "first") {
		t.Errorf("the login prints its password: %s", said)
	}
	password = "second"
	writesLogin(t, cfg, id, MonitoringSecret{"chaotic", "second", certificate})
	get(host.URL) // which is refused
	if code, text := get(host.URL); code != 200 {
		t.Errorf("with the new login: %d %q", code, text)
	}
}

// TestALoginThatCannotBeReadIsAnError that tells nothing of what was in it.
func TestALoginThatCannotBeReadIsAnError(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	const id = round.ID("R62")
	for _, login := range []MonitoringSecret{{"chaotic", "", "x"}, {"chaotic", "hunter2", "no certificate"}} {
		writesLogin(t, cfg, id, login)
		if login.Password == "" {
			if got, err := NewDoors(cfg).Login(t.Context(), id); err == nil || got != (round.Login{}) {
				t.Errorf("people are told %+v, %v", got, err)
			}
		}
		if _, err := NewDoors(cfg).Client(t.Context(), id); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
	if _, err := NewDoors(cfg).Login(t.Context(), "R63"); err != nil {
		t.Errorf("nobody has written a login: %v", err)
	}
	if _, err := OpenDoors().Client(t.Context(), id); err != nil {
		t.Errorf("a monitoring without a login: %v", err)
	}
	if login, err := OpenDoors().Login(t.Context(), id); err != nil || login != (round.Login{}) {
		t.Errorf("a monitoring without a login asks for %+v, %v", login, err)
	}
}
