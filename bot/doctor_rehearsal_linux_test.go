package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/chaotic-good/scenarios/infra"
	"github.com/chaotic-good/scenarios/infra/rehearsal"
	"github.com/chaotic-good/scenarios/infra/rehearsal/gateway"
	"github.com/chaotic-good/scenarios/infra/rehearsal/moto"
)

// TestTheDoctorInARehearsal looks at the AWS of a rehearsal: moto behind the
// gateway, which takes the bot's key and no other.
func TestTheDoctorInARehearsal(t *testing.T) {
	needWorld(t)
	cache, err := cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tool, err := moto.Find(t.Context(), cache)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	server, err := moto.Start(t.Context(), moto.Config{Tool: tool, Dir: t.TempDir(), Log: log, Region: rehearsal.Region})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	door, err := gateway.New(gateway.Config{Upstream: server.URL, Account: "123456789012", Region: rehearsal.Region, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(door)
	t.Cleanup(func() {
		web.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := door.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	p := newPatient(t)
	p.env["CHAOTIC_AWS_ENDPOINT"], p.env["CHAOTIC_AWS_REGION"], p.env["CHAOTIC_AWS_PACE"] = web.URL, rehearsal.Region, "rehearsal"

	report, healthy := p.examined(t)
	if healthy || !strings.Contains(report, "AWS does not know the bot's key.") {
		t.Errorf("a key that nobody made:\n%s", report)
	}
	door.Trust(gateway.Key{ID: "AKIATESTTESTTESTTEST", Secret: "another-secret", ARN: "arn:aws:iam::123456789012:user/chaotic-good-bot"})
	if report, healthy = p.examined(t); healthy || !strings.Contains(report, "the secret is not the key's") {
		t.Errorf("another secret:\n%s", report)
	}
	door.Trust(gateway.Key{ID: "AKIATESTTESTTESTTEST", Secret: "the-secret-of-the-key", ARN: "arn:aws:iam::123456789012:user/chaotic-good-bot"})
	sdk, err := infra.AWSConfig(t.Context(), rehearsal.Region, web.URL)
	if err != nil {
		t.Fatal(err)
	}
	sdk.Credentials = credentials.NewStaticCredentialsProvider("AKIATESTTESTTESTTEST", "the-secret-of-the-key", "")
	if report, healthy = p.examined(t); healthy || !strings.Contains(report, "no policy chaotic-good-boundary") {
		t.Errorf("no boundary:\n%s", report)
	}
	if err := infra.MakeBoundary(t.Context(), sdk); err != nil {
		t.Fatal(err)
	}
	report, healthy = p.examined(t)
	for _, want := range []string{"ok       AWS identity", "warning  AWS rights", "It agrees with Discord and AWS."} {
		if !healthy || !strings.Contains(report, want) {
			t.Errorf("%q is not in\n%s", want, report)
		}
	}
}
