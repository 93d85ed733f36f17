package gateway

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/url"
)

// learn follows IAM's writes that succeeded: keys and boundaries come and go, and
// what was remembered of policies is forgotten.
func (g *Gateway) learn(ctx context.Context, r *request, resp *response) error {
	if r.service != "iam" || r.readOnly() {
		return nil
	}
	defer g.policies.forget()
	user := r.str("UserName")
	if user == "" {
		user = r.caller.user()
	}
	switch r.action {
	case "CreateAccessKey":
		return g.learnKey(ctx, resp)
	case "DeleteAccessKey":
		g.keys.forget(r.str("AccessKeyId"))
	case "UpdateAccessKey":
		g.keys.setActive(r.str("AccessKeyId"), r.str("Status") == "Active")
	case "CreateUser":
		g.bounds.put(user, r.str("PermissionsBoundary"))
	case "DeleteUser":
		g.keys.forgetUser(user)
		g.bounds.put(user, "")
	case "UpdateUser":
		name := r.str("NewUserName")
		if name == "" {
			name = user
		}
		arn, err := g.moto.userARN(ctx, name)
		if err != nil {
			return err
		}
		g.keys.rename(user, arn)
		boundary := g.bounds.of(user)
		g.bounds.put(user, "")
		g.bounds.put(name, boundary)
	}
	return nil
}

// learnKey reads a new key off its answer. It is an error of the gateway when
// that fails: the caller would have a key that nobody knows.
func (g *Gateway) learnKey(ctx context.Context, resp *response) error {
	var made struct {
		Key struct {
			UserName, AccessKeyId, SecretAccessKey string
		} `xml:"CreateAccessKeyResult>AccessKey"`
	}
	if err := xml.Unmarshal(resp.body, &made); err != nil {
		return fmt.Errorf("read a new access key: %w", err)
	}
	arn, err := g.moto.userARN(ctx, made.Key.UserName)
	if err != nil {
		return err
	}
	g.keys.put(made.Key.AccessKeyId, credential{
		secret: made.Key.SecretAccessKey, active: true, caller: principal{ARN: arn},
	})
	return nil
}

// userARN is the user's ARN with its path.
func (u *upstream) userARN(ctx context.Context, name string) (string, error) {
	var got struct {
		Arn string `xml:"GetUserResult>User>Arn"`
	}
	if err := u.query(ctx, "iam", "GetUser", url.Values{"UserName": {name}}, &got); err != nil {
		return "", fmt.Errorf("look up user %s: %w", name, err)
	}
	return got.Arn, nil
}
