package image

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
)

// ToECR returns what brings the shop's images into a repository of the account's
// registry, by its name. A stack starts with one release; the others go too,
// since a fault rolls to them.
func ToECR(cfg aws.Config, from Programs) func(ctx context.Context, repository, release string) error {
	return func(ctx context.Context, repository, release string) error {
		if err := checkRelease(release); err != nil {
			return err
		}
		registry, auth, err := Login(ctx, cfg)
		if err != nil {
			return err
		}
		return PushReleases(ctx, from, registry+"/"+repository, auth)
	}
}

// Login asks ECR where the account's registry in cfg's region is, and how to get
// in. That is good for twelve hours; a push takes a minute, so it is asked for anew
// each time.
func Login(ctx context.Context, cfg aws.Config) (registry string, auth authn.Authenticator, err error) {
	out, err := ecr.NewFromConfig(cfg).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return "", nil, fmt.Errorf("ask for the login of the images' registry: %w", err)
	}
	for _, data := range out.AuthorizationData {
		text, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
		name, password, ok := strings.Cut(string(text), ":")
		at, badURL := url.Parse(aws.ToString(data.ProxyEndpoint))
		if err == nil && ok && password != "" && badURL == nil && at.Host != "" {
			return at.Host, &authn.Basic{Username: name, Password: password}, nil
		}
	}
	return "", nil, errors.New("read the login of the images' registry: it is not what ECR writes") // whose text must not be in an error
}
