package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/localdiscord"
	"github.com/chaotic-good/scenarios/bot/round"
)

// wording is one wording of a message.
type wording struct{ id, text string }

// follow keeps each wording of the messages that begin so, from now on. told ends
// that and gives them.
func (b *servedBot) follow(t *testing.T, begins string) (told func() []wording) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	events, err := b.admin.Events(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all []wording
	over := make(chan struct{})
	go func() {
		defer close(over)
		for e := range events {
			m, ok := e.Message()
			if ok && strings.HasPrefix(m.Content, begins) && !slices.Contains(all, wording{m.ID, m.Content}) {
				all = append(all, wording{m.ID, m.Content})
			}
		}
	}()
	return func() []wording {
		stop()
		<-over
		return all
	}
}

var counted = regexp.MustCompile("(\\d+) of (\\d+) · `([^`]+)`")

// mustTell wants one message that was edited again and again: with what is done,
// by a count that grows, when it should be over and what it costs.
func mustTell(t *testing.T, told []wording, due string) {
	t.Helper()
	if len(told) == 0 {
		t.Fatal("nothing was told")
	}
	phases, done := map[string]bool{}, -1
	for _, m := range told {
		if m.id != told[0].id {
			t.Errorf("there is a second message: %s", m.text)
		}
		n := counted.FindStringSubmatch(m.text)
		if n == nil {
			continue // before Terraform's plan
		}
		now, err := strconv.Atoi(n[1])
		if err != nil || now < done {
			t.Errorf("after %d comes %s", done, m.text)
		}
		phases[n[3]], done = true, now
		for _, part := range []string{"begun <t:", due + " <t:", "about $0.2"} {
			if !strings.Contains(m.text, part) {
				t.Errorf("nothing says %q in %s", part, m.text)
			}
		}
	}
	if len(told) < 4 || len(phases) < 2 || done < 20 {
		t.Errorf("%d wordings, %d phases and %d done in the end: %q", len(told), len(phases), done, told)
	}
	t.Logf("%d wordings of one message, %d phases; the last: %s", len(told), len(phases), told[len(told)-1].text)
}

func (b *servedBot) destroys(t *testing.T) {
	t.Helper()
	answer, err := b.admin.asks(t.Context(), "operations", "destroy", nil)
	if err != nil || !strings.Contains(textOf(answer), "is being destroyed") {
		t.Fatalf("%s, %v", textOf(answer), err)
	}
}

func (b *servedBot) status(t *testing.T) localdiscord.Message {
	t.Helper()
	answer, err := b.admin.asks(t.Context(), "operations", "status", nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// gone wants nothing of a round: not in the runner's folder, and not in AWS.
func (b *servedBot) gone(t *testing.T, w *terraformed, id round.ID) {
	t.Helper()
	b.reads(t, b.admin, "**"+string(id)+" is destroyed.**", "Left behind: **0**")
	if _, err := os.Stat(filepath.Join(b.state, "stacks", string(id))); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the round's folder is left: %v", err)
	}
	if names := w.ours(t); len(names) > 0 {
		t.Errorf("the secrets %v are left", names)
	}
}

// ours are the names of the secrets that a bot made.
func (w *terraformed) ours(t *testing.T) (names []string) {
	t.Helper()
	out, err := w.secrets().ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range out.SecretList {
		if *s.Name != "rds!db-1" {
			names = append(names, *s.Name)
		}
	}
	return names
}

// onS3 keeps the states in a new bucket of moto.
func (w *terraformed) onS3(t *testing.T, bucket string) map[string]string {
	t.Helper()
	if got := w.ask(t, http.MethodPut, "/"+bucket, ""); got != http.StatusOK {
		t.Fatalf("the bucket %s is not made: status %d", bucket, got)
	}
	return map[string]string{
		"CHAOTIC_TERRAFORM_BACKEND": "s3", "CHAOTIC_TERRAFORM_BACKEND_BUCKET": bucket, "CHAOTIC_TERRAFORM_BACKEND_REGION": "us-east-1",
		"CHAOTIC_TERRAFORM_BACKEND_PREFIX": "rounds",
	}
}

// ask asks moto's S3, and gives the status of its answer.
func (w *terraformed) ask(t *testing.T, method, path, text string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.moto+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	// moto reads whose request it is, and checks no signature.
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIATESTTESTTESTTEST/20261125/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

// firstLine waits for the first line that somebody writes into a pipe.
func firstLine(t *testing.T, pipe string) string {
	t.Helper()
	f, err := os.OpenFile(pipe, os.O_RDWR, 0) // with a writer of our own it opens at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := f.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatalf("nobody wrote into the pipe: %v", err)
	}
	return line
}

// mustHaveNoPlan wants no plan file below the bot's folder: it holds secrets.
func mustHaveNoPlan(t *testing.T, b *servedBot) {
	t.Helper()
	for path := range files(t, b.state) {
		if filepath.Base(path) == "plan" {
			t.Errorf("%s is left", path)
		}
	}
}
