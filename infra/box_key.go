package infra

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"golang.org/x/crypto/ssh"
)

// makeKeyPair makes the key of the round's logins on the box. The private half
// is kept as a secret before EC2 gets the public one: a crash in between loses
// nothing.
func makeKeyPair(ctx context.Context, s *stack) error {
	public, err := s.boxKey(ctx)
	if err != nil {
		return err
	}
	_, err = s.ec2.ImportKeyPair(ctx, &ec2.ImportKeyPairInput{
		KeyName: &s.names.Box, PublicKeyMaterial: public, TagSpecifications: s.tagged(types.ResourceTypeKeyPair, RoleBox, s.names.Box),
	})
	if err != nil && !hasCode(err, "InvalidKeyPair.Duplicate") {
		return fmt.Errorf("import the key pair: %w", err)
	}
	return nil
}

// boxKey gives the public half of the key, which is made once.
func (s *stack) boxKey(ctx context.Context) ([]byte, error) {
	out, err := s.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.names.BoxKey})
	switch {
	case err == nil:
		signer, err := ssh.ParsePrivateKey([]byte(aws.ToString(out.SecretString)))
		if err != nil {
			return nil, errors.New("read the box's key: it is none") // the text itself must not be in an error
		}
		return ssh.MarshalAuthorizedKey(signer.PublicKey()), nil
	case !isGone(err):
		return nil, fmt.Errorf("look for the box's key: %w", err)
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the box's key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, s.names.Box)
	if err != nil {
		return nil, fmt.Errorf("make the box's key: %w", err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("make the box's key: %w", err)
	}
	_, err = s.putSecret(ctx, s.names.BoxKey, RoleBox, string(pem.EncodeToMemory(block)))
	return ssh.MarshalAuthorizedKey(key), err
}

func findKeyPairs(ctx context.Context, s *stack) (names []string, err error) {
	out, err := s.ec2.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{Filters: s.mine()})
	if err != nil {
		return nil, err
	}
	for _, k := range out.KeyPairs {
		names = append(names, aws.ToString(k.KeyName))
	}
	return names, nil
}
