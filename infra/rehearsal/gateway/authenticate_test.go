package gateway

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestEveryProtocolPassesWithTheRightKey(t *testing.T) {
	w := newWorld(t)
	for service, err := range everyService(t.Context(), w.root()) {
		if err != nil {
			t.Errorf("%s: %v", service, err)
		}
	}
	who, err := sts.NewFromConfig(w.root()).GetCallerIdentity(t.Context(), nil)
	must(t, err)
	if *who.Arn != root.ARN || *who.Account != account {
		t.Errorf("the caller is %s of %s", *who.Arn, *who.Account)
	}
}

func TestWrongKeysAreRefusedInEachServicesWords(t *testing.T) {
	w := newWorld(t)
	words := map[string]struct{ unknown, wrong string }{
		"ec2":            {"AuthFailure", "AuthFailure"},
		"iam":            {"InvalidClientTokenId", "SignatureDoesNotMatch"},
		"rds":            {"InvalidClientTokenId", "SignatureDoesNotMatch"},
		"sts":            {"InvalidClientTokenId", "SignatureDoesNotMatch"},
		"elb":            {"InvalidClientTokenId", "SignatureDoesNotMatch"},
		"ecs":            {"UnrecognizedClientException", "InvalidSignatureException"},
		"ssm":            {"UnrecognizedClientException", "InvalidSignatureException"},
		"sqs":            {"UnrecognizedClientException", "InvalidSignatureException"},
		"secretsmanager": {"UnrecognizedClientException", "InvalidSignatureException"},
	}
	for service, err := range everyService(t.Context(), w.as("AKIAUNKNOWNUNKNOWN00", "x")) {
		t.Run("unknown key "+service, func(t *testing.T) { wantCode(t, err, words[service].unknown) })
	}
	for service, err := range everyService(t.Context(), w.as(root.ID, "wrong")) {
		t.Run("wrong secret "+service, func(t *testing.T) { wantCode(t, err, words[service].wrong) })
	}
}

func TestAKeyLivesAsLongAsIAMSays(t *testing.T) {
	w := newWorld(t)
	admin := iam.NewFromConfig(w.root())
	cfg, id := w.user("/chaotic-good/R1/", "mortal", "")
	whoami := func() error {
		_, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
		return err
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil)
	must(t, err)
	if want := "arn:aws:iam::" + account + ":user/chaotic-good/R1/mortal"; *who.Arn != want {
		t.Errorf("the caller is %s, want %s", *who.Arn, want)
	}
	set := func(s iamtypes.StatusType) {
		_, err := admin.UpdateAccessKey(t.Context(), &iam.UpdateAccessKeyInput{UserName: aws.String("mortal"), AccessKeyId: &id, Status: s})
		must(t, err)
	}
	set("Inactive")
	wantCode(t, whoami(), "InvalidClientTokenId")
	set("Active")
	must(t, whoami())
	_, err = admin.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("mortal"), AccessKeyId: &id})
	must(t, err)
	wantCode(t, whoami(), "InvalidClientTokenId")
}

func TestADeletedUsersKeysAreDead(t *testing.T) {
	w := newWorld(t)
	cfg, id := w.user("/", "leaver", "")
	admin := iam.NewFromConfig(w.root())
	_, err := admin.DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{UserName: aws.String("leaver"), AccessKeyId: &id})
	must(t, err)
	_, err = admin.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: aws.String("leaver")})
	must(t, err)
	for service, err := range everyService(t.Context(), cfg) {
		if err == nil {
			t.Errorf("%s still answers a user that is gone", service)
		}
	}
}

func TestASkewedClockIsRefused(t *testing.T) {
	w := newWorld(t)
	for _, off := range []time.Duration{16 * time.Minute, -16 * time.Minute} {
		w.clock.shift(off)
		for service, err := range everyService(t.Context(), w.root()) {
			if err == nil {
				t.Errorf("%s takes a signature that is %s off", service, off)
			}
		}
	}
	w.clock.shift(14 * time.Minute)
	_, err := sts.NewFromConfig(w.root()).GetCallerIdentity(t.Context(), nil)
	must(t, err)
}

func TestUnsignedAndMotosOwnInterfaceAreClosed(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/moto-api/reset", "/moto-api/", "//moto-api/reset", "/x/../moto-api/reset", "/%6doto-api/reset", "/moto-api"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+path, nil)
		must(t, err)
		req.Header.Set("Authorization", "")
		resp, err := http.DefaultTransport.RoundTrip(req)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s %s", path, resp.Status, body)
		}
	}
}
