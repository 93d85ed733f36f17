package infra

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"golang.org/x/crypto/ssh"

	"github.com/chaotic-good/scenarios/bot/round"
)

// What Terraform's stack needs of secrets comes before it and after it, and
// stays the same when it is asked for again.
func TestSecretsComeBesideTerraform(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	ctx, c, m, spec := t.Context(), newClients(cfg), testMaker(t, cfg), testSpec("R14")
	n := NamesOf(spec.Round)
	first, err := m.Prepare(ctx, spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, _, err := ssh.ParseAuthorizedKey([]byte(first.BoxPublicKey)); err != nil || strings.ContainsAny(first.BoxPublicKey, "\n") {
		t.Errorf("box_public_key is %q: %v", first.BoxPublicKey, err)
	}
	if have := must(c.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &n.DatabaseSecret}))(t).ARN; first.DatabaseSecret != *have {
		t.Errorf("database_secret is %q, want %q", first.DatabaseSecret, *have)
	}
	login := secretOf(t, cfg, spec.Round)
	if again, err := m.Prepare(ctx, spec); err != nil || again != first || secretOf(t, cfg, spec.Round) != login {
		t.Errorf("a second Prepare gives %+v, %v", again, err)
	}
	if have := secretNames(t, c, n); len(have) != 3 {
		t.Errorf("Prepare made %v", have)
	}
	theirs := must(c.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: aws.String("rds!db-1"), SecretString: aws.String(`{"username":"operator","password":"by-RDS"}`),
	}))(t).ARN
	t.Cleanup(func() {
		_, _ = c.secrets.DeleteSecret(context.WithoutCancel(ctx), &secretsmanager.DeleteSecretInput{SecretId: theirs, ForceDeleteWithoutRecovery: aws.Bool(true)})
	})
	if err := m.Complete(ctx, spec, "db.example", *theirs); err != nil {
		t.Fatal(err)
	}
	if shop := secretOf(t, cfg, spec.Round); shop.Host != "db.example" || shop.Password != login.Password || shop.Username != "shop" {
		t.Error("the shop's login lacks the address, or is another one")
	}
	var operator DatabaseSecret
	text := must(c.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &n.OperatorSecret}))(t).SecretString
	if err := json.Unmarshal([]byte(*text), &operator); err != nil {
		t.Fatal(err)
	}
	if operator.Host != "db.example" || operator.Password != "by-RDS" || operator.Username != "operator" || operator.Port != PortPostgres || operator.DBName != "shop" {
		t.Error("the operator's login is not what RDS and the stack say")
	}
	if gone, err := m.Destroy(ctx, spec, func(round.Progress) {}); err != nil || gone.Left != 0 || gone.Removed < 4 {
		t.Errorf("destroyed %+v, %v", gone, err)
	}
}

func TestAPasswordThatIsNoneIsNotTold(t *testing.T) {
	cfg := testConfig(needMoto(t), nil)
	ctx, c, m, spec := t.Context(), newClients(cfg), testMaker(t, cfg), testSpec("R15")
	theirs := must(c.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("rds!db-2"), SecretString: aws.String("hunter2")}))(t).ARN
	t.Cleanup(func() {
		_, _ = c.secrets.DeleteSecret(context.WithoutCancel(ctx), &secretsmanager.DeleteSecretInput{SecretId: theirs, ForceDeleteWithoutRecovery: aws.Bool(true)})
	})
	if err := m.Complete(ctx, spec, "db.example", *theirs); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("want a refusal without the text, got %v", err)
	}
}

func secretNames(t *testing.T, c clients, n Names) (names []string) {
	t.Helper()
	for _, s := range must(c.secrets.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{}))(t).SecretList {
		if n.Owns(aws.ToString(s.Name)) {
			names = append(names, aws.ToString(s.Name))
		}
	}
	return names
}
