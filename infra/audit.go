package infra

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// auditStep is the queue on which the people's AWS calls arrive.
func auditStep() step {
	return step{
		name:  "audit trail",
		parts: 1,
		make:  makeQueue,
		kinds: []kind{{"queues", findQueues, func(ctx context.Context, s *stack, id string) error {
			_, err := s.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &id})
			return err
		}}},
	}
}

func makeQueue(ctx context.Context, s *stack) error {
	tags := map[string]string{}
	for _, t := range s.names.Tags(RoleAudit, s.names.Queue, s.spec.Expires) {
		tags[t.Key] = t.Value
	}
	// A queue of that name is given back: SQS makes none twice. But it refuses
	// other tags than before, and a later attempt may carry another expiry.
	got, err := s.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &s.names.Queue})
	if err == nil {
		s.queue = aws.ToString(got.QueueUrl)
		return nil
	}
	if !isGone(err) {
		return fmt.Errorf("look for the queue: %w", err)
	}
	out, err := s.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &s.names.Queue, Tags: tags})
	if err != nil {
		return fmt.Errorf("create the queue: %w", err)
	}
	s.queue = aws.ToString(out.QueueUrl)
	return nil
}

func findQueues(ctx context.Context, s *stack) (urls []string, err error) {
	pages := sqs.NewListQueuesPaginator(s.sqs, &sqs.ListQueuesInput{
		QueueNamePrefix: aws.String(s.names.Prefix + "-"), MaxResults: aws.Int32(1000),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		urls = append(urls, out.QueueUrls...)
	}
	return urls, nil
}
