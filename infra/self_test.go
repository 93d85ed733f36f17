package infra

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestAWSTellsWhoTheBotIs, and that it does not know a key: moto with its own
// check of keys on.
func TestAWSTellsWhoTheBotIs(t *testing.T) {
	url := needMoto(t)
	self := NewSelf(testConfig(url, nil))
	if err := self.HasKeys(t.Context()); err != nil {
		t.Error(err)
	}
	who, err := self.Who(t.Context())
	if err != nil || who.Account != "123456789012" || !strings.HasPrefix(who.ARN, "arn:aws:") {
		t.Errorf("%+v, %v", who, err)
	}
	checkKeys := func(after string) {
		resp, err := http.Post(url+"/moto-api/reset-auth", "text/plain", strings.NewReader(after))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close() // nothing is read of it
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("moto says %s", resp.Status)
		}
	}
	t.Cleanup(func() { checkKeys("inf") })
	checkKeys("0")
	// moto says it in the shape of EC2's errors, of which the SDK reads the status.
	if _, err := self.Who(t.Context()); err == nil || !strings.Contains(err.Error(), "StatusCode: 403") {
		t.Errorf("a key that nobody gave: %v", err)
	}
}

func TestNoKeysAreTold(t *testing.T) {
	cfg := testConfig("http://127.0.0.1:1", nil)
	cfg.Credentials = nil
	if err := NewSelf(cfg).HasKeys(t.Context()); err == nil {
		t.Error("there are none")
	}
	cfg.Credentials = aws.NewCredentialsCache(aws.AnonymousCredentials{})
	if err := NewSelf(cfg).HasKeys(t.Context()); err == nil {
		t.Error("nobody's are none")
	}
}
