package image

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
)

// Login asks ECR for the login of the account's registry in cfg's region. It is
// good for twelve hours; a push takes a minute, so it is asked for anew each time.
func Login(ctx context.Context, cfg aws.Config) (authn.Authenticator, error) {
	out, err := ecr.NewFromConfig(cfg).GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return nil, fmt.Errorf("ask for the login of the image's registry: %w", err)
	}
	for _, data := range out.AuthorizationData {
		text, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
		name, password, ok := strings.Cut(string(text), ":")
		if err == nil && ok && password != "" {
			return &authn.Basic{Username: name, Password: password}, nil
		}
	}
	return nil, errors.New("read the login of the image's registry: it is not what ECR writes") // whose text must not be in an error
}
