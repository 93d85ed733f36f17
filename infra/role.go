package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// roleStep is the role by which tasks start and run.
func roleStep() step {
	return step{
		name:  "role",
		parts: 1,
		make:  makeRole,
		kinds: []kind{
			{"instance profiles", findProfiles, dropProfile}, // which hold roles
			{"roles", findRoles, dropRole},
		},
	}
}

func (s *stack) policy(name string) (string, error) {
	return Policy(name, PolicyInputs{Names: s.names, Account: s.account, Region: s.region})
}

func makeRole(ctx context.Context, s *stack) error {
	trust, err := s.policy(TasksTrust)
	if err != nil {
		return err
	}
	rights, err := s.policy(TasksPolicy)
	if err != nil {
		return err
	}
	name := s.names.TasksRole
	made, err := s.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &name, Path: &s.names.Path, AssumeRolePolicyDocument: &trust,
		Tags: identityTags(s.names.Tags(RoleTasks, name, s.spec.Expires)),
	})
	switch {
	case err == nil:
		s.role = aws.ToString(made.Role.Arn)
	case hasCode(err, "EntityAlreadyExists"):
		out, err := s.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			return fmt.Errorf("look at the role %s: %w", name, err)
		}
		s.role = aws.ToString(out.Role.Arn)
	default:
		return fmt.Errorf("create the role %s: %w", name, err)
	}
	if _, err := s.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &name, PolicyName: &name, PolicyDocument: &rights,
	}); err != nil {
		return fmt.Errorf("give the role %s its rights: %w", name, err)
	}
	return nil
}

func identityTags(tags []Tag) (out []types.Tag) {
	for _, t := range tags {
		out = append(out, types.Tag{Key: &t.Key, Value: &t.Value})
	}
	return out
}

func findRoles(ctx context.Context, s *stack) (ids []string, err error) {
	pages := iam.NewListRolesPaginator(s.iam, &iam.ListRolesInput{PathPrefix: &s.names.Path})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range out.Roles {
			ids = append(ids, aws.ToString(r.RoleName))
		}
	}
	return ids, nil
}

func dropRole(ctx context.Context, s *stack, id string) error {
	inline, err := s.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &id})
	if err != nil {
		return err
	}
	for _, p := range inline.PolicyNames {
		_, err := s.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &id, PolicyName: &p})
		if ignoreGone(err) != nil {
			return err
		}
	}
	attached, err := s.iam.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &id})
	if err != nil {
		return err
	}
	for _, p := range attached.AttachedPolicies {
		_, err := s.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &id, PolicyArn: p.PolicyArn})
		if ignoreGone(err) != nil {
			return err
		}
	}
	_, err = s.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &id})
	return err
}
