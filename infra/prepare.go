package infra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/chaotic-good/scenarios/bot/round"
)

// Prepared is what Terraform is told of what was made before it.
type Prepared struct {
	BoxPublicKey   string // variable box_public_key
	DatabaseSecret string // variable database_secret: an ARN
}

// Prepare makes the secrets of a stack that Terraform will make, so that no
// state and no plan holds one: where Alertmanager reports to, the shop's login
// and the key of the box. What is there already is left as it is.
func (m *Maker) Prepare(ctx context.Context, spec round.Spec) (Prepared, error) {
	s, err := m.stack(ctx, spec)
	if err != nil {
		return Prepared{}, err
	}
	if err := makeWebhook(ctx, s); err != nil {
		return Prepared{}, err
	}
	if err := makeLogin(ctx, s, s.shopLogin()); err != nil {
		return Prepared{}, err
	}
	key, err := s.boxKey(ctx)
	return Prepared{BoxPublicKey: strings.TrimSpace(string(key)), DatabaseSecret: s.databaseSecret}, err
}

// Complete writes into the database's logins what only the made stack knows: its
// outputs database and operator_secret, the secret in which RDS keeps the
// password that it chose. People find the operator's login where they would find
// it in any stack.
func (m *Maker) Complete(ctx context.Context, spec round.Spec, database, operatorSecret string) error {
	s, err := m.stack(ctx, spec)
	if err != nil {
		return err
	}
	out, err := s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &operatorSecret})
	if err != nil {
		return fmt.Errorf("look for the operator's password: %w", err)
	}
	var made struct{ Username, Password string }
	if err := json.Unmarshal([]byte(aws.ToString(out.SecretString)), &made); err != nil || made.Password == "" {
		return errors.New("read the operator's password: it is not the JSON that RDS writes") // whose text must not be in an error
	}
	shop := s.shopLogin()
	if err := makeLogin(ctx, s, shop); err != nil {
		return err
	}
	shop.value.Host = database
	operator := s.operatorLogin()
	*operator.value = DatabaseSecret{
		Engine: "postgres", Username: made.Username, Password: made.Password, Host: database,
		Port: PortPostgres, DBName: s.names.DatabaseName, Instance: s.names.Database,
	}
	return each(ctx, []dbLogin{shop, operator}, s.putLogin)
}
