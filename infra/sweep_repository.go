package infra

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
)

// repositoryStep is where the shop's image lies. The images go with it.
func repositoryStep() step {
	return step{
		name: "repository",
		kinds: []kind{{"repositories", findRepositories, func(ctx context.Context, s *stack, id string) error {
			_, err := s.ecr.DeleteRepository(ctx, &ecr.DeleteRepositoryInput{RepositoryName: &id, Force: true})
			return err
		}}},
	}
}

func findRepositories(ctx context.Context, s *stack) (names []string, err error) {
	pages := ecr.NewDescribeRepositoriesPaginator(s.ecr, &ecr.DescribeRepositoriesInput{})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range out.Repositories {
			if aws.ToString(r.RepositoryName) == s.names.Repository {
				names = append(names, aws.ToString(r.RepositoryName))
			}
		}
	}
	return names, nil
}
