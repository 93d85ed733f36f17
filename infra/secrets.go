package infra

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

// secretsStep is what the stack must know and nobody may read: the database's
// logins, and where Alertmanager reports to.
func secretsStep() step {
	return step{
		name:  "secrets",
		parts: 3,
		make:  makeSecrets,
		kinds: []kind{{"secrets", findSecrets, dropSecret}},
	}
}

func makeSecrets(ctx context.Context, s *stack) error {
	if err := makeWebhook(ctx, s); err != nil {
		return err
	}
	return each(ctx, s.logins(), func(ctx context.Context, l dbLogin) error { return makeLogin(ctx, s, l) })
}

func makeWebhook(ctx context.Context, s *stack) error {
	hook, err := json.Marshal(WebhookSecret{URL: s.spec.Webhook.URL, Token: s.spec.Webhook.Token.Reveal()})
	if err != nil {
		return fmt.Errorf("write the webhook's secret: %w", err)
	}
	_, err = s.putSecret(ctx, s.names.WebhookSecret, RoleMonitoring, string(hook))
	return err
}

// dbLogin is a login of the database, and the secret in which it is kept.
type dbLogin struct {
	secret, user string
	value        *DatabaseSecret
	arn          *string
}

// logins are those that the stack gives out. The jobs make their own.
func (s *stack) logins() []dbLogin { return []dbLogin{s.operatorLogin(), s.shopLogin()} }

func (s *stack) operatorLogin() dbLogin {
	return dbLogin{s.names.OperatorSecret, s.names.OperatorUser, &s.operator, &s.operatorSecret}
}

func (s *stack) shopLogin() dbLogin {
	return dbLogin{s.names.DatabaseSecret, s.names.DatabaseUser, &s.login, &s.databaseSecret}
}

// makeLogin chooses a login's password once: it is kept before the database is
// made with it, so that a crash in between loses nothing.
func makeLogin(ctx context.Context, s *stack, l dbLogin) error {
	out, err := s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &l.secret})
	switch {
	case err == nil:
		if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), l.value); err != nil {
			return errors.New("read a login of the database: it is not the JSON that it should be")
		}
		*l.arn = aws.ToString(out.ARN)
		return nil
	case !isGone(err):
		return fmt.Errorf("look for the database's login: %w", err)
	}
	*l.value = DatabaseSecret{
		Engine: "postgres", Username: l.user, Password: rand.Text(),
		Port: PortPostgres, DBName: s.names.DatabaseName, Instance: s.names.Database,
	}
	return s.putLogin(ctx, l)
}

func (s *stack) putLogin(ctx context.Context, l dbLogin) error {
	value, err := json.Marshal(l.value)
	if err != nil {
		return fmt.Errorf("write the database's login: %w", err)
	}
	*l.arn, err = s.putSecret(ctx, l.secret, RoleDatabase, string(value))
	return err
}

// putSecret makes a secret or gives it another value, and returns its ARN.
func (s *stack) putSecret(ctx context.Context, name, role, value string) (string, error) {
	var tags []types.Tag
	for _, t := range s.names.Tags(role, name, s.spec.Expires) {
		tags = append(tags, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	made, err := s.secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value, Tags: tags})
	if err == nil {
		return aws.ToString(made.ARN), nil
	}
	if !hasCode(err, "ResourceExistsException") {
		return "", fmt.Errorf("create the secret %s: %w", name, err)
	}
	put, err := s.secrets.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &value})
	if err != nil {
		return "", fmt.Errorf("write the secret %s: %w", name, err)
	}
	return aws.ToString(put.ARN), nil
}

func findSecrets(ctx context.Context, s *stack) (ids []string, err error) {
	pages := secretsmanager.NewListSecretsPaginator(s.secrets, &secretsmanager.ListSecretsInput{
		Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{s.names.Prefix}}},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, secret := range out.SecretList {
			if s.names.Owns(aws.ToString(secret.Name)) {
				ids = append(ids, aws.ToString(secret.Name))
			}
		}
	}
	return ids, nil
}

// dropSecret leaves no recovery window: the name would stay taken for a month.
func dropSecret(ctx context.Context, s *stack, id string) error {
	_, err := s.secrets.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: &id, ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	return err
}
