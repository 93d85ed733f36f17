package infra

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// signInStep is the shop's sign-in. Its people and clients go with the pool.
func signInStep() step {
	return step{name: "sign-in", kinds: []kind{{"user pools", findPools, dropPool}}}
}

func findPools(ctx context.Context, s *stack) (ids []string, err error) {
	pages := cognito.NewListUserPoolsPaginator(s.cognito, &cognito.ListUserPoolsInput{MaxResults: aws.Int32(60)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range out.UserPools {
			if aws.ToString(p.Name) == s.names.Prefix {
				ids = append(ids, aws.ToString(p.Id))
			}
		}
	}
	return ids, nil
}

// dropPool first removes the pool's domain: with one, a pool stays.
func dropPool(ctx context.Context, s *stack, id string) error {
	out, err := s.cognito.DescribeUserPool(ctx, &cognito.DescribeUserPoolInput{UserPoolId: &id})
	if err != nil {
		return err
	}
	if pool := out.UserPool; pool != nil && aws.ToString(pool.Domain) != "" {
		_, err := s.cognito.DeleteUserPoolDomain(ctx, &cognito.DeleteUserPoolDomainInput{UserPoolId: &id, Domain: pool.Domain})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err = s.cognito.DeleteUserPool(ctx, &cognito.DeleteUserPoolInput{UserPoolId: &id})
	return err
}

func findProfiles(ctx context.Context, s *stack) (names []string, err error) {
	pages := iam.NewListInstanceProfilesPaginator(s.iam, &iam.ListInstanceProfilesInput{PathPrefix: &s.names.Path})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range out.InstanceProfiles {
			if strings.HasPrefix(aws.ToString(p.Path), s.names.Path) { // not everybody heeds the prefix
				names = append(names, aws.ToString(p.InstanceProfileName))
			}
		}
	}
	return names, nil
}

func dropProfile(ctx context.Context, s *stack, id string) error {
	out, err := s.iam.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &id})
	if err != nil {
		return err
	}
	for _, r := range out.InstanceProfile.Roles {
		_, err := s.iam.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &id, RoleName: r.RoleName})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err = s.iam.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &id})
	return err
}
