package infra

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// peopleStep makes nobody (Users does, one by one) and removes everybody, before
// anything else: a player must not build while the stack is taken down.
func peopleStep() step {
	return step{
		name:  "people",
		needs: []string{"shop"},
		kinds: []kind{
			{"users", findUsers, func(ctx context.Context, s *stack, id string) error {
				_, err := removeUser(ctx, s.iam, id)
				return err
			}},
			{"policies", findPolicies, dropPolicy},
		},
	}
}

func findUsers(ctx context.Context, s *stack) ([]string, error) {
	return usersUnder(ctx, s.iam, s.names.Path)
}

func usersUnder(ctx context.Context, client *iam.Client, path string) (ids []string, err error) {
	pages := iam.NewListUsersPaginator(client, &iam.ListUsersInput{PathPrefix: &path})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range out.Users {
			ids = append(ids, aws.ToString(u.UserName))
		}
	}
	return ids, nil
}

func findPolicies(ctx context.Context, s *stack) (ids []string, err error) {
	pages := iam.NewListPoliciesPaginator(s.iam, &iam.ListPoliciesInput{
		PathPrefix: &s.names.Path, Scope: types.PolicyScopeTypeLocal,
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range out.Policies {
			ids = append(ids, aws.ToString(p.Arn))
		}
	}
	return ids, nil
}

func dropPolicy(ctx context.Context, s *stack, id string) error {
	_, err := s.iam.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: &id})
	return err
}

// emptyUser takes off a user all that would stop its deletion: first the keys,
// so that they are dead whatever fails later.
func emptyUser(ctx context.Context, client *iam.Client, user string) error {
	name := &user
	keys, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: name})
	if err != nil {
		return ignoreGone(err)
	}
	for _, k := range keys.AccessKeyMetadata {
		_, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: name, AccessKeyId: k.AccessKeyId})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err = client.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: name})
	if ignoreGone(err) != nil {
		return err
	}
	return errors.Join(
		dropDevices(ctx, client, name),
		dropInlinePolicies(ctx, client, name),
		detachPolicies(ctx, client, name),
	)
}

func dropDevices(ctx context.Context, client *iam.Client, name *string) error {
	devices, err := client.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: name})
	if err != nil {
		return ignoreGone(err)
	}
	for _, d := range devices.MFADevices {
		_, err := client.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: name, SerialNumber: d.SerialNumber})
		if ignoreGone(err) != nil {
			return err
		}
		_, err = client.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: d.SerialNumber})
		if ignoreGone(err) != nil {
			return err
		}
	}
	return nil
}

func dropInlinePolicies(ctx context.Context, client *iam.Client, name *string) error {
	inline, err := client.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: name})
	if err != nil {
		return ignoreGone(err)
	}
	for _, p := range inline.PolicyNames {
		_, err := client.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: &p})
		if ignoreGone(err) != nil {
			return err
		}
	}
	return nil
}

func detachPolicies(ctx context.Context, client *iam.Client, name *string) error {
	attached, err := client.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: name})
	if err != nil {
		return ignoreGone(err)
	}
	for _, p := range attached.AttachedPolicies {
		_, err := client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: name, PolicyArn: p.PolicyArn})
		if ignoreGone(err) != nil {
			return err
		}
	}
	return nil
}
