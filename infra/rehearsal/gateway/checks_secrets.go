package gateway

import (
	"context"
	"strings"
)

var secretSubjects = map[string]subjects{
	"CreateSecret": func(_ context.Context, _ *upstream, r *request) ([]string, error) {
		return []string{r.arn("secretsmanager", "secret:"+r.str("Name")+"-??????")}, nil
	},
	"GetSecretValue":       secret,
	"DescribeSecret":       secret,
	"PutSecretValue":       secret,
	"UpdateSecret":         secret,
	"DeleteSecret":         secret,
	"RestoreSecret":        secret,
	"RotateSecret":         secret,
	"ListSecretVersionIds": secret,
	"TagResource":          secret,
	"UntagResource":        secret,
}

// secret is the whole ARN, whose end is random, also where a name was given.
func secret(ctx context.Context, u *upstream, r *request) ([]string, error) {
	id := r.str("SecretId")
	var got struct{ ARN string }
	if err := u.json(ctx, "secretsmanager", "DescribeSecret", map[string]string{"SecretId": id}, &got); err == nil && got.ARN != "" {
		return []string{got.ARN}, nil
	}
	if strings.HasPrefix(id, "arn:") {
		return []string{id}, nil
	}
	return []string{r.arn("secretsmanager", "secret:"+id)}, nil
}
